// The questions that take the log's place for a moment: code for another device, score, erasing, dictation.
import { el } from "./dom.js";

/** Shows `body` under a heading; gives the function that takes it away. Escape does too, and calls `left`. */
function sheet(ui, T, title, body, left = () => {}) {
  const heading = el("h2", { tabindex: -1, id: "sheet-title" }, title);
  const node = el("section", { class: "sheet", role: "dialog", "aria-labelledby": "sheet-title" }, heading, ...body);
  const leave = () => {
    ui.cover(null);
    left();
  };
  ui.cover(node, leave);
  heading.focus();
  return () => ui.cover(null);
}

const row = (...buttons) => el("div", { class: "row" }, ...buttons);
const primary = (label, act) => el("button", { type: act ? "button" : "submit", class: "primary", onclick: act }, label);
const quiet = (label, act) => el("button", { type: "button", class: "quiet", onclick: act }, label);

/** Asks yes or no; resolves to the answer. */
export function ask(ui, T, title, text, yes) {
  return new Promise((answer) => {
    const close = sheet(ui, T, title, [
      el("p", {}, text),
      row(primary(yes, () => (close(), answer(true))), quiet(T.cancel, () => (close(), answer(false)))),
    ], () => answer(false));
  });
}

/** Shows a code that was just made. */
export function showCode(ui, T, { code, expires_at }) {
  const time = new Date(expires_at).toLocaleTimeString(T.locale, { hour: "2-digit", minute: "2-digit" });
  const copied = el("span", { role: "status" });
  const copy = navigator.clipboard && quiet(T.copyCode, () => navigator.clipboard.writeText(code).then(() => (copied.textContent = T.copied), () => {}));
  const close = sheet(ui, T, T.codeTitle, [
    el("p", {}, T.codeHow),
    // Letter by letter for who can't see it; "AC7K" is no word.
    el("p", { class: "code" }, el("span", { "aria-hidden": "true" }, code), el("span", { class: "who" }, [...code.replace("-", "")].join(" "))),
    el("p", {}, T.codeUntil(time)),
    el("p", { class: "warn" }, T.codeWarn),
    row(copy || "", primary(T.back, () => close()), copied),
  ]);
}

/** Asks for a code; `use(code)` takes up its conversation and throws what the citizen is told. */
export function enterCode(ui, T, use) {
  const input = el("input", { type: "text", class: "line", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", maxlength: 12, required: true, "aria-describedby": "sheet-error" });
  const error = el("p", { class: "warn", role: "alert", id: "sheet-error" });
  const form = el("form", {}, el("p", {}, T.enterHow), el("label", {}, T.code, input), error, row(primary(T.enter), quiet(T.cancel, () => close())));
  const close = sheet(ui, T, T.enterTitle, [form]);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await use(input.value);
      close();
    } catch (problem) {
      error.textContent = problem.status ? problem.message : T.notSent;
      input.setAttribute("aria-invalid", "true");
      input.focus();
    }
  });
  input.focus();
}

/** One question, 1 to 5, with room for words; resolves to `{score, note}`, or null where it's passed over. */
export function askScore(ui, T) {
  return new Promise((answer) => {
    const scores = T.scores.map((label, place) => el("label", { class: "check" }, el("input", { type: "radio", name: "score", value: place + 1, required: true }), el("span", {}, `${place + 1} – ${label}`)));
    const words = el("textarea", { rows: 2, maxlength: 500, "aria-label": T.words, placeholder: T.words });
    const form = el(
      "form",
      {},
      el("fieldset", {}, el("legend", {}, T.scoreAsk), ...scores),
      words,
      el("small", {}, T.wordsHint),
      row(primary(T.sendScore), quiet(T.skip, () => (close(), answer(null)))),
    );
    const close = sheet(ui, T, T.scoreTitle, [form], () => answer(null));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const score = Number(new FormData(form).get("score"));
      close();
      answer({ score, note: words.value.trim() });
    });
  });
}
