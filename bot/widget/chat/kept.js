// What the browser keeps: which conversation, the ticks of checklists, the size of the text.

export class Kept {
  constructor(server) {
    this.prefix = `isee:${server}:`;
    this.storage = usableStorage();
  }

  key(name) {
    return this.prefix + name;
  }

  get conversation() {
    return this.#read("conversation", null);
  }

  set conversation(value) {
    this.#write("conversation", value);
  }

  get bigText() {
    return this.#read("big-text", false);
  }

  set bigText(value) {
    this.#write("big-text", value);
  }

  get dismissed() {
    return this.#read("dismissed", []);
  }

  dismiss(notice) {
    this.#write("dismissed", [...this.dismissed, notice].slice(-20));
  }

  has(tick) {
    return this.#read("ticks", []).includes(tick);
  }

  set(tick, on) {
    const others = this.#read("ticks", []).filter((other) => other !== tick);
    this.#write("ticks", on ? [...others, tick] : others);
  }

  /** Ticks that the server doesn't know yet, by key. */
  get owed() {
    return this.#read("owed", {});
  }

  owe(tick, on) {
    this.#write("owed", { ...this.owed, [tick]: on });
  }

  paid(tick, on) {
    const { [tick]: sent, ...others } = this.owed;
    if (sent === on) this.#write("owed", others);
  }

  /** Forgets the conversation; what the citizen set for themselves stays. */
  forget() {
    this.storage.removeItem(this.key("conversation"));
    this.storage.removeItem(this.key("owed"));
  }

  #read(name, otherwise) {
    try {
      return JSON.parse(this.storage.getItem(this.key(name))) ?? otherwise;
    } catch {
      return otherwise;
    }
  }

  #write(name, value) {
    try {
      this.storage.setItem(this.key(name), JSON.stringify(value));
    } catch {
      // Private windows may refuse; the conversation then lasts as long as the page.
    }
  }
}

function usableStorage() {
  try {
    localStorage.setItem("isee:probe", "1");
    localStorage.removeItem("isee:probe");
    return localStorage;
  } catch {
    const kept = new Map();
    return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
  }
}
