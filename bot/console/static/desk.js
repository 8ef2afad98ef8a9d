// Keeps the desk current: lines of the queue as they change, the open conversation, typing, sound, title, shortcuts.
// Without it everything works by forms and reloads.

const desk = document.querySelector(".desk");
const queue = document.querySelector("#queue");
const me = (desk || queue)?.dataset.me;
const csrf = document.querySelector("input[name=csrf]")?.value;
const title = document.title;
let waiting = 0;

// Where the reply box is, what is typed must survive whatever happens.
const reply = document.querySelector(".reply textarea");

/* ---- The stream ---- */

const stream = new EventSource("/console/desk/events" + (desk ? `?conversation=${desk.dataset.conversation}` : ""));
const on = (name, act) => stream.addEventListener(name, (event) => act(JSON.parse(event.data)));
let begun = false;
on("all", () => {
  if (begun) (queue ? refresh("#queue") : refreshTalk());
  begun = true;
  say("");
});
on("case", (item) => {
  if (queue) place(item);
  if (desk?.dataset.conversation === item.conversation) refreshTalk();
  else if (item.agent === me && item.fresh) ring();
});
on("gone", ({ id }) => queue && remove(id));
on("counts", ({ waiting: now, by }) => {
  if (now > waiting && begun) ring();
  waiting = now;
  const mine = by[me] || 0;
  const others = Object.values(by).reduce((sum, count) => sum + count, 0) - mine;
  for (const [tab, count] of Object.entries({ waiting, mine, others })) {
    const shown = document.querySelector(`[data-count="${tab}"]`);
    if (shown) shown.textContent = count;
  }
  document.title = waiting ? `(${waiting}) ${title}` : title;
});
on("typing", () => showTyping());
stream.onerror = () => say("Mất kết nối, đang nối lại. Danh sách có thể chưa đủ.");

function say(text) {
  const live = document.querySelector("#live");
  if (live) live.textContent = text;
}

/* ---- The queue ---- */

function belongs(agent) {
  return { waiting: !agent, mine: agent === me, others: agent && agent !== me }[queue.dataset.tab];
}

function place(item) {
  const old = document.getElementById(`case-${item.id}`);
  if (!belongs(item.agent)) return old && remove(item.id);
  const holder = document.createElement("template");
  holder.innerHTML = item.html; // rendered and escaped by the server
  const row = holder.content.firstElementChild;
  const held = old?.contains(document.activeElement);
  if (old && old.dataset.order === row.dataset.order) {
    row.classList.toggle("chosen", old.classList.contains("chosen"));
    old.replaceWith(row);
    if (held) row.querySelector("button, a")?.focus();
    return;
  }
  old?.remove();
  const next = [...queue.rows].find((other) => other.dataset.order > row.dataset.order);
  const full = queue.rows.length >= Number(queue.dataset.size);
  if (next && (queue.dataset.page === "1" || queue.rows[0] !== next)) next.before(row);
  else if (!next && !full) queue.append(row);
  while (queue.rows.length > Number(queue.dataset.size)) queue.rows[queue.rows.length - 1].remove();
  showEmpty();
}

function remove(id) {
  document.getElementById(`case-${id}`)?.remove();
  showEmpty();
}

function showEmpty() {
  document.querySelector("#empty").hidden = queue.rows.length > 0;
}

setInterval(() => {
  for (const time of document.querySelectorAll("time[data-waited]")) {
    const minutes = Math.floor((Date.now() - new Date(time.dateTime)) / 60000);
    const hours = Math.floor(minutes / 60);
    const parts = [hours && `${hours} giờ`, minutes % 60 && `${minutes % 60} phút`].filter(Boolean);
    time.textContent = minutes < 1 ? "dưới 1 phút" : hours >= 24 ? `${Math.floor(hours / 24)} ngày` : parts.join(" ");
  }
}, 20000);

/* ---- Parts of the page, read anew ---- */

let reading = false;
let again = false;
async function refresh(...parts) {
  if (reading) return (again = true);
  reading = true;
  try {
    const answer = await fetch(location.href, { headers: { "HX-Request": "true" } });
    if (answer.status === 401) return location.assign("/console/login");
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of parts) {
      const [old, fresh] = [document.querySelector(part), page.querySelector(part)];
      if (old && fresh && old.outerHTML !== fresh.outerHTML && !old.contains(document.activeElement)) old.replaceWith(fresh);
    }
    return page;
  } catch {
    say("Mất kết nối, đang nối lại. Danh sách có thể chưa đủ.");
  } finally {
    reading = false;
    if (again) {
      again = false;
      refresh(...parts);
    }
  }
}

