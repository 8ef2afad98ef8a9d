// One conversation in one element: puts frame, line and delivery together, and shows what comes.

import { Api } from "./api.js";
import { shownText } from "./bubble.js";
import { Delivery } from "./delivery.js";
import { Extras } from "./extras.js";
import { Kept } from "./kept.js";
import { Line } from "./line.js";
import { announcer } from "./live.js";
import { Log } from "./log.js";
import { announce } from "./notices.js";
import { build } from "./shell.js";
import { textsOf } from "./texts.js";
import { Ticks } from "./ticks.js";

const TELL_TYPING_MS = 3000;
const TOLD_MS = 5000;

export class Chat {
  #life = new AbortController();
  #owner = { owner: "bot" };
  #cut = false;
  #toldTyping = 0;
  #announce;

  constructor(host, home, speakIn) {
    const { signal } = this.#life;
    const { language, server, shadowRoot: root } = host;
    const T = textsOf(language);
    Object.assign(this, { host, T, kept: new Kept(server, language), api: new Api(server) });
    const w = (this.w = {
      T, language, home, signal, kept: this.kept, api: this.api,
      inline: host.hasAttribute("inline"),
      heading: host.getAttribute("heading"),
      ticks: new Ticks(this.kept, this.api, root, signal),
      choose: (button, pressed) => this.#choose(button, pressed),
      waiting: () => this.delivery.outbox.items,
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
      pick: (file) => this.#say({ shown: file.name }, file),
      open: () => host.open(),
      close: () => host.close(),
      ...extras.acts,
    }, extras.entries()));
    w.reader = extras.reader;
    this.log = new Log(ui.log, w, () => this.delivery.flying);
    this.say = announcer(ui.live);
    // The style sheet that old iPhones link stays where it is.
    root.querySelector(".frame")?.remove();
    root.append(ui.node);
    this.#announce = announce(ui.notices, w, () => this.#shown);
    this.line = new Line(this.api, this.kept, language, this.#heard(), signal);
    this.delivery = new Delivery(this, (result) => this.#sent(result), signal);
    ui.fillInput(this.kept.draft);
    // Until the line is there, what is typed may be the value that a form asked for before a reload.
    if (this.kept.asked) ui.expect({});
    if (this.kept.wish("big-text")) host.setAttribute("big-text", "");
    this.showBigText();
    if (this.#shown) this.show(true, host.hasAttribute("autofocus"));
  }

  get #shown() {
    return this.w.inline || this.host.hasAttribute("open");
  }

  /** Ends all that goes on; the element may be gone. */
  end() {
    this.#life.abort();
    this.extras.end();
  }

  show(open, focus = true) {
    this.ui.show(open);
    this.#emit(open ? "isee-open" : "isee-close", {});
    if (!open) return;
    this.line.start();
    this.#announce();
    // On a touch screen the focus would call up the keyboard over the greeting.
    if (focus) this.#focus();
  }

  showBigText() {
    this.ui.check("big-text", this.host.hasAttribute("big-text"));
  }

  ask(text) {
    if (text.trim()) this.#say({ text: text.trim(), shown: text.trim() });
  }

  /** Leaves the conversation, erased or not, and opens another. */
  async restart(erase) {
    if (erase) await this.api.erase().catch(() => {});
    this.#forget();
    this.line.renew();
  }

  /** Takes up another conversation (of a code). */
  take(conversation) {
    this.#forget();
    this.kept.conversation = conversation;
    return this.line.renew();
  }

  #forget() {
    this.delivery.outbox.clear();
    this.kept.forget();
    this.ui.fillInput("");
  }

  /** What is done about what the line brings. */
  #heard() {
    return {
      left: () => {
        this.log.fill([], this.delivery.outbox.items);
        this.#own({ owner: "bot" });
      },
      filled: (messages, owner) => this.#fill(messages, owner),
      ready: () => {
        this.delivery.outbox.flush();
        this.#emit("isee-ready", {});
      },
      down: () => {
        this.ui.state(navigator.onLine ? this.T.down : this.T.offline, true);
        if (!this.ui.log.childElementCount) this.log.fill([], this.delivery.outbox.items);
      },
      cut: (yes) => {
        this.#cut = yes;
        this.#own(this.#owner);
      },
      message: (message) => this.#show(message),
      owner: (owner) => this.#own(owner),
      typing: () => this.ui.agentTyping(this.#owner.agent),
    };
  }

  #fill(messages, owner) {
    this.log.fill(messages, this.delivery.outbox.items);
    this.#expect(messages.filter(({ author }) => author === "bot" || author === "agent").pop());
    this.delivery.tellLost(messages);
    this.w.ticks.sync();
    this.#own(owner);
  }

  #sendTyped() {
    const text = this.ui.input.value.trim();
    if (!text) return;
    this.extras.quiet();
    this.ui.fillInput("");
    this.kept.draft = "";
    this.#say({ text, shown: text });
  }

  #typed() {
    // A value for a form is nobody's to keep, not even this browser's.
    this.kept.draft = this.ui.asking() ? "" : this.ui.input.value;
    if (this.#owner.owner !== "agent" || Date.now() - this.#toldTyping < TELL_TYPING_MS) return;
    this.#toldTyping = Date.now();
    this.api.typing().catch(() => {});
  }

  #choose(button, pressed) {
    pressed.parentElement.classList.add("used");
    pressed.classList.add("chosen");
    this.#say({ payload: button.payload, shown: button.title });
    this.#focus();
  }

  #say(item, file = null) {
    this.delivery.add(item, file, this.ui.asking());
  }

  /** What a turn of this tab brought. */
  #sent({ messages, owner, status }) {
    messages.forEach((message) => this.#show(message));
    this.log.toEnd(this.ui.log.querySelector(`[data-id="${messages[0]?.id}"]`));
    if (owner !== this.#owner.owner) this.#own({ owner });
    this.#emit("isee-status", { status, owner });
  }

  /** What just came, by the stream or as an answer. */
  #show(message) {
    if (!this.log.add(message)) return;
    // What the system says meanwhile doesn't end a form's question.
    if (message.author === "bot" || message.author === "agent") this.#expect(message);
    if (message.answer?.checklist) this.w.ticks.sync();
    if (message.author !== "citizen") {
      const choices = (message.buttons || []).length;
      if (this.#shown) this.say([`${this.T[message.author]}: ${shownText(message)}`, choices ? this.T.choices(choices) : ""].join(" "));
      else this.ui.unread(1);
      this.extras.reader?.follow(message);
    }
    this.#emit("isee-message", message);
  }

  /** Makes the input ready for what `message` asks. */
  #expect(message) {
    const field = message?.form?.field ?? null;
    this.kept.asked = Boolean(field);
    this.ui.expect(field);
  }

  #own(owner) {
    this.#owner = owner;
    const { T } = this;
    this.ui.takeFiles(owner.owner === "agent");
    const texts = { waiting: owner.place ? T.place(owner.place) : T.waiting, agent: T.withAgent(owner.agent) };
    // What was still on its way when the line broke doesn't hide that it is broken.
    this.ui.state(this.#cut ? T.offline : texts[owner.owner] || "", this.#cut);
  }

  #tell(text, shown) {
    this.say(text);
    if (!shown) return;
    this.ui.state(text);
    setTimeout(() => this.#own(this.#owner), TOLD_MS);
  }

  #focus() {
    if (matchMedia("(pointer: fine)").matches) this.ui.input.focus({ preventScroll: true });
  }

  #emit(name, detail) {
    this.host.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}
