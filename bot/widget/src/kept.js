// What the browser keeps: which conversation, the ticks of checklists, thumbs, and how the citizen wants it.

export class Kept {
  constructor(server, language) {
    this.prefix = `isee:${server}:`;
    // A conversation is held in the language that it was opened in, so each language has its own.
    this.names = language === "vi" ? "" : `${language}:`;
    this.storage = usableStorage("localStorage");
    this.brief = usableStorage("sessionStorage");
  }

  key(name) {
    return this.prefix + this.names + name;
  }

  get conversation() {
    return this.#read(this.key("conversation"), null);
  }

  set conversation(value) {
    this.#write(this.key("conversation"), value);
  }

  /** A setting of the citizen's own (big-text, auto-read, dictation, language), whatever the language. */
  wish(name, otherwise = false) {
    return this.#read(this.prefix + name, otherwise);
  }

  wishes(name, value) {
    this.#write(this.prefix + name, value);
  }

  /** What is typed and not sent yet: for this tab alone, and gone with it. */
  get draft() {
    return this.brief.getItem(this.key("draft")) || "";
  }

  set draft(text) {
    if (text) this.brief.setItem(this.key("draft"), text);
    else this.brief.removeItem(this.key("draft"));
  }

  /** Whether a form asks for a value: known before the line is there again after a reload. */
  get asked() {
    return this.#read(this.key("asked"), false);
  }

  set asked(yes) {
    if (yes) this.#write(this.key("asked"), true);
    else this.storage.removeItem(this.key("asked"));
  }

  get dismissed() {
    return this.wish("dismissed", []);
  }

  dismiss(notice) {
    this.wishes("dismissed", [...this.dismissed, notice].slice(-20));
  }

  /** true or false: how the citizen rated a message; undefined: not at all. */
  rated(message) {
    return this.#read(this.key("rated"), {})[message];
  }

  rate(message, helpful) {
    const all = Object.entries({ ...this.#read(this.key("rated"), {}), [message]: helpful });
    this.#write(this.key("rated"), Object.fromEntries(all.slice(-200)));
  }

  has(tick) {
    return this.wish("ticks", []).includes(tick);
  }

  set(tick, on) {
    const others = this.wish("ticks", []).filter((other) => other !== tick);
    this.wishes("ticks", on ? [...others, tick] : others);
  }

  /** Ticks that the server doesn't know yet, by key. */
  get owed() {
    return this.wish("owed", {});
  }

  owe(tick, on) {
    this.wishes("owed", { ...this.owed, [tick]: on });
  }

  paid(tick, on) {
    const { [tick]: sent, ...others } = this.owed;
    if (sent === on) this.wishes("owed", others);
  }

  /** Forgets the conversation; what the citizen set for themselves stays. */
  forget() {
    for (const name of ["conversation", "rated", "asked"]) this.storage.removeItem(this.key(name));
    this.storage.removeItem(`${this.prefix}owed`);
    this.draft = "";
  }

  #read(key, otherwise) {
    try {
      return JSON.parse(this.storage.getItem(key)) ?? otherwise;
    } catch {
      return otherwise;
    }
  }

  #write(key, value) {
    this.storage.setItem(key, JSON.stringify(value));
  }
}

/** Private windows may refuse, and a full store throws: what is kept then lasts as long as the page. */
function usableStorage(name) {
  const own = new Map();
  let real = null;
  try {
    real = window[name];
    real.setItem("isee:probe", "1");
    real.removeItem("isee:probe");
  } catch {
    real = null;
  }
  return {
    keys: () => [...new Set([...own.keys(), ...(real ? Object.keys(real) : [])])],
    getItem: (key) => own.get(key) ?? real?.getItem(key) ?? null,
    setItem(key, value) {
      try {
        real.setItem(key, value);
        own.delete(key);
      } catch {
        own.set(key, value);
      }
    },
    removeItem(key) {
      own.delete(key);
      real?.removeItem(key);
    },
  };
}
