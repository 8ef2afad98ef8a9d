// Under each answer: thumbs, the reason for a thumbs-down, and reading aloud. A thumbs-down opens a work item for staff.
import { el } from "./dom.js";
import { icon } from "./icons.js";

/** The tools of a message that isn't the citizen's own (`node`); only answers from a guide are rated. */
export function thumbs(message, w, node) {
  const { T, kept } = w;
  const tools = el("div", { class: "tools" });
  if (message.author === "bot" && message.answer) {
    const up = thumb("up", T.helpful);
    const down = thumb("down", T.unhelpful);
    const show = (helpful) => {
      up.setAttribute("aria-pressed", helpful === true);
      down.setAttribute("aria-pressed", helpful === false);
    };
    const rate = async (helpful) => {
      node.querySelector(".reasons")?.remove();
      show(helpful);
      try {
        await w.rate(message.id, helpful);
        if (helpful) w.tell(T.thanks);
        else tools.closest(".bubble").after(reasons(message, w, down));
      } catch {
        show(kept.rated(message.id));
        w.tell(T.notSent, true);
      }
    };
    up.addEventListener("click", () => rate(true));
    down.addEventListener("click", () => rate(false));
    show(kept.rated(message.id));
    tools.append(up, down);
  }
  if (w.reader) tools.append(el("button", { type: "button", class: "tool", "aria-label": T.read, title: T.read, onclick: () => w.reader.read(message) }, icon("speaker")));
  tools.classList.toggle("alone", tools.childElementCount === 1);
  return tools.childElementCount ? [tools] : [];
}

function thumb(name, label) {
  return el("button", { type: "button", class: "tool", "aria-label": label, title: label, "aria-pressed": "false" }, icon(name));
}

function reasons(message, w, back) {
  const { T } = w;
  const boxes = Object.entries(T.reasons).map(([value, label]) => {
    const box = el("input", { type: "checkbox", value });
    return [box, el("label", { class: "check" }, box, el("span", {}, label))];
  });
  const words = el("textarea", { rows: 2, maxlength: 500, "aria-label": T.words, placeholder: T.words });
  const form = el(
    "form",
    { class: "reasons" },
    el("fieldset", {}, el("legend", {}, T.why), ...boxes.map(([, label]) => label)),
    words,
    el("small", {}, T.wordsHint),
    el("div", { class: "row" }, el("button", { class: "primary" }, T.sendWords), el("button", { type: "button", class: "quiet", onclick: () => leave(T.thanks) }, T.skip)),
  );
  const leave = (said) => {
    back.focus();
    form.remove();
    w.tell(said, true);
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const chosen = boxes.filter(([box]) => box.checked).map(([box]) => box.value);
    try {
      await w.rate(message.id, false, chosen, words.value.trim());
      leave(T.noted);
    } catch {
      w.tell(T.notSent, true);
    }
  });
  requestAnimationFrame(() => {
    form.scrollIntoView({ block: "nearest" });
    boxes[0][0].focus({ preventScroll: true });
  });
  return form;
}
