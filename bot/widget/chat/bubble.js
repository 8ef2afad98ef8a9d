// One message as a bubble with what hangs on it: card, form step, dossier, attachments, buttons.
import { procedureCard } from "./card.js";
import { el, prose, safeUrl } from "./dom.js";
import { icon } from "./icons.js";
import { printText } from "./print.js";
import { TEXTS as T } from "./texts.js";

const WHO = { citizen: T.you, bot: T.bot, agent: T.agent, system: T.system };

/** `choose(button)` is called for a payload button; `ticks` remembers the checklist. */
export function bubble(message, { choose, ticks }) {
  const body = el("div", { class: "bubble" }, el("span", { class: "who" }, `${WHO[message.author] || ""}: `));
  if (message.form) body.append(step(message.form));
  body.append(...prose(shownText(message)));
  if (message.answer && Object.keys(message.answer.fields || {}).length) body.append(procedureCard(message.answer, ticks));
  if (message.dossier) body.append(dossier(message));
  body.append(...(message.attachments || []).map(attachment).filter(Boolean));
  const node = el("article", { class: `message ${message.author}`, "data-id": message.id }, body);
  if (message.buttons?.length) node.append(buttons(message.buttons, choose));
  return node;
}

/** The text without what the card shows anyway: facts as tiles, documents as a checklist. */
function shownText({ text, answer }) {
  const documents = answer?.origin !== "catalogue" && answer?.fields?.documents?.length;
  if (!documents) return text;
  if (answer.aspect === "overview") return text.split("\n\n")[0];
  // Of a personal list, what is said after papers, fee and time (the card has them) stays: what is open, what changed.
  if (answer.checklist) return [text.split("\n")[0], ...text.split("\n\n").slice(2)].join("\n\n");
  if (answer.aspect === "documents") return text.split("\n")[0];
  return text;
}

/** A bubble for what was typed and is not confirmed yet. */
export function pendingBubble(item) {
  const body = el("div", { class: "bubble" }, el("span", { class: "who" }, `${T.you}: `), ...prose(item.shown));
  return el("article", { class: "message citizen pending", "data-client": item.client_id }, body);
}

function step(form) {
  const progress = el("progress", { value: form.step, max: form.total, "aria-label": form.title });
  return el("div", { class: "step" }, el("b", {}, form.title), el("span", {}, `${T.step} ${form.step}/${form.total}`), progress);
}

function dossier(message) {
  const print = el("button", { type: "button", class: "quiet", onclick: () => printText(`${T.dossier} ${message.dossier.code}`, message.text) }, icon("print"), T.printReceipt);
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
