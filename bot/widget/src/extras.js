// What the menu and the tools beside the input do: larger text, speech, transcript, other devices, language, leaving.
import { el } from "./dom.js";
import { ask, askScore, enterCode, showCode } from "./sheets.js";
import { canDictate, canRead, Dictation, Reader } from "./speech.js";

export class Extras {
  /** `chat` is the Chat; `speakIn(language)` builds the element anew in another language. */
  constructor(chat, speakIn) {
    const { T, kept } = chat;
    Object.assign(this, { chat, speakIn, T, kept });
    this.reader = canRead() ? new Reader(T, kept, (state) => this.#read(state)) : null;
    this.dictation = canDictate() ? new Dictation(T, (state) => this.#heard(state), (text) => this.#take(text)) : null;
    this.acts = {
      dictate: () => {
        this.before = this.chat.ui.input.value;
        this.dictation.toggle();
      },
      mayDictate: () => Boolean(this.dictation) && kept.wish("dictation"),
      stopReading: () => this.reader.stop(),
      stopAuto: () => this.#autoRead(false),
    };
  }

  entries() {
    const { T, kept, chat } = this;
    const only = (has, entry) => (has ? [entry] : []);
    return [
      { name: "big-text", label: T.bigText, checked: kept.wish("big-text"), act: () => kept.wishes("big-text", chat.host.toggleAttribute("big-text")) },
      ...only(this.reader, { name: "auto-read", label: T.autoRead, checked: kept.wish("auto-read"), act: () => this.#autoRead(!this.reader.auto) }),
      ...only(this.dictation, { name: "dictation", label: T.voiceInput, checked: kept.wish("dictation"), act: () => this.#mayDictate() }),
      { label: T.transcript, act: () => this.#download() },
      { label: T.toDevice, act: () => this.#code() },
      { label: T.fromDevice, act: () => enterCode(chat.ui, T, (code) => this.#resume(code)) },
      { label: T.otherLanguage, lang: chat.w.language === "en" ? "vi" : "en", act: () => this.speakIn(chat.w.language === "en" ? "vi" : "en") },
      { label: T.restart, act: () => this.#restart() },
      { label: T.erase, act: async () => (await ask(chat.ui, T, T.erase, T.eraseAsk, T.eraseYes)) && chat.restart(true) },
    ];
  }

  /** Ends what is heard and spoken. */
  quiet() {
    this.dictation?.stop();
    if (!this.kept.wish("auto-read")) this.reader?.stop();
  }

  end() {
    this.dictation?.stop();
    if (this.reader && window.speechSynthesis.speaking) this.reader.stop();
  }

  #autoRead(on) {
    this.reader.auto = on;
    this.chat.ui.check("auto-read", on);
  }

  #read(state) {
    this.chat.ui?.reading(state === "reading", this.reader.auto);
    if (state === "voiceless") this.chat.w.tell(this.T.noVoice, true);
  }

  async #mayDictate() {
    const { kept, chat, T } = this;
    const on = !kept.wish("dictation") && (await ask(chat.ui, T, T.dictateTitle, T.dictateAsk, T.dictateYes));
    if (!on) this.dictation.stop();
    kept.wishes("dictation", on);
    chat.ui.check("dictation", on);
    chat.ui.tools();
  }

  #heard(state) {
    const { chat, T } = this;
    chat.ui.listening(state === "listening");
    const said = { listening: T.dictating, forbidden: T.noMicrophone, unheard: T.notHeard }[state];
    if (said) chat.w.tell(said, true);
    else chat.ui.input.focus();
  }

  #take(text) {
    const { ui } = this.chat;
    ui.fillInput([this.before.trim(), text].filter(Boolean).join(" "));
    this.kept.draft = ui.input.value;
  }

  async #download() {
    try {
      const { name, blob } = await this.chat.api.transcript();
      const href = URL.createObjectURL(blob);
      el("a", { href, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(href), 60000);
    } catch {
      this.chat.w.tell(this.T.notSent, true);
    }
  }

  async #code() {
    try {
      showCode(this.chat.ui, this.T, await this.chat.api.code());
    } catch {
      this.chat.w.tell(this.T.notSent, true);
    }
  }

  async #resume(code) {
    await this.chat.take(await this.chat.api.resume(code));
  }

  /** Before a new conversation begins, the old one is rated: once, and only where something was answered. */
  async #restart() {
    const { chat, T } = this;
    const { ask: wanted } = await chat.api.scoreWanted().catch(() => ({}));
    const given = wanted && (await askScore(chat.ui, T));
    if (given) await chat.api.score(given.score, given.note).catch(() => {});
    await chat.restart(false);
    if (given) chat.w.tell(T.thanks);
  }
}
