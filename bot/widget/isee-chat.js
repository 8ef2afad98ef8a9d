// <isee-chat>: the iSee assistant as a custom element. One tag and this module are all that a page needs:
//
//   <script type="module" src="https://…/widget/isee-chat.js"></script>
//   <isee-chat></isee-chat>            a launcher in the corner
//   <isee-chat inline></isee-chat>     fills its container
//
// Attributes: server (address of the service; default: where this file comes from), inline, open, big-text.
// Methods: open(), close(), ask(text). Events: isee-message (detail: the Message), isee-status (detail: status, owner).

import { Api, Refused } from "./chat/api.js";
import { bubble, pendingBubble } from "./chat/bubble.js";
import { loadFont } from "./chat/font.js";
import { Outbox } from "./chat/outbox.js";
import { build } from "./chat/shell.js";
import { Kept } from "./chat/kept.js";
import { STYLES } from "./chat/styles.js";
import { TEXTS as T } from "./chat/texts.js";
import { Ticks } from "./chat/ticks.js";
import { announce } from "./chat/notices.js";
import { el } from "./chat/dom.js";

const HOME = new URL("..", import.meta.url).href;
const TYPING_AFTER_MS = 250;
const RECONNECT_MS = [500, 1000, 3000, 8000, 20000];

class ISeeChat extends HTMLElement {
  static observedAttributes = ["open", "big-text"];

  #api;
  #kept;
  #ticks;
  #outbox;
  #ui;
  #lastId = "";
  #seen = new Set();
  #stream = null;
  #attempt = 0;
  #typing = 0;
  #started = null;
  #withAgent = false;
  #toldTyping = 0;
  #announce = () => {};

