// One conversation in one element: opens or resumes it, listens, sends, and shows what comes.

import { Api, Refused } from "./api.js";
import { shownText } from "./bubble.js";
import { el } from "./dom.js";
import { Extras } from "./extras.js";
import { Kept } from "./kept.js";
import { announcer } from "./live.js";
import { Log } from "./log.js";
import { announce } from "./notices.js";
import { Outbox } from "./outbox.js";
import { build } from "./shell.js";
import { textsOf } from "./texts.js";
import { Ticks } from "./ticks.js";

const TYPING_AFTER_MS = 250;
const TELL_TYPING_MS = 3000;
const RECONNECT_MS = [500, 1000, 3000, 8000, 20000];

export class Chat {
  #life = new AbortController();
  #lastId = "";
  #first = "";
  #stream = null;
  #again = 0;
  #attempt = 0;
  #typing = 0;
  #flying = null;
  #started = null;
  #owner = {};
  #cut = false;
  #toldTyping = 0;

  constructor(host, home, speakIn) {
    const { signal } = this.#life;
    const { language, server, shadowRoot: root } = host;
    const T = textsOf(language);
    this.host = host;
    this.T = T;
    this.kept = new Kept(server, language);
    this.api = new Api(server);
    const w = (this.w = {
      T, language, home, signal, kept: this.kept, api: this.api,
      inline: host.hasAttribute("inline"),
      heading: host.getAttribute("heading"),
      ticks: new Ticks(this.kept, this.api, root, signal),
      choose: (button, pressed) => this.#choose(button, pressed),
      greeting: (message) => message.id === this.#first,
      waiting: () => this.outbox?.items || [],
      tell: (text, shown) => this.#tell(text, shown),
      rate: async (id, helpful, ...why) => {
        await this.api.rate(id, helpful, ...why);
        this.kept.rate(id, helpful);
      },
    });
    const extras = (this.extras = new Extras(this, speakIn));
    const ui = (this.ui = build(w, {
      send: () => this.#sendTyped(),
      typed: () => this.#typed(),
      pick: (file) => this.#enqueue({ shown: file.name }, file),
      open: () => host.open(),
      close: () => host.close(),
      ...extras.acts,
    }, extras.entries()));
    w.reader = extras.reader;
    this.log = new Log(ui.log, w, () => this.#flying);
    this.say = announcer(ui.live);
    // The style sheet that old iPhones link stays where it is.
    root.querySelector(".frame")?.remove();
    root.append(ui.node);
    this.#announce = announce(ui.notices, w, () => this.#shown);
    this.outbox = new Outbox(this.kept.storage, this.kept.key("out:"), (item, file) => this.#deliver(item, file), {
      sent: (item, result) => this.#onSent(item, result),
      refused: (item, error) => {
        this.#note(item, `${T.refused}: ${error.message}`);
        this.log.refuse(item);
      },
      waiting: (item) => this.#note(item, T.unsent, el("button", { type: "button", onclick: () => this.outbox.flush() }, T.retry)),
      gone: (item) => this.log.gone(item),
    }, signal);
    this.#watch(signal);
    ui.fillInput(this.kept.draft);
    if (this.kept.wish("big-text")) host.setAttribute("big-text", "");
    this.showBigText();
    if (this.#shown) this.show(true, host.hasAttribute("autofocus"));
  }

  #announce = () => {};

  get #shown() {
    return this.w.inline || this.host.hasAttribute("open");
  }

