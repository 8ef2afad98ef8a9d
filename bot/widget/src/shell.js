// The frame around the conversation: launcher, header with its menu, state line, log, sheets, input.
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { menuOf } from "./menu.js";

const KEYBOARDS = { date: "numeric", phone: "tel", personal_id: "numeric", number: "numeric", email: "email" };
const TYPED_FOR_MS = 6000;

/** `on` are the acts of the citizen; `entries` those of the menu; `w` tells language, texts and whether it's inline. */
export function build(w, on, entries) {
  const { T, inline, heading } = w;
  const log = el("div", { class: "log", role: "log", "aria-label": T.log, "aria-live": "off", tabindex: 0 });
  const input = el("textarea", { rows: 1, placeholder: T.placeholder, "aria-label": T.placeholder, maxlength: 2000, enterkeyhint: "send" });
  const send = el("button", { type: "submit", class: "go", "aria-label": T.send }, icon("send"));
  const file = el("input", { type: "file", hidden: true, accept: "image/jpeg,image/png,image/heic,image/heif,.heic,.heif,application/pdf" });
  const tool = (name, label, act, hidden) => el("button", { type: "button", class: "tool", hidden, "aria-label": label, title: label, onclick: act }, icon(name));
  const attach = tool("clip", T.attach, () => file.click(), true);
  const speak = tool("microphone", T.dictate, on.dictate, true);
  speak.setAttribute("aria-pressed", "false");
  const form = el("form", { class: "say", novalidate: true }, attach, file, input, speak, send);
  const state = el("div", { class: "state", role: "status", hidden: true });
  const notices = el("div", { class: "notices", role: "status", hidden: true });
  const stop = el("button", { type: "button", class: "quiet", onclick: on.stopReading }, T.stop);
  const stopAuto = el("button", { type: "button", class: "quiet", onclick: on.stopAuto }, T.stopAuto);
  const reading = el("div", { class: "reading", hidden: true }, el("span", {}, T.reading), stop, stopAuto);
  const typing = el("div", { class: "typing", hidden: true }, T.typing);
  const live = el("div", { class: "who", role: "status" });
  const menu = menuOf(T, entries);
  const close = inline ? null : tool("close", T.close, on.close, false);
  const header = el("header", {}, el("div", {}, el("strong", {}, heading || T.name), el("small", {}, T.notice)), menu.node, close);
  const panel = el("section", { class: "panel", "aria-label": heading || T.name, hidden: !inline }, header, notices, state, log, reading, typing, form);
  const badge = el("span", { class: "badge", hidden: true });
  const launcher = inline ? null : el("button", { type: "button", class: "launcher", "aria-expanded": "false", onclick: on.open }, icon("chat"), heading || T.name, badge);
  const node = el("div", { class: "frame", lang: w.language }, panel, launcher, live);
  let [hide, forForm, withPerson, covered, leave, unread] = [0, false, false, null, () => {}, 0];

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
    if (event.key !== "Escape") return;
    if (!menu.closed()) menu.close();
    else if (covered) leave();
    else if (!inline) on.close();
  });
  const tools = () => {
    attach.hidden = !forForm && !withPerson;
    speak.hidden = !on.mayDictate() || input.dataset.field !== undefined;
  };
  tools();

  return {
    node,
    log,
    input,
    notices,
    live,
    tools,
    check: menu.check,
    show(open) {
      panel.hidden = !open;
      if (!launcher) return;
      launcher.hidden = open;
      launcher.setAttribute("aria-expanded", open);
      this.unread(0);
      if (!open) launcher.focus();
    },
    /** How many messages came while the panel was closed: a number more, or 0 for none. */
    unread(more) {
      unread = more ? unread + more : 0;
      badge.textContent = T.unread(unread);
      badge.hidden = !unread;
    },
    fillInput(text) {
      input.value = text;
      grow(input);
    },
    /** A person types: said for six seconds, or until they speak. */
    agentTyping(name) {
      typing.textContent = T.agentTyping(name);
      typing.hidden = false;
      clearTimeout(hide);
      hide = setTimeout(() => (typing.hidden = true), TYPED_FOR_MS);
    },
    /** While a person answers, files go to them. */
    takeFiles(taken) {
      withPerson = taken;
      tools();
    },
    typing(shown) {
      clearTimeout(hide);
      typing.textContent = T.typing;
      typing.hidden = !shown;
    },
    /** One line under the header; `wrong`: something does not work. */
    state(text, wrong = false) {
      if (state.textContent !== text) state.textContent = text;
      state.classList.toggle("warn", wrong);
      state.hidden = !text;
    },
    reading(shown, auto) {
      const focused = reading.contains(node.getRootNode().activeElement);
      reading.hidden = !shown;
      stopAuto.hidden = !auto;
      if (!shown && focused) input.focus();
    },
    listening(on) {
      speak.setAttribute("aria-pressed", String(on));
    },
    /** Puts a sheet in the place of log and input; null brings them back, and the focus with them. */
    cover(sheet, left) {
      const back = covered ? covered.back : node.getRootNode().activeElement;
      covered?.sheet.remove();
      covered = sheet && { sheet, back };
      leave = left || (() => {});
      for (const part of [log, form]) part.hidden = Boolean(sheet);
      if (sheet) log.before(sheet);
      else if (back?.isConnected) back.focus();
    },
    /** Whether what is typed next is the value of a form. */
    asking: () => input.dataset.field !== undefined,
    /** Fits the input to the value that a form asks for next (null: free text). */
    expect(field) {
      forForm = field?.type === "file";
      if (field) input.dataset.field = field.name || "";
      else delete input.dataset.field;
      typing.hidden = true;
      input.inputMode = KEYBOARDS[field?.type] || "text";
      input.placeholder = field?.example ? T.example(field.example) : T.placeholder;
      tools();
    },
  };
}

function grow(input) {
  input.style.height = "auto";
  input.style.height = `${Math.min(input.scrollHeight + 3, 150)}px`;
}
