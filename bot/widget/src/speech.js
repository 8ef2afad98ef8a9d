// Reading aloud and dictation through the browser's own speech interfaces, where there are any. Both are off until the
// citizen turns them on, and each has a switch beside it while it works.

import { languageOf } from "./bubble.js";

const Recognition = window.SpeechRecognition || window.webkitSpeechRecognition;

export const canRead = () => "speechSynthesis" in window && "SpeechSynthesisUtterance" in window;
export const canDictate = () => Boolean(Recognition);

export class Reader {
  #turn = 0;

  /** `on(state)` hears "reading", "silent" and "voiceless" (no voice for the language on this device). */
  constructor(T, kept, on) {
    Object.assign(this, { T, kept, on });
    speechSynthesis.getVoices(); // some browsers load them only when asked
  }

  get auto() {
    return this.kept.wish("auto-read");
  }

  set auto(value) {
    this.kept.wishes("auto-read", value);
    if (!value) this.stop();
  }

  read(message) {
    this.stop();
    this.#say(message.text);
  }

  /** In auto mode, after what is being read already. */
  follow(message) {
    if (this.auto) this.#say(message.text);
  }

  stop() {
    this.#turn++;
    speechSynthesis.cancel();
    this.on("silent");
  }

  #say(text) {
    const voices = speechSynthesis.getVoices();
    const language = languageOf(text, this.T.speech.slice(0, 2));
    const accent = language === "vi" ? "vi-VN" : this.T.speech;
    const voice = voices.find(({ lang }) => lang.toLowerCase().startsWith(language));
    if (voices.length && !voice) {
      this.on("voiceless");
      return;
    }
    // Long texts are cut off after seconds by some browsers; sentences are not.
    const sentences = text.match(/[^.!?;\n]+[.!?;]*/g)?.filter((part) => /[\p{L}\d]/u.test(part)) || [];
    const turn = this.#turn;
    sentences.forEach((sentence, place) => {
      const spoken = new SpeechSynthesisUtterance(sentence.trim());
      spoken.lang = accent;
      if (voice) spoken.voice = voice;
      if (place === sentences.length - 1) spoken.onend = () => turn === this.#turn && !speechSynthesis.pending && this.on("silent");
      spoken.onerror = (event) => turn === this.#turn && this.on(event.error.includes("unavailable") || event.error === "synthesis-failed" ? "voiceless" : "silent");
      speechSynthesis.speak(spoken);
    });
    if (sentences.length) this.on("reading");
  }
}

export class Dictation {
  #ears = null;

  /** `on(state)` hears "listening", "idle", "unheard" and "forbidden"; `heard(text)` gets what was understood so far. */
  constructor(T, on, heard) {
    Object.assign(this, { T, on, heard });
  }

  toggle() {
    if (this.#ears) this.stop();
    else this.#start();
  }

  stop() {
    this.#ears?.stop();
  }

  #start() {
    const ears = (this.#ears = new Recognition());
    let outcome = "unheard";
    ears.lang = this.T.speech;
    ears.interimResults = true;
    ears.onresult = (event) => {
      outcome = "idle";
      this.heard([...event.results].map((result) => result[0].transcript).join(" ").trim());
    };
    ears.onerror = (event) => (outcome = ["not-allowed", "service-not-allowed", "audio-capture"].includes(event.error) ? "forbidden" : event.error === "aborted" ? "idle" : "unheard");
    ears.onend = () => {
      this.#ears = null;
      this.on(outcome);
    };
    try {
      ears.start();
      this.on("listening");
    } catch {
      this.#ears = null;
      this.on("forbidden");
    }
  }
}
