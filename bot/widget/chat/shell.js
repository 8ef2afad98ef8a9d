// The frame around the conversation: launcher, header with its menu, log, state line, typing line, input.
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { TEXTS as T } from "./texts.js";

const KEYBOARDS = { date: "numeric", phone: "tel", personal_id: "numeric", number: "numeric", email: "email" };

export function build(root, on) {
  const log = el("div", { class: "log", role: "log", "aria-label": T.log, "aria-live": "polite", tabindex: 0 });
  const input = el("textarea", { rows: 1, placeholder: T.placeholder, "aria-label": T.placeholder, maxlength: 2000, enterkeyhint: "send" });
  const send = el("button", { type: "submit", class: "go", "aria-label": T.send }, icon("send"));
  const file = el("input", { type: "file", hidden: true, accept: "image/jpeg,image/png,image/heic,image/heif,.heic,.heif,application/pdf" });
  const attach = el("button", { type: "button", class: "tool", hidden: true, "aria-label": T.attach, onclick: () => file.click() }, icon("clip"));
  const form = el("form", { novalidate: true }, attach, file, input, send);
  const state = el("div", { class: "state", role: "status", hidden: true });
  const notices = el("div", { class: "notices", role: "status", hidden: true });
  const typing = el("div", { class: "typing", hidden: true }, T.typing);
  let [hide, forForm, withPerson] = [0, false, false];
  const menu = menuOf(on);
  const close = on.inline ? null : el("button", { type: "button", class: "tool", "aria-label": T.close, onclick: on.close }, icon("close"));
  const header = el("header", {}, el("div", {}, el("strong", {}, T.name), el("small", {}, T.notice)), menu.node, close);
  const panel = el("section", { class: "panel", "aria-label": T.name, hidden: !on.inline }, header, notices, state, log, typing, form);
  const launcher = on.inline ? null : el("button", { type: "button", class: "launcher", "aria-haspopup": "dialog", onclick: on.open }, icon("chat"), T.name);
  root.append(panel, ...(launcher ? [launcher] : []));

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    on.send();
  });
  input.addEventListener("keydown", (event) => {
    // Enter while a Vietnamese input method composes a syllable belongs to the input method.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      on.send();
    }
  });
  input.addEventListener("input", () => (grow(input), on.typed()));
  file.addEventListener("change", () => {
    if (file.files[0]) on.pick(file.files[0]);
    file.value = "";
  });
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !menu.closed()) menu.close();
    else if (event.key === "Escape" && !on.inline) on.close();
  });

  return {
    log,
    input,
    notices,
    show(open) {
      panel.hidden = !open;
      if (launcher) launcher.hidden = open;
      if (!open) launcher?.focus();
    },
    clearInput() {
      input.value = "";
      grow(input);
    },
    /** A person types: said for six seconds, or until they speak. */
    agentTyping() {
      typing.textContent = T.agentTyping;
      typing.hidden = false;
      clearTimeout(hide);
      hide = setTimeout(() => (typing.hidden = true), 6000);
    },
    /** While a person answers, files go to them. */
    takeFiles(taken) {
      withPerson = taken;
      attach.hidden = !taken && !forForm;
    },
    typing(shown) {
      clearTimeout(hide);
      typing.textContent = T.typing;
      typing.hidden = !shown;
      log.setAttribute("aria-busy", shown);
    },
    state(text) {
      state.textContent = text;
      state.hidden = !text;
    },
    showBigText: menu.showBigText,
    /** Fits the input to the value that a form asks for next (null: free text). */
    expect(field) {
      forForm = field?.type === "file";
      attach.hidden = !forForm && !withPerson;
      typing.hidden = true;
      input.inputMode = KEYBOARDS[field?.type] || "text";
      input.placeholder = field?.example || T.placeholder;
    },
    /** Brings the newest into view: a long answer from its first line, not its last. */
    toEnd(node) {
      requestAnimationFrame(() => {
        if (node && node.offsetHeight > log.clientHeight * 0.75) log.scrollTop = node.offsetTop - log.offsetTop - 12;
        else log.scrollTop = log.scrollHeight;
      });
    },
  };
}

function grow(input) {
  input.style.height = "auto";
  input.style.height = `${Math.min(input.scrollHeight + 3, 150)}px`;
}

function menuOf(on) {
  const big = el("button", { type: "button", role: "menuitem", onclick: () => act(on.bigText) }, T.bigText);
  const restart = el("button", { type: "button", role: "menuitem", onclick: () => act(on.restart) }, T.restart);
  const erase = el("button", { type: "button", role: "menuitem", onclick: () => act(on.erase) }, T.erase);
  const list = el("div", { role: "menu", hidden: true }, big, restart, erase);
  const toggle = el("button", { type: "button", class: "tool", "aria-label": T.menu, "aria-haspopup": "menu", "aria-expanded": "false" }, icon("menu"));
  const node = el("div", { class: "menu" }, toggle, list);
  const setOpen = (open) => {
    list.hidden = !open;
    toggle.setAttribute("aria-expanded", open);
    if (open) big.focus();
  };
  const act = (what) => {
    setOpen(false);
    toggle.focus();
    what();
  };
  toggle.addEventListener("click", () => setOpen(list.hidden));
  node.addEventListener("focusout", (event) => {
    if (!node.contains(event.relatedTarget)) setOpen(false);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const items = [big, restart, erase];
    items[(items.indexOf(event.target) + step + items.length) % items.length].focus();
  });
  return {
    node,
    closed: () => list.hidden,
    close: () => {
      setOpen(false);
      toggle.focus();
    },
    showBigText: (on) => (big.textContent = on ? T.normalText : T.bigText),
  };
}
