// The menu of the header: a button, and entries reached with the arrow keys.
import { el } from "./dom.js";
import { icon } from "./icons.js";

/** `entries` are `{name, label, act, lang?, checked?}`; an entry with `checked` is a switch. */
export function menuOf(T, entries) {
  const items = entries.map(({ label, act, lang, checked }) => {
    const role = checked === undefined ? "menuitem" : "menuitemcheckbox";
    return el("button", { type: "button", role, lang, tabindex: -1, "aria-checked": checked === undefined ? null : String(checked), onclick: () => choose(act) }, label);
  });
  const list = el("div", { role: "menu", "aria-label": T.menu, hidden: true }, ...items);
  const toggle = el("button", { type: "button", class: "tool", "aria-label": T.menu, "aria-haspopup": "menu", "aria-expanded": "false" }, icon("menu"));
  const node = el("div", { class: "menu" }, toggle, list);
  const setOpen = (open) => {
    list.hidden = !open;
    toggle.setAttribute("aria-expanded", open);
    if (open) items[0].focus();
  };
  const choose = (act) => {
    setOpen(false);
    toggle.focus();
    act();
  };
  toggle.addEventListener("click", () => setOpen(list.hidden));
  node.addEventListener("focusout", (event) => {
    if (!node.contains(event.relatedTarget)) setOpen(false);
  });
  list.addEventListener("keydown", (event) => {
    const at = items.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    items[to % items.length].focus();
  });
  return {
    node,
    toggle,
    closed: () => list.hidden,
    close() {
      setOpen(false);
      toggle.focus();
    },
    check(name, on) {
      items[entries.findIndex((entry) => entry.name === name)]?.setAttribute("aria-checked", String(on));
    },
  };
}
