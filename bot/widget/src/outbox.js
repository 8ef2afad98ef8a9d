// What the citizen said and the server has not confirmed yet: kept across reloads, sent in order, retried.
// The server recognises a repeated client_id, so two tabs that send the same thing can't ask twice.
//
// Values for a form and files lie in this page's memory alone, as a computer may have other users: a reload takes them,
// and leaves a mark without content, by which the citizen is told.

import { Refused } from "./api.js";

const PAUSES_MS = [1000, 2000, 5000, 10000, 30000];
let count = 0;

export class Outbox {
  #items;
  #files = new Map();
  #lost;
  #running = false;
  #failures = 0;
  #timer = 0;

  /** `send(item, file)` delivers one item; `on` reports `sent`, `refused`, `waiting`, and `gone`: sent by another tab. */
  constructor(kept, send, on, signal) {
    Object.assign(this, { storage: kept.storage, brief: kept.brief, prefix: kept.key("out:"), send, on });
    this.#items = this.#load();
    this.#lost = this.#marks();
    addEventListener("online", () => this.flush(), { signal });
    addEventListener("storage", (event) => event.newValue === null && this.#goneElsewhere(event.key), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  get items() {
    return [...this.#items];
  }

  /**
   * Keeps an item under a key of its own, which sorts by time: tabs that share the store don't overwrite each other's.
   * Of a file or a `secret` item only the mark `after` is kept: the id of the last message that was shown before it.
   */
  add(item, { file = null, secret = false, after = "" }) {
    const kept = { ...item, client_id: crypto.randomUUID ? crypto.randomUUID() : randomId(), file: Boolean(file) };
    kept.key = `${this.prefix}${String(Date.now()).padStart(15, "0")}-${String(count++).padStart(5, "0")}-${kept.client_id.slice(0, 4)}`;
    if (file) this.#files.set(kept.client_id, file);
    if (file || secret) this.brief.setItem(kept.key, after);
    else this.storage.setItem(kept.key, JSON.stringify(kept));
    this.#items.push(kept);
    this.flush();
    return kept;
  }

  clear() {
    this.#items.forEach((item) => this.#drop(item));
    this.forgetLost();
  }

  /** After which message a reload took something that the service never got; null for nothing. */
  lost(messages) {
    const after = this.#lost[0] && this.brief.getItem(this.#lost[0]);
    const arrived = messages.some(({ author, id }) => author === "citizen" && id > after);
    return after === undefined || after === null || arrived ? null : after;
  }

  forgetLost() {
    this.#lost.splice(0).forEach((key) => this.brief.removeItem(key));
  }

  async flush() {
    clearTimeout(this.#timer);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let item; (item = this.#next()); ) {
        if ((await this.#deliver(item)) === "later") return;
        this.#drop(item);
      }
    } finally {
      this.#running = false;
    }
  }

  /** The oldest that waits in any tab: whichever tab has the line back first sends all in the order of typing. */
  #next() {
    const known = new Set(this.#items.map(({ key }) => key));
    const others = this.#load().filter(({ key }) => !known.has(key));
    if (others.length) this.#items = [...this.#items, ...others].sort((a, b) => (a.key < b.key ? -1 : 1));
    return this.#items[0];
  }

  async #deliver(item) {
    try {
      const result = await this.send(item, this.#files.get(item.client_id));
      this.#failures = 0;
      this.on.sent(item, result);
      return "sent";
    } catch (error) {
      if (error instanceof Refused && !error.passing) {
        this.on.refused(item, error);
        return "refused";
      }
      const pause = PAUSES_MS[Math.min(this.#failures++, PAUSES_MS.length - 1)];
      this.#timer = setTimeout(() => this.flush(), Math.max(pause, (error.problem?.retry_after || 0) * 1000));
      this.on.waiting(item, error);
      return "later";
    }
  }

  #drop(item) {
    this.#items = this.#items.filter((other) => other !== item);
    this.#files.delete(item.client_id);
    this.storage.removeItem(item.key);
    this.brief.removeItem(item.key);
  }

  /** Another tab has sent it, or the conversation was left there. The one in flight here settles by itself. */
  #goneElsewhere(key) {
    const item = this.#items.find((one) => one.key === key);
    if (!item || (this.#running && item === this.#items[0])) return;
    this.#drop(item);
    this.on.gone(item);
  }

  #marks() {
    return this.brief.keys().filter((key) => key.startsWith(this.prefix)).sort();
  }

  #load() {
    const keys = this.storage.keys().filter((key) => key.startsWith(this.prefix));
    return keys.sort().flatMap((key) => {
      try {
        return [{ ...JSON.parse(this.storage.getItem(key)), key }];
      } catch {
        return [];
      }
    });
  }
}

function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
