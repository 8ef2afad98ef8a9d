// What the office announces (outages, emergencies), above the conversation. Read when the chat opens and every minute
// while it stays open; a dismissed one doesn't come back in this browser.
import { el } from "./dom.js";
import { icon } from "./icons.js";

const EVERY_MS = 60000;

export function announce(place, { api, kept, T, signal }, shown) {
  const drawn = new Map();
  const read = async () => {
    if (!shown() || document.hidden) return;
    const { notices } = await api.notices().catch(() => ({}));
    if (notices) draw(notices.filter(({ id }) => !kept.dismissed.includes(id)));
  };
  // Nodes that stand are left alone, so that a screen reader says each announcement once.
  const draw = (notices) => {
    for (const [id, node] of drawn) {
      if (!notices.some((one) => one.id === id)) drop(id, node);
    }
    for (const one of notices) {
      if (drawn.has(one.id)) continue;
      const close = el("button", { type: "button", class: "tool", "aria-label": T.dismiss, onclick: () => dismiss(one.id) }, icon("close"));
      const node = el("p", { class: one.level }, el("span", {}, one.level === "emergency" ? el("strong", {}, `${T.emergency}: `) : "", one.text), close);
      drawn.set(one.id, node);
      place.append(node);
    }
    place.hidden = !drawn.size;
  };
  const drop = (id, node) => {
    node.remove();
    drawn.delete(id);
  };
  const dismiss = (id) => {
    kept.dismiss(id);
    drop(id, drawn.get(id));
    place.hidden = !drawn.size;
  };
  const timer = setInterval(read, EVERY_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
  return read;
}
