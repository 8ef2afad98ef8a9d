// Prints a checklist or a receipt from a frame of its own, so that the host page's layout stays out of it.
import { details } from "./card.js";
import { el } from "./dom.js";
import { dress } from "./dress.js";
import { date } from "./format.js";
import SHEET from "./print.css";

export function printChecklist(answer, groups, w) {
  const { T } = w;
  const lists = groups.flatMap(([label, items]) => [
    groups.length > 1 ? el("h2", {}, label) : null,
    el("ul", {}, ...items.map((item) => el("li", { class: "tick" }, item.name, " ", el("small", {}, details(item, T))))),
  ]);
  const notes = [`${T.version} ${answer.guide_version}`, answer.decision_no, answer.checked_on && `${T.checked} ${date(answer.checked_on, T)}`];
  printNodes(
    w,
    el("h1", {}, `${T.checklist}: ${answer.procedure.name}`),
    ...lists.filter(Boolean),
    el("footer", {}, notes.filter(Boolean).join(", "), el("p", {}, today(T))),
  );
}

export function printText(title, text, w) {
  printNodes(w, el("h1", {}, title), el("p", {}, text), el("footer", {}, today(w.T)));
}

const today = (T) => `${T.printedFrom} ${new Date().toLocaleDateString(T.locale)}`;

async function printNodes(w, ...nodes) {
  const frame = el("iframe", { title: w.T.print, "aria-hidden": "true", width: 0, height: 0, tabindex: -1 });
  frame.style.cssText = "position:fixed;right:0;bottom:0;border:0";
  document.body.append(frame);
  const [page, view] = [frame.contentDocument, frame.contentWindow];
  page.documentElement.lang = w.language;
  page.body.append(...nodes.map((node) => page.importNode(node, true)));
  await dress(page, SHEET, `${w.home}widget/isee-print.css`, view);
  view.addEventListener("afterprint", () => frame.remove());
  view.focus();
  view.print();
}
