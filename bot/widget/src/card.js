// The procedure card: four facts on top, the checklist under it, where it comes from at the end.
import { el, safeUrl } from "./dom.js";
import { date, feeFact, onlineFact, timeFact } from "./format.js";
import { icon } from "./icons.js";
import { printChecklist } from "./print.js";
import { tickKey } from "./ticks.js";

// Official titles run to 500 characters; the text above names the procedure by its short name then.
const LONG = 100;

export function procedureCard(answer, w) {
  const { fields, procedure } = answer;
  const facts = answer.aspect === "overview" || answer.checklist ? factTiles(fields, w.T) : null;
  const documents = ["overview", "documents"].includes(answer.aspect) ? fields.documents || [] : [];
  const checklist = documents.length ? checklistOf(answer, documents, w) : null;
  return el(
    "section",
    { class: "card" },
    el("h2", { lang: "vi", class: procedure.name.length > LONG ? "long" : null }, procedure.name),
    facts,
    checklist,
    origin(answer, w.T),
  );
}

function factTiles(fields, T) {
  const facts = [
    [T.fee, feeFact(fields.fee, T)],
    [T.time, timeFact(fields.time, T)],
    [T.place_, (fields.places || [])[0]],
    [T.online, onlineFact(fields, T)],
  ].filter(([, value]) => value);
  return el("dl", { class: "facts" }, ...facts.map(([name, value]) => el("div", { class: value.length > 40 ? "wide" : null }, el("dt", {}, name), el("dd", {}, value))));
}

function checklistOf(answer, documents, w) {
  const { T } = w;
  const groups = grouped(documents, answer.fields.cases || [], answer.checklist, T);
  const print = el("button", { type: "button", class: "quiet", onclick: () => printChecklist(answer, groups, w) }, icon("print"), T.print);
  return el(
    "details",
    { class: "checklist", open: answer.aspect === "documents" },
    el("summary", {}, `${T.checklist} (${documents.length})`),
    ...groups.map(([label, items]) =>
      el("fieldset", {}, groups.length > 1 ? el("legend", {}, label) : null, ...items.map((item) => tickable(answer, item, w))),
    ),
    print,
  );
}

function tickable(answer, item, { T, ticks }) {
  const key = answer.checklist ? tickKey(answer.checklist, item.item) : `${answer.procedure.code}|${item.when || ""}|${item.name}`;
  const box = el("input", { type: "checkbox", "data-tick": key, onchange: () => ticks.set(key, box.checked) });
  box.checked = ticks.has(key);
  return el("label", {}, box, el("span", {}, el("b", {}, item.name), " ", el("small", {}, details(item, T))));
}

export function details(item, T) {
  const count = item.copies > 1 ? `${item.copies} ${T.copies}` : "";
  return [T[item.kind], count, item.note].filter(Boolean).join(" · ");
}

/** [label, documents] for what is always needed, then for each case; in a personal list, what hangs on an open case. */
function grouped(documents, cases, personal, T) {
  const labels = new Map(cases.map((item) => [item.id, item.label]));
  const groups = new Map();
  for (const item of documents) {
    const named = labels.get(item.when) || item.when;
    const label = !item.when ? (personal ? T.yours : T.always) : personal ? `${T.perhaps}: ${named}` : named;
    groups.set(label, [...(groups.get(label) || []), item]);
  }
  return [...groups];
}

function origin(answer, T) {
  const parts = [`${T.version} ${answer.guide_version}`];
  if (answer.decision_no) parts.push(`${T.decision} ${answer.decision_no}`);
  if (answer.checked_on) parts.push(`${T.checked} ${date(answer.checked_on, T)}`);
  const links = (answer.sources || [])
    .filter((source) => safeUrl(source.url))
    .map((source) => el("a", { href: source.url, target: "_blank", rel: "noopener noreferrer" }, source.title));
  return el(
    "footer",
    { class: "origin" },
    answer.origin === "imported" || answer.origin === "catalogue" ? el("p", {}, T[answer.origin]) : null,
    el("p", {}, parts.join(", "), links.length ? ` · ${T.source}: ` : "", ...links),
  );
}