  /** Ends all that goes on; the element may be gone. */
  end() {
    this.#life.abort();
    this.#stream?.abort();
    clearTimeout(this.#again);
    this.extras.end();
  }

  show(open, focus = true) {
    this.ui.show(open);
    this.#emit(open ? "isee-open" : "isee-close", {});
    if (!open) return;
    this.#started ??= this.#start();
    this.#announce();
    // On a touch screen the focus would call up the keyboard over the greeting.
    if (focus && matchMedia("(pointer: fine)").matches) this.ui.input.focus({ preventScroll: true });
  }

  showBigText() {
    this.ui.check("big-text", this.host.hasAttribute("big-text"));
  }

  ask(text) {
    if (text.trim()) this.#enqueue({ text: text.trim(), shown: text.trim() });
  }

  /** Leaves the conversation, erased or not, and opens another. */
  async restart(erase) {
    if (erase) await this.api.erase().catch(() => {});
    this.outbox.clear();
    this.kept.forget();
    this.ui.fillInput("");
    this.#renew();
  }

  /** Takes up another conversation (of a code). */
  take(conversation) {
    this.outbox.clear();
    this.kept.forget();
    this.kept.conversation = conversation;
    this.#renew();
    return this.#started;
  }

  #renew() {
    this.#stream?.abort();
    this.#lastId = this.#first = "";
    this.api.conversation = null;
    this.log.fill([], this.outbox.items);
    this.#own({ owner: "bot" });
    this.#started = this.#start();
  }

  #watch(signal) {
    const line = (cut) => {
      this.#cut = cut;
      this.#own(this.#owner);
    };
    addEventListener("offline", () => line(true), { signal });
    const back = () => this.#started && !document.hidden && this.#listen();
    addEventListener("online", () => (line(false), back()), { signal });
    // A phone that wakes up has lost its line without being told.
    addEventListener("pageshow", (event) => event.persisted && back(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || (this.#attempt && back()), { signal });
    // Another tab began a new conversation, or took one up: this one follows.
    addEventListener("storage", ({ key, newValue }) => {
      if (key !== this.kept.key("conversation") || !newValue || !this.#started) return;
      if (JSON.parse(newValue).id !== this.api.conversation?.id) this.#renew();
    }, { signal });
  }

  async #start() {
    try {
      await this.#resume();
      if (this.#life.signal.aborted) return;
      this.#attempt = 0;
      this.#own(this.#owner);
      this.#listen();
      this.outbox.flush();
      this.#emit("isee-ready", {});
    } catch {
      this.#started = null;
      if (this.#life.signal.aborted) return;
      this.ui.state(navigator.onLine ? this.T.down : this.T.offline);
      if (!this.ui.log.childElementCount) this.log.fill([], this.outbox.items);
      this.#again = setTimeout(() => (this.#started ??= this.#start()), this.#pause());
    }
  }

  async #resume() {
    this.api.conversation = this.kept.conversation;
    if (this.api.conversation) {
      try {
        const { messages, ...owner } = await this.api.messages();
        this.#owner = owner;
        return this.#fill(messages);
      } catch (error) {
        if (!(error instanceof Refused) || error.passing) throw error;
      }
    }
    this.api.conversation = null;
    const opened = await this.api.open(this.w.language);
    this.api.conversation = this.kept.conversation = { id: opened.id, token: opened.token };
    this.#owner = { owner: "bot" };
    return this.#fill(opened.messages);
  }

  #fill(messages) {
    this.#first = messages[0]?.id || "";
    this.#lastId = messages[messages.length - 1]?.id || "";
    this.log.fill(messages, this.outbox.items);
    const asked = messages.filter(({ author }) => author === "bot" || author === "agent").pop();
    this.ui.expect(asked?.form?.field ?? null);
    this.w.ticks.sync();
  }

  async #listen() {
    this.#stream?.abort();
    clearTimeout(this.#again);
    const stream = (this.#stream = new AbortController());
    try {
      for await (const event of this.api.events(this.#lastId, stream.signal)) {
        if (stream.signal.aborted) return;
        this.#attempt = 0;
        if (event.event === "message") {
          this.#lastId = event.data.id;
          this.#show(event.data);
        }
        if (event.event === "owner") this.#own(event.data);
        if (event.event === "typing") this.ui.agentTyping(this.#owner.agent);
      }
    } catch (error) {
      if (stream.signal.aborted) return;
      // Erased on another device, or past its time: begin anew, keeping what was typed.
      if (error instanceof Refused && error.status === 401) return this.#lost();
    }
    if (stream.signal.aborted || this.#life.signal.aborted) return;
    this.#again = setTimeout(() => stream === this.#stream && this.#listen(), this.#pause());
  }

  #lost() {
    this.kept.forget();
    this.#renew();
    return this.#started;
  }

  #pause() {
    return RECONNECT_MS[Math.min(this.#attempt++, RECONNECT_MS.length - 1)];
  }

  #sendTyped() {
    const text = this.ui.input.value.trim();
    if (!text) return;
    this.extras.quiet();
    this.ui.fillInput("");
    this.kept.draft = "";
    this.#enqueue({ text, shown: text });
  }

  #typed() {
    // A value for a form is nobody's to keep, not even this browser's.
    this.kept.draft = this.ui.input.dataset.field === undefined ? this.ui.input.value : "";
    if (this.#owner.owner !== "agent" || Date.now() - this.#toldTyping < TELL_TYPING_MS) return;
    this.#toldTyping = Date.now();
    this.api.typing().catch(() => {});
  }

  #choose(button, pressed) {
    pressed.parentElement.classList.add("used");
    pressed.classList.add("chosen");
    this.#enqueue({ payload: button.payload, shown: button.title });
    if (matchMedia("(pointer: fine)").matches) this.ui.input.focus({ preventScroll: true });
  }

  #enqueue(item, file = null) {
    this.log.wait(this.outbox.add(item, file));
  }

  async #deliver(item, file) {
    if (!this.api.conversation) await (this.#started ??= this.#start());
    if (!this.api.conversation) throw new TypeError("not connected");
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.ui.typing(true), TYPING_AFTER_MS);
    this.#flying = item;
    try {
      return await this.#post(item, file).catch(async (error) => {
        if (error.status !== 401) throw error;
        // The conversation is gone. A new one doesn't know its buttons: what they said is asked in words.
        await this.#lost();
        return this.#post({ client_id: item.client_id, text: item.text ?? item.shown }, file);
      });
    } catch (error) {
      this.#flying = null;
      this.log.release();
      throw error;
    } finally {
      clearTimeout(this.#typing);
      this.ui.typing(false);
    }
  }

  #post(item, file) {
    if (file) return this.api.upload(file, item.client_id);
    const body = item.payload === undefined ? { text: item.text } : { payload: item.payload };
    return this.api.post({ ...body, client_id: item.client_id });
  }