  connectedCallback() {
    if (this.#ui) return;
    const server = this.getAttribute("server") || HOME;
    loadFont(HOME);
    this.#api = new Api(server);
    this.#kept = new Kept(server);
    this.toggleAttribute("big-text", this.#kept.bigText);
    const root = this.attachShadow({ mode: "open" });
    dress(root);
    this.#ticks = new Ticks(this.#kept, this.#api, root);
    this.#ui = build(root, {
      inline: this.hasAttribute("inline"),
      send: () => this.#sendTyped(),
      typed: () => this.#tellTyping(),
      pick: (file) => this.#enqueue({ shown: file.name }, file),
      open: () => this.open(),
      close: () => this.close(),
      bigText: () => this.#toggleBigText(),
      restart: () => this.#restart(false),
      erase: () => confirm(T.eraseAsk) && this.#restart(true),
    });
    this.#announce = announce(this.#ui.notices, this.#api, this.#kept, () => this.hasAttribute("inline") || this.hasAttribute("open"));
    this.#outbox = new Outbox(this.#kept.storage, this.#kept.key("outbox"), (item, file) => this.#deliver(item, file), {
      sent: (item, result) => this.#onSent(item, result),
      refused: (item, error) => this.#onRefused(item, error),
      waiting: (item) => this.#onWaiting(item),
    });
    addEventListener("offline", () => this.#state(T.offline));
    addEventListener("online", () => this.#listen());
    if (this.hasAttribute("inline") || this.hasAttribute("open")) this.open();
  }

  disconnectedCallback() {
    this.#stream?.abort();
  }

  attributeChangedCallback(name) {
    if (name === "big-text") this.#ui?.showBigText(this.hasAttribute("big-text"));
  }

  /** Opens the panel and takes up the conversation where it was left. */
  open() {
    this.setAttribute("open", "");
    this.#ui.show(true);
    this.#started ??= this.#start();
    this.#announce();
    // On a touch screen the focus would call up the keyboard over the greeting.
    if (matchMedia("(pointer: fine)").matches) this.#ui.input.focus({ preventScroll: true });
  }

  close() {
    this.removeAttribute("open");
    this.#ui.show(false);
  }

  /** Asks `text` as if the citizen had typed it. */
  ask(text) {
    this.open();
    if (text.trim()) this.#enqueue({ text: text.trim(), shown: text.trim() });
  }

  async #start() {
    for (const item of this.#outbox.items) this.#ui.log.append(pendingBubble(item));
    try {
      await this.#resume();
      this.#state("");
      this.#listen();
      this.#outbox.flush();
    } catch {
      this.#started = null;
      this.#state(navigator.onLine ? T.down : T.offline);
      setTimeout(() => (this.#started ??= this.#start()), this.#pause());
    }
  }

  async #resume() {
    this.#api.conversation = this.#kept.conversation;
    if (this.#api.conversation) {
      try {
        const { messages, owner } = await this.#api.messages();
        this.#ui.log.replaceChildren();
        this.#seen.clear();
        messages.forEach((message) => this.#show(message));
        for (const item of this.#outbox.items) this.#ui.log.append(pendingBubble(item));
        this.#owner(owner);
        return;
      } catch (error) {
        if (!(error instanceof Refused) || error.passing) throw error;
      }
    }
    this.#api.conversation = null;
    const opened = await this.#api.open("vi");
    this.#api.conversation = this.#kept.conversation = { id: opened.id, token: opened.token };
    const waiting = [...this.#ui.log.children];
    this.#ui.log.replaceChildren();
    opened.messages.forEach((message) => this.#show(message));
    this.#ui.log.append(...waiting.filter((node) => node.dataset.client));
  }

  async #listen() {
    this.#stream?.abort();
    const stream = (this.#stream = new AbortController());
    try {
      for await (const event of this.#api.events(this.#lastId, stream.signal)) {
        this.#attempt = 0;
        this.#state("");
        if (event.event === "message") this.#show(event.data);
        if (event.event === "owner") this.#owner(event.data.owner);
        if (event.event === "typing") this.#ui.agentTyping();
      }
    } catch {
      // Fall through: a broken stream is taken up again below.
    }
    if (!stream.signal.aborted && this.isConnected) setTimeout(() => stream === this.#stream && this.#listen(), this.#pause());
  }

  #pause() {
    return RECONNECT_MS[Math.min(this.#attempt++, RECONNECT_MS.length - 1)];
  }

  #sendTyped() {
    const text = this.#ui.input.value.trim();
    if (!text) return;
    this.#ui.clearInput();
    this.#enqueue({ text, shown: text });
  }

  #choose(button, pressed) {
    pressed.parentElement.classList.add("used");
    pressed.classList.add("chosen");
    this.#enqueue({ payload: button.payload, shown: button.title });
    if (matchMedia("(pointer: fine)").matches) this.#ui.input.focus({ preventScroll: true });
  }

  #enqueue(item, file = null) {
    const kept = this.#outbox.add(item, file);
    this.#ui.log.append(pendingBubble(kept));
    this.#ui.toEnd();
  }

  async #deliver(item, file) {
    if (!this.#api.conversation) await (this.#started ??= this.#start());
    if (!this.#api.conversation) throw new TypeError("not connected");
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#ui.typing(true), TYPING_AFTER_MS);
    try {
      if (file) return await this.#api.upload(file, item.client_id);
      const body = item.payload === undefined ? { text: item.text } : { payload: item.payload };
      return await this.#api.post({ ...body, client_id: item.client_id });
    } finally {
      clearTimeout(this.#typing);
      this.#ui.typing(false);
    }
  }

  #onSent(item, result) {
    const node = this.#pending(item);
    node?.classList.remove("pending");
    node?.querySelector(".note")?.remove();
    result.messages.forEach((message) => this.#show(message));
    this.#owner(result.owner);
    this.dispatchEvent(new CustomEvent("isee-status", { detail: { status: result.status, owner: result.owner } }));
  }

  #onRefused(item, error) {
    if (error.status === 401 || error.status === 404) {
      this.#restart(false);
      return;
    }
    this.#note(item, `${T.refused}: ${error.message}`);
  }

  #onWaiting(item) {
    const retry = el("button", { type: "button", onclick: () => this.#outbox.flush() }, T.retry);
    this.#note(item, T.unsent, retry);
  }

  #note(item, text, ...more) {
    const node = this.#pending(item);
    node?.querySelector(".note")?.remove();
    node?.append(el("div", { class: "note", role: "status" }, text, ...more));
    this.#ui.toEnd();
  }

  #pending(item) {
    return this.#ui.log.querySelector(`[data-client="${item.client_id}"]`);
  }

  #show(message) {
    if (this.#seen.has(message.id)) return;
    this.#seen.add(message.id);
    if (message.id > this.#lastId) this.#lastId = message.id;
    if (message.author === "citizen" && this.#adopt(message)) return;
    const node = bubble(message, { choose: (button, pressed) => this.#choose(button, pressed), ticks: this.#ticks });
    const later = this.#ui.log.querySelector(".message.pending:not([data-id])");
    if (later && message.author === "citizen") later.before(node);
    else this.#ui.log.append(node);
    // What the system says meanwhile doesn't end a form's question.
    if (message.author === "bot" || message.author === "agent") this.#ui.expect(message.form?.field ?? null);
    if (message.answer?.checklist) this.#ticks.sync();
    this.#ui.toEnd(node);
    this.dispatchEvent(new CustomEvent("isee-message", { detail: message, bubbles: true, composed: true }));
  }

  /** The stored form of what this tab sent takes the place of its own bubble (personal numbers are masked in it). */
  #adopt(message) {
    const own = this.#ui.log.querySelector(".citizen[data-client]:not([data-id])");
    if (!own) return false;
    const stored = bubble(message, { choose: () => {}, ticks: this.#ticks });
    stored.dataset.client = own.dataset.client;
    own.replaceWith(stored);
    return true;
  }

  #tellTyping() {
    if (!this.#withAgent || Date.now() - this.#toldTyping < 3000) return;
    this.#toldTyping = Date.now();
    this.#api.typing().catch(() => {});
  }

  #owner(owner) {
    this.#withAgent = owner === "agent";
    this.#ui.takeFiles(this.#withAgent);
    this.#state(owner === "waiting" ? T.waiting : owner === "agent" ? T.withAgent : "");
  }

  #state(text) {
    this.#ui.state(text);
  }

  #toggleBigText() {
    this.#kept.bigText = this.toggleAttribute("big-text");
  }

  async #restart(erase) {
    if (erase) await this.#api.erase().catch(() => {});
    this.#stream?.abort();
    this.#outbox.clear();
    this.#kept.forget();
    this.#seen.clear();
    this.#lastId = "";
    this.#ui.log.replaceChildren();
    this.#state("");
    this.#api.conversation = null;
    this.#started = this.#start();
  }
}

/**
 * Constructed sheets pass a strict CSP. iPhones before iOS 16.4 don't know them and get a style element; where a CSP
 * forbids that (our own page does) the chat is plain there, but it works.
 */
function dress(root) {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.append(el("style", {}, STYLES));
  }
}

customElements.define("isee-chat", ISeeChat);
