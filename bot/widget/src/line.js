// The line to the service: opens or resumes the conversation, listens to its events, and comes back after every break.

import { Refused } from "./api.js";

const RECONNECT_MS = [500, 1000, 3000, 8000, 20000];

export class Line {
  #signal;
  #stream = null;
  #lastId = "";
  #again = 0;
  #attempt = 0;
  #started = null;

  /**
   * `on` hears `left` (the conversation shown is not the one any more), `filled(messages, owner)` (all of it),
   * `ready`, `down` (the service can't be reached; it's tried again), `cut(yes)` (the device is offline), and each
   * `message`, `owner` and `typing` of the event stream.
   */
  constructor(api, kept, language, on, signal) {
    Object.assign(this, { api, kept, language, on });
    this.#signal = signal;
    this.#watch();
    signal.addEventListener("abort", () => {
      this.#stream?.abort();
      clearTimeout(this.#again);
    });
  }

  /** Resolves when the conversation is there, or could not be had for now. */
  start() {
    return (this.#started ??= this.#start());
  }

  /** Takes up the conversation that the browser keeps now, or opens one. */
  renew() {
    this.#stream?.abort();
    clearTimeout(this.#again);
    this.#lastId = "";
    this.api.conversation = null;
    this.on.left();
    this.#started = this.#start();
    return this.#started;
  }

  /** Erased on another device, or past its time: begins anew, keeping what was typed. */
  lost() {
    this.kept.forget();
    return this.renew();
  }

  #watch() {
    const signal = this.#signal;
    const back = () => this.#started && !document.hidden && this.#listen();
    addEventListener("offline", () => this.on.cut(true), { signal });
    addEventListener("online", () => (this.on.cut(false), back()), { signal });
    // A phone that wakes up has lost its line without being told.
    addEventListener("pageshow", (event) => event.persisted && back(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || (this.#attempt && back()), { signal });
    // Another tab began a new conversation, or took one up: this one follows.
    addEventListener("storage", ({ key, newValue }) => {
      if (key !== this.kept.key("conversation") || !newValue || !this.#started) return;
      if (JSON.parse(newValue).id !== this.api.conversation?.id) this.renew();
    }, { signal });
  }

  async #start() {
    try {
      await this.#resume();
      if (this.#signal.aborted) return;
      this.#attempt = 0;
      this.#listen();
      this.on.ready();
    } catch {
      this.#started = null;
      if (this.#signal.aborted) return;
      this.on.down();
      clearTimeout(this.#again);
      this.#again = setTimeout(() => this.start(), this.#pause());
    }
  }

  async #resume() {
    this.api.conversation = this.kept.conversation;
    if (this.api.conversation) {
      try {
        const { messages, ...owner } = await this.api.messages();
        return this.#filled(messages, owner);
      } catch (error) {
        if (!(error instanceof Refused) || error.passing) throw error;
      }
    }
    this.api.conversation = null;
    const opened = await this.api.open(this.language);
    this.api.conversation = this.kept.conversation = { id: opened.id, token: opened.token };
    this.#filled(opened.messages, { owner: "bot" });
  }

  #filled(messages, owner) {
    this.#lastId = messages[messages.length - 1]?.id || "";
    this.on.filled(messages, owner);
  }

  async #listen() {
    this.#stream?.abort();
    clearTimeout(this.#again);
    const stream = (this.#stream = new AbortController());
    try {
      for await (const { event, data } of this.api.events(this.#lastId, stream.signal)) {
        if (stream.signal.aborted) return;
        this.#attempt = 0;
        if (event === "message") this.#lastId = data.id;
        if (["message", "owner", "typing"].includes(event)) this.on[event](data);
      }
    } catch (error) {
      if (stream.signal.aborted) return;
      if (error instanceof Refused && error.status === 401) return this.lost();
    }
    if (stream.signal.aborted) return;
    this.#again = setTimeout(() => stream === this.#stream && this.#listen(), this.#pause());
  }

  #pause() {
    return RECONNECT_MS[Math.min(this.#attempt++, RECONNECT_MS.length - 1)];
  }
}
