// Small helpers to build DOM without innerHTML: whatever the server says stays text.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

const SAFE_ADDRESS = /^(https?:\/\/|\/)/i;

/** An address that may be opened, or null: javascript: and data: never are. */
export function safeUrl(url) {
  return SAFE_ADDRESS.test(url) ? url : null;
}

// Codes of dossiers and tickets, and opening hours, are read in one piece; a browser breaks lines at their hyphens.
const WHOLE = /(\b[A-Z]{1,3}\d*-\d{6}-\d{4}\b|\b\d\d?:\d\d–\d\d?:\d\d\b)/;

const words = (line) => line.split(WHOLE).map((part, place) => (place % 2 ? el("span", { class: "whole" }, part) : part));

/** Paragraphs, lists ("- " or "• ") and numbered lines of plain text as elements; `lang(line)` may name a line's language. */
export function prose(text, lang = () => null) {
  const out = [];
  for (const block of text.split(/\n{2,}/)) {
    let list = null;
    for (const line of block.split("\n")) {
      const bullet = /^\s*[-•]\s+(.*)$/.exec(line);
      if (bullet) {
        if (!list) out.push((list = el("ul")));
        list.append(el("li", { lang: lang(line) }, ...words(bullet[1])));
      } else if (line.trim()) {
        list = null;
        out.push(el("p", { lang: lang(line) }, ...words(line)));
      }
    }
  }
  return out;
}
