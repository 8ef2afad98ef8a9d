// Talks to the iSee service: JSON over fetch, and the event stream read from a fetch body, because EventSource
// can't send the bearer token and a token never goes into an address.

const SILENCE_MS = 45000;

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
  }
  /** Whether sending the same again later may succeed. */
  get passing() {
    return this.status >= 500 || this.status === 429;
  }
}

export class Api {
  constructor(base) {
    this.base = base.replace(/\/$/, "") + "/api/v1";
    this.conversation = null;
  }

  open(language) {
    return this.#call("POST", "/conversations", { language });
  }

  post(body) {
    return this.#call("POST", this.#path("/messages"), body);
  }

  upload(file, clientId) {
    const form = new FormData();
    form.append("client_id", clientId);
    form.append("file", file);
    return this.#call("POST", this.#path("/messages"), form);
  }

  typing() {
    return this.#call("POST", this.#path("/typing"));
  }

  messages(after = "") {
    return this.#call("GET", this.#path(`/messages?after=${encodeURIComponent(after)}`));
  }

  rate(messageId, helpful, reasons = [], note = "") {
    return this.#call("POST", this.#path("/feedback"), { message_id: messageId, helpful, reasons, note });
  }

  /** A code that opens this conversation on another device. */
  code() {
    return this.#call("POST", this.#path("/code"));
  }

  /** The conversation of a code, with a token for this device. */
  resume(code) {
    return this.#call("POST", "/conversations/resume", { code });
  }

  scoreWanted() {
    return this.#call("GET", this.#path("/score"));
  }

  score(score, note) {
    return this.#call("POST", this.#path("/score"), { score, note });
  }

  /** The conversation as a file: `{name, blob}`. */
  async transcript() {
    const response = await fetch(this.base + this.#path("/transcript"), { headers: this.#bearer() });
    if (!response.ok) throw new Refused(response.status, {});
    const [, name] = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") || "") || [];
    return { name: name || "isee.txt", blob: await response.blob() };
  }

  checklists() {
    return this.#call("GET", this.#path("/checklists"));
  }

  tick(checklist, item, ticked) {
    return this.#call("POST", this.#path(`/checklists/${checklist}/ticks`), { item, ticked });
  }

  notices() {
    return this.#call("GET", "/notices");
  }

  erase() {
    return this.#call("DELETE", this.#path(""));
  }

  /** Yields `{event, id, data}` until the stream ends; throws when it can't be opened. */
  async *events(lastId, signal) {
    const headers = { ...this.#bearer(), Accept: "text/event-stream" };
    if (lastId) headers["Last-Event-ID"] = lastId;
    const response = await fetch(this.base + this.#path("/events"), { headers, signal, cache: "no-store" });
    if (!response.ok || !response.body) throw new Refused(response.status, {});
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await within(SILENCE_MS, reader);
      if (done) return;
      rest += value.replaceAll("\r\n", "\n");
      const blocks = rest.split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const event = parseEvent(block);
        if (event) yield event;
      }
    }
  }

  #path(rest) {
    return `/conversations/${this.conversation.id}${rest}`;
  }

  #bearer() {
    return this.conversation ? { Authorization: `Bearer ${this.conversation.token}` } : {};
  }

  async #call(method, path, body) {
    const headers = this.#bearer();
    if (body && !(body instanceof FormData)) {
      headers["Content-Type"] = "application/json";
      body = JSON.stringify(body);
    }
    const response = await fetch(this.base + path, { method, headers, body });
    if (response.status === 204) return null;
    const data = await response.json().catch(() => ({}));
    if (!response.ok) throw new Refused(response.status, data);
    return data;
  }
}

/** The next piece of a stream. A line that died without a word (a lift, a tunnel) is given up: the service speaks every 15 s. */
async function within(ms, reader) {
  let timer = 0;
  const silence = new Promise((_, reject) => (timer = setTimeout(() => reject(new TypeError("silence")), ms)));
  try {
    return await Promise.race([reader.read(), silence]);
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function parseEvent(block) {
  const event = { event: "message", id: "", data: "" };
  for (const line of block.split("\n")) {
    const [, field, value] = /^(\w+): ?(.*)$/.exec(line) || [];
    if (field === "data") event.data += value;
    else if (field in event) event[field] = value;
  }
  if (!event.data) return null;
  try {
    return { ...event, data: JSON.parse(event.data) };
  } catch {
    return null;
  }
}
