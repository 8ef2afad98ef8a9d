// Prints a checklist or a receipt from a frame of its own, so that the host page's layout stays out of it.
import { details } from "./card.js";
import { el } from "./dom.js";
import { date } from "./format.js";
import { TEXTS as T } from "./texts.js";

const SHEET = `
  body { font: 12pt/1.45 "Be Vietnam Pro", "Noto Sans", Arial, sans-serif; margin: 12mm; color: #000; }
  h1 { font-size: 15pt; margin: 0 0 4mm; } h2 { font-size: 12pt; margin: 5mm 0 2mm; }
  ul { list-style: none; margin: 0; padding: 0; }
  li { break-inside: avoid; margin: 0 0 2.5mm; padding-left: 8mm; position: relative; }
  li.tick::before { content: ""; position: absolute; left: 0; top: .8mm; width: 4mm; height: 4mm; border: .4mm solid #000; }
  small, footer { font-size: 10pt; } footer { margin-top: 8mm; border-top: .3mm solid #000; padding-top: 2mm; }
  p { margin: 0 0 2mm; white-space: pre-line; }
`;

export function printChecklist(answer, groups) {
  const lists = groups.flatMap(([label, items]) => [
    groups.length > 1 ? el("h2", {}, label) : null,
    el("ul", {}, ...items.map((item) => el("li", { class: "tick" }, item.name, " ", el("small", {}, details(item))))),
  ]);
  const notes = [`${T.version} ${answer.guide_version}`, answer.decision_no, answer.checked_on && `${T.checked} ${date(answer.checked_on)}`];
  print(
    el("h1", {}, `${T.checklist}: ${answer.procedure.name}`),
    ...lists.filter(Boolean),
    el("footer", {}, notes.filter(Boolean).join(", "), el("p", {}, today())),
  );
}

export function printText(title, text) {
  print(el("h1", {}, title), el("p", {}, text), el("footer", {}, today()));
}

const today = () => `${T.printedFrom} ${new Date().toLocaleDateString("vi-VN")}`;

function print(...nodes) {
  const frame = el("iframe", { title: T.print, "aria-hidden": "true", width: 0, height: 0, tabindex: -1 });
  frame.style.cssText = "position:fixed;right:0;bottom:0;border:0";
  document.body.append(frame);
  const page = frame.contentDocument;
  const sheet = new frame.contentWindow.CSSStyleSheet();
  sheet.replaceSync(SHEET);
  page.adoptedStyleSheets = [sheet];
  page.documentElement.lang = "vi";
  page.body.append(...nodes.map((node) => page.importNode(node, true)));
  frame.contentWindow.addEventListener("afterprint", () => frame.remove());
  frame.contentWindow.focus();
  frame.contentWindow.print();
}
