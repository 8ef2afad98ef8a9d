// What the citizen said and the server has not confirmed yet: kept across reloads, sent in order, retried.
// The server recognises a repeated client_id, so sending twice can't ask twice.

import { Refused } from "./api.js";

const PAUSES_MS = [1000, 2000, 5000, 10000, 30000];

export class Outbox {
  #items;
  #files = new Map(); // files can't be kept across a reload: the citizen is asked to pick them again
  #running = false;
  #failures = 0;
  #timer = 0;

  /** `send(item, file)` delivers one item; `on` reports `sent`, `refused`, `waiting` and `lost`. */
  constructor(storage, key, send, on) {
    Object.assign(this, { storage, key, send, on });
    this.#items = this.#load().filter((item) => !item.file);
    addEventListener("online", () => this.flush());
  }

  get items() {
    return [...this.#items];
  }

  add(item, file = null) {
    const kept = { ...item, client_id: crypto.randomUUID ? crypto.randomUUID() : randomId(), file: Boolean(file) };
    if (file) this.#files.set(kept.client_id, file);
    this.#items.push(kept);
    this.#save();
    this.flush();
    return kept;
  }

  clear() {
    this.#items = [];
    this.#files.clear();
    this.#save();
  }

  async flush() {
    clearTimeout(this.#timer);
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#items.length) {
        const item = this.#items[0];
        const outcome = await this.#deliver(item);
        if (outcome === "later") return;
        this.#items = this.#items.filter((other) => other !== item);
        this.#save();
      }
    } finally {
      this.#running = false;
    }
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

  #load() {
    try {
      return JSON.parse(this.storage.getItem(this.key)) || [];
    } catch {
      return [];
    }
  }

  #save() {
    try {
      this.storage.setItem(this.key, JSON.stringify(this.#items));
    } catch {
      // Storage may be full or forbidden; the message is still sent from memory.
    }
  }
}

function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
