// The conversation on the screen: what is confirmed in the order of its ids, and after it what still waits to be sent.
import { bubble, pendingBubble } from "./bubble.js";
import { el } from "./dom.js";

const NEAR_PX = 140;

export class Log {
  #seen = new Set();
  #held = [];

  /** `w` is what bubbles need (`chat.js`); `inFlight()` tells whether a message of this tab is on its way. */
  constructor(node, w, inFlight) {
    Object.assign(this, { node, w, inFlight });
  }

  /** Empties the log but for what waits, and draws `messages`. */
  fill(messages, waiting) {
    this.#seen.clear();
    this.#held = [];
    this.node.replaceChildren();
    messages.forEach((message) => this.add(message));
    waiting.forEach((item) => this.wait(item));
    // A greeting is read from its first line, however little of it there is room for.
    this.toEnd(this.node.childElementCount === 1 ? this.node.firstChild : undefined);
  }

  /** The id of the newest confirmed message, "" before the first. */
  get lastId() {
    return [...this.#seen].reduce((last, id) => (id > last ? id : last), "");
  }

  /** The bubble of a message that was not shown yet, else null. */
  add(message) {
    if (this.#seen.has(message.id)) return null;
    if (message.author === "citizen" && this.#ours(message)) return null;
    const follow = this.#nearEnd();
    this.#seen.add(message.id);
    const node = bubble(message, this.w);
    this.#place(node);
    if (follow) this.toEnd(node);
    return node;
  }

  /** Shows what was typed and is not confirmed. */
  wait(item) {
    this.node.append(pendingBubble(item, this.w.T));
    this.toEnd();
  }

  pending(item) {
    return this.node.querySelector(`[data-client="${item.client_id}"]`);
  }

  /** A word about what waits, under it; the one before goes. */
  note(item, ...words) {
    const node = this.pending(item);
    node?.querySelector(".note")?.remove();
    node?.append(el("div", { class: "note" }, ...words));
    this.toEnd();
  }

  /** The server stored `item` as the message `id`, in the words `text` (numbers masked), which take the place of its own. */
  confirm(item, id, text = item.shown) {
    const own = this.pending(item);
    own?.classList.remove("pending");
    own?.querySelector(".note")?.remove();
    this.node.querySelector(".lost")?.remove();
    const held = this.#held;
    this.#held = [];
    if (own && id && !own.dataset.id) {
      own.remove();
      const stored = bubble({ id, author: "citizen", text }, this.w);
      stored.dataset.client = item.client_id;
      // Its answer may have come by the stream meanwhile, and stands before it.
      if (!this.#seen.has(id)) this.#place(stored);
    }
    held.forEach((message) => this.add(message));
  }

  /** Says after the message `after` that what was sent then is gone, until something else is sent. */
  lost(after, text) {
    const node = bubble({ id: `${after}~`, author: "system", text }, { ...this.w, reader: null });
    node.classList.add("lost");
    this.#place(node);
    this.toEnd();
  }

  /** Another tab has sent `item`: its stored form comes by the stream, or is here already. */
  gone(item) {
    const node = this.pending(item);
    if (node?.dataset.id) node.classList.remove("pending");
    else node?.remove();
  }

  /** The server won't take `item`: it stays where it was said, and is not waited for. */
  refuse(item) {
    const node = this.pending(item);
    const before = [...this.node.querySelectorAll("[data-id]")].pop();
    node?.classList.replace("pending", "refused");
    if (node) node.dataset.id = `${before?.dataset.id || ""}~`;
  }

  /** `item` won't be sent now: what was held back for it is somebody else's. */
  release() {
    const held = this.#held;
    this.#held = [];
    held.forEach((message) => this.add({ ...message, foreign: true }));
  }

  /** Brings the newest into view: a long answer from its first line, under what was asked. */
  toEnd(node) {
    requestAnimationFrame(() => {
      const { node: log } = this;
      if (!node || node.offsetHeight <= log.clientHeight * 0.75) {
        log.scrollTop = log.scrollHeight;
        return;
      }
      const before = node.previousElementSibling;
      const asked = before?.matches(".citizen") && before.offsetHeight < log.clientHeight * 0.25;
      log.scrollTop = (asked ? before : node).offsetTop - 12;
    });
  }

  /**
   * A citizen's message comes back over the stream: from this tab, where it takes the place of its own bubble, or from
   * another tab or device. While this tab's own is on its way and the words differ (masking), the answer to it decides.
   */
  #ours(message) {
    const known = this.node.querySelector(`[data-id="${message.id}"]`);
    const same = ({ shown }) => shown === message.text;
    const item = known ? null : this.w.waiting().find((one) => same(one) && this.pending(one) && !this.pending(one).dataset.id);
    const own = known || (item && this.pending(item));
    if (own) {
      this.#seen.add(message.id);
      const stored = bubble(message, this.w);
      if (own.dataset.client) stored.dataset.client = own.dataset.client;
      if (own.classList.contains("pending")) stored.classList.add("pending");
      own.remove();
      this.#place(stored);
      return true;
    }
    if (message.foreign || !this.inFlight()) return false;
    this.#held.push(message);
    return true;
  }

  /** Puts a confirmed bubble where its id belongs: after the earlier ones, before what waits. */
  #place(node) {
    const later = [...this.node.children].find((other) => !other.dataset.id || other.dataset.id > node.dataset.id);
    if (later) later.before(node);
    else this.node.append(node);
  }

  #nearEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.node;
    return scrollHeight - scrollTop - clientHeight < NEAR_PX || !scrollTop;
  }
}