  #onSent(item, result) {
    this.#flying = null;
    this.log.confirm(item, result.citizen_message);
    result.messages.forEach((message) => this.#show(message));
    this.log.toEnd(this.ui.log.querySelector(`[data-id="${result.messages[0]?.id}"]`));
    if (result.owner !== this.#owner.owner) this.#own({ owner: result.owner });
    this.#emit("isee-status", { status: result.status, owner: result.owner });
  }

  #note(item, text, ...more) {
    const node = this.log.pending(item);
    node?.querySelector(".note")?.remove();
    node?.append(el("div", { class: "note" }, text, ...more));
    this.say(text);
    this.log.toEnd();
  }

  /** What just came, by the stream or as an answer. */
  #show(message) {
    if (!this.log.add(message)) return;
    // What the system says meanwhile doesn't end a form's question.
    if (message.author === "bot" || message.author === "agent") this.ui.expect(message.form?.field ?? null);
    if (message.answer?.checklist) this.w.ticks.sync();
    if (message.author !== "citizen") {
      const choices = (message.buttons || []).length;
      if (this.#shown) this.say([`${this.T[message.author]}: ${shownText(message)}`, choices ? this.T.choices(choices) : ""].join(" "));
      else this.ui.unread(1);
      this.extras.reader?.follow(message);
    }
    this.#emit("isee-message", message);
  }

  #own(owner) {
    this.#owner = owner;
    const { T } = this;
    this.ui.takeFiles(owner.owner === "agent");
    const texts = { waiting: owner.place ? T.place(owner.place) : T.waiting, agent: T.withAgent(owner.agent) };
    // What was still on its way when the line broke doesn't hide that it is broken.
    this.ui.state(this.#cut ? T.offline : texts[owner.owner] || "");
  }

  #tell(text, shown) {
    this.say(text);
    if (!shown) return;
    this.ui.state(text);
    setTimeout(() => this.#own(this.#owner), 5000);
  }

  #emit(name, detail) {
    this.host.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}
