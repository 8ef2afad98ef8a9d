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
  const body = el("div", { class: "bubble" }, el("span", { class: named }, `${T[message.author === "citizen" ? "you" : message.author] || ""}: `));
  if (message.form) body.append(step(message.form, T));
  const lang = (line) => (languageOf(line, w.language) === w.language ? null : "vi");
  body.append(...(message.form?.review ? reviewed(shownText(message), message.form.review, lang) : prose(shownText(message), lang)));
  if (message.answer && Object.keys(message.answer.fields || {}).length) body.append(procedureCard(message.answer, w));
  if (message.dossier) body.append(dossier(message, w));
  body.append(...(message.attachments || []).map(attachment).filter(Boolean));
  const node = el("article", { class: `message ${message.author}`, "data-id": message.id }, body);
  if (message.buttons?.length) node.append(buttons(message.buttons, w.choose));
  if (message.author !== "citizen") body.append(...thumbs(message, w, node));
  body.classList.toggle("with-tool", Boolean(body.querySelector(":scope > .alone")) && !message.form);
  return node;
}

const VIETNAMESE = /[ăđơưạ-ỹ]/i;

/** Guides are Vietnamese, and answers in an English conversation quote them: a screen reader must know which it reads. */
export const languageOf = (text, language) => (language === "en" && VIETNAMESE.test(text) ? "vi" : language);

/** The text without what the card shows anyway: facts as tiles, documents as a checklist. */
export function shownText({ text, answer }) {
  const documents = answer?.origin !== "catalogue" && answer?.fields?.documents?.length;
  if (!documents) return text;
  const parts = text.split("\n\n");
  if (parts.length > 1 && !VIETNAMESE.test(parts[parts.length - 1])) return foreign(parts, answer);
  if (answer.aspect === "overview") return parts[0];
  // Of a personal list, what is said after papers, fee and time (the card has them) stays: what is open, what changed.
  if (answer.checklist) return [text.split("\n")[0], ...parts.slice(2)].join("\n\n");
  if (answer.aspect === "documents") return text.split("\n")[0];
  return text;
}

/** In English, what comes before the answer (why it is English) and after it (what exists only in Vietnamese) stays. */
function foreign(parts, answer) {
  const at = Math.max(parts.findIndex((part) => part.includes(answer.procedure.name)), 0);
  if (!["overview", "documents"].includes(answer.aspect)) return parts.join("\n\n");
  const said = answer.aspect === "documents" ? parts[at].split("\n")[0] : parts[at];
  return [...parts.slice(0, at), said, parts[parts.length - 1]].join("\n\n");
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

/** A review: the answers as label and value, in the words of the text's own lines, where it has one for each of them. */
function reviewed(text, answers, lang) {
  const lines = text.split("\n");
  const bare = (line) => line.replace(/^\s*[-•]\s+/, "");
  const labelOf = (line) => answers.find(({ label }) => bare(line).startsWith(`${label}: `))?.label;
  const found = lines.filter(labelOf);
  if (found.length !== answers.length) return prose(text, lang);
  const from = lines.indexOf(found[0]);
  const rows = found.map((line) => [labelOf(line), bare(line).slice(labelOf(line).length + 2)]);
  const list = el("dl", { class: "lines" }, ...rows.map(([label, value]) => el("div", { lang: lang(label) }, el("dt", {}, label), el("dd", {}, value))));
  const rest = lines.slice(from).filter((line) => !labelOf(line));
  return [...prose(lines.slice(0, from).join("\n"), lang), list, ...prose(rest.join("\n"), lang)];
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
