// One message as a bubble with what hangs on it: card, form step, dossier, attachments, buttons, thumbs.
import { procedureCard } from "./card.js";
import { el, prose, safeUrl } from "./dom.js";
import { thumbs } from "./feedback.js";
import { icon } from "./icons.js";
import { printText } from "./print.js";

/** `w.choose(button, pressed)` is called for a payload button. */
export function bubble(message, w) {
  const { T } = w;
  const named = message.author === "agent" ? "who shown" : "who";
  const body = el("div", { class: "bubble", lang: languageOf(message.text, w.language) }, el("span", { class: named }, `${T[message.author === "citizen" ? "you" : message.author] || ""}: `));
  if (message.form) body.append(step(message.form, T));
  body.append(...prose(shownText(message)));
  if (message.answer && Object.keys(message.answer.fields || {}).length) body.append(procedureCard(message.answer, w));
  if (message.dossier) body.append(dossier(message, w));
  body.append(...(message.attachments || []).map(attachment).filter(Boolean));
  const node = el("article", { class: `message ${message.author}`, "data-id": message.id }, body);
  if (message.buttons?.length) node.append(buttons(message.buttons, w.choose));
  if (message.author !== "citizen") body.append(...thumbs(message, w, node));
  body.classList.toggle("with-tool", Boolean(body.querySelector(":scope > .alone")) && !message.form);
  return node;
}

/** Guides are Vietnamese, and so are most answers in an English conversation: a screen reader must know which it reads. */
export const languageOf = (text, language) => (language === "en" && /[ăđơưạ-ỹ]/i.test(text) ? "vi" : language);

/** The text without what the card shows anyway: facts as tiles, documents as a checklist. */
export function shownText({ text, answer }) {
  const documents = answer?.origin !== "catalogue" && answer?.fields?.documents?.length;
  if (!documents) return text;
  if (answer.aspect === "overview") return text.split("\n\n")[0];
  // Of a personal list, what is said after papers, fee and time (the card has them) stays: what is open, what changed.
  if (answer.checklist) return [text.split("\n")[0], ...text.split("\n\n").slice(2)].join("\n\n");
  if (answer.aspect === "documents") return text.split("\n")[0];
  return text;
}

/** A bubble for what was typed and is not confirmed yet. */
export function pendingBubble(item, T) {
  const body = el("div", { class: "bubble" }, el("span", { class: "who" }, `${T.you}: `), ...prose(item.shown));
  return el("article", { class: "message citizen pending", "data-client": item.client_id }, body);
}

function step(form, T) {
  const progress = el("progress", { value: form.step, max: form.total, "aria-label": form.title });
  return el("div", { class: "step" }, el("b", {}, form.title), el("span", {}, `${T.step} ${form.step}/${form.total}`), progress);
}

function dossier(message, w) {
  const { T } = w;
  const print = el("button", { type: "button", class: "quiet", onclick: () => printText(`${T.dossier} ${message.dossier.code}`, message.text, w) }, icon("print"), T.printReceipt);
  return el("section", { class: "card dossier" }, el("p", {}, T.dossier), el("p", { class: "code" }, message.dossier.code), print);
}

function attachment(item) {
  const href = safeUrl(item.url);
  return href && el("p", {}, el("a", { href, target: "_blank", rel: "noopener noreferrer", download: item.name }, item.name));
}

function buttons(list, choose) {
  return el(
    "div",
    { class: "choices", role: "group" },
    ...list.map((button) => {
      if (button.payload !== undefined) return el("button", { type: "button", onclick: (event) => choose(button, event.currentTarget) }, button.title);
      const href = button.phone ? `tel:${button.phone.replace(/[^\d+]/g, "")}` : safeUrl(button.url);
      return href && el("a", { href, ...(button.url ? { target: "_blank", rel: "noopener noreferrer" } : {}) }, button.title);
    }),
  );
}
