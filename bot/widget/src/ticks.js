// Ticks of checklists: kept in the browser, and on the server where the answer is a personal checklist. What can't be
// sent is owed and sent later; what was ticked elsewhere (on the page, on the phone) is taken over.
import { Refused } from "./api.js";

export class Ticks {
  constructor(kept, api, root, signal) {
    this.kept = kept;
    this.api = api;
    this.root = root;
    addEventListener("online", () => this.sync(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.sync(), { signal });
  }

  has(key) {
    return this.kept.has(key);
  }

  set(key, on) {
    this.kept.set(key, on);
    if (!key.startsWith("list|")) return;
    this.kept.owe(key, on);
    this.#pay().catch(() => {});
  }

  /** Brings both sides together, where a personal checklist is shown. */
  sync() {
    // A conversation taken up again shows all its lists in one go.
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.#sync(), 50);
  }

  async #sync() {
    if (!this.api.conversation || !this.root.querySelector("[data-tick^='list|']")) return;
    try {
      await this.#pay();
      const { checklists } = await this.api.checklists();
      for (const list of checklists) for (const { item, ticked } of list.items) this.kept.set(tickKey(list.id, item), ticked);
    } catch {
      return; // Offline: what the browser keeps is shown.
    }
    for (const box of this.root.querySelectorAll("[data-tick]")) box.checked = this.has(box.dataset.tick);
  }

  async #pay() {
    for (const [key, on] of Object.entries(this.kept.owed)) {
      const [, list, item] = key.split("|");
      try {
        await this.api.tick(list, item, on);
      } catch (error) {
        if (!(error instanceof Refused) || error.passing) throw error;
      }
      this.kept.paid(key, on);
    }
  }
}

export const tickKey = (list, item) => `list|${list}|${item}`;