async function refreshTalk() {
  const heard = document.querySelectorAll("#talk .citizen").length;
  const page = await refresh("#talk", "#suggestion", "#owner", "#files");
  const now = page?.querySelector(".desk");
  if (!now) return;
  // Somebody else has it now, or it was given back: the forms of this page would be refused, so say so at once.
  if (now.dataset.epoch !== desk.dataset.epoch && !reply?.value) return location.reload();
  if (document.querySelectorAll("#talk .citizen").length > heard) ring();
  toEnd();
}

function toEnd() {
  const talk = document.querySelector("#talk");
  if (talk) talk.scrollTop = talk.scrollHeight;
}
if (desk) toEnd();

/* ---- Typing ---- */

let hide = 0;
function showTyping() {
  const line = document.querySelector("#typing");
  if (!line) return;
  line.hidden = false;
  clearTimeout(hide);
  hide = setTimeout(() => (line.hidden = true), 6000);
}

let told = 0;
reply?.addEventListener("input", () => {
  if (Date.now() - told < 3000) return;
  told = Date.now();
  fetch(`/console/conversations/${desk.dataset.conversation}/typing`, { method: "POST", body: new URLSearchParams({ csrf }) }).catch(() => {});
});

/* ---- The reply box: canned replies, and answers put under what is typed already ---- */

for (const form of document.querySelectorAll("[data-canned]")) {
  const use = form.querySelector("button");
  use.hidden = !reply;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    reply.value = [reply.value.trim(), form.querySelector(".quote").textContent.trim()].filter(Boolean).join("\n\n");
    reply.focus();
  });
}
document.addEventListener("submit", ({ target }) => {
  if ("keepsDraft" in target.dataset && reply) target.elements.draft.value = reply.value;
});
document.querySelector("[data-presence] select")?.addEventListener("change", (event) => event.target.form.requestSubmit());

/* ---- Sound: two short tones made in the browser, off until switched on ---- */

const kept = (key) => { try { return localStorage.getItem(`isee-desk-${key}`); } catch { return null; } };
const keep = (key, value) => { try { localStorage.setItem(`isee-desk-${key}`, value); } catch { /* a private window keeps nothing */ } };
let sound = kept("sound") === "on";
let audio = null;
function ring() {
  if (!sound) return;
  audio ||= new AudioContext();
  for (const [start, pitch] of [[0, 660], [0.16, 880]]) {
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.08, audio.currentTime + start);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + start + 0.14);
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + start);
    tone.stop(audio.currentTime + start + 0.15);
  }
}
const soundButton = document.querySelector("[data-sound]");
function showSound() {
  if (!soundButton) return;
  soundButton.textContent = `Âm báo: ${sound ? "bật" : "tắt"}`;
  soundButton.setAttribute("aria-pressed", String(sound));
}
for (const part of document.querySelectorAll(".switches")) part.hidden = false;
showSound();

/* ---- Shortcuts ---- */

const keys = document.querySelector("#keys");
const keysOn = document.querySelector("#keys-on");
if (keysOn) {
  keysOn.checked = kept("keys") !== "off";
  keysOn.addEventListener("change", () => keep("keys", keysOn.checked ? "on" : "off"));
}
document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-help]")) keys?.showModal();
  if (target.closest("[data-sound]")) {
    sound = !sound;
    keep("sound", sound ? "on" : "off");
    document.querySelectorAll("[data-sound]").forEach((button) => button.setAttribute("aria-pressed", String(sound)));
    target.textContent = `Âm báo: ${sound ? "bật" : "tắt"}`;
    ring();
  }
});

function move(step) {
  const rows = [...(queue?.rows || [])];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("chosen"));
  rows[at]?.classList.remove("chosen");
  const row = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
  row.classList.add("chosen");
  row.querySelector(".need a").focus();
}
const ACTS = {
  j: () => move(1),
  k: () => move(-1),
  o: () => (queue?.querySelector(".chosen .need a") || queue?.querySelector(".need a"))?.click(),
  n: () => (document.querySelector("#take button") || queue?.querySelector(".chosen button") || queue?.querySelector("button"))?.click(),
  r: () => reply?.focus(),
  g: () => document.querySelector("#q")?.focus(),
  c: () => {
    const canned = document.querySelector("#canned");
    if (canned) (canned.open = true) && canned.querySelector("summary").focus();
  },
  b: () => location.assign("/console/conversations"),
  "?": () => keys?.showModal(),
};
document.addEventListener("keydown", (event) => {
  if (event.target === reply && event.key === "Enter" && event.ctrlKey) return reply.form.requestSubmit();
  const typing = event.target.closest?.("input, textarea, select, dialog");
  if (typing || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || !keysOn?.checked) return;
  const act = ACTS[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});
