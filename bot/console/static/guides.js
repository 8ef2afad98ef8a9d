// The editor: htmx sends the draft while one types; what the answer says is put beside the fields, without touching them.
const take = (fresh, selector) => {
  const [here, there] = [document.querySelector(selector), fresh.querySelector(selector)];
  if (here && there) here.replaceWith(document.adoptNode(there));
};

/** Whether a request is the draft being saved by itself. */
const isAutosave = (event) => event.detail.elt?.id === "guide";

document.addEventListener("htmx:afterRequest", (event) => {
  if (!isAutosave(event) || !event.detail.successful) return;
  const fresh = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
  take(fresh, "#saved");
  for (const place of document.querySelectorAll(".said-here")) {
    const there = fresh.getElementById(place.id);
    place.replaceChildren(...(there ? [...there.childNodes].map((node) => document.adoptNode(node)) : []));
  }
});

const notSaved = () => {
  const line = document.querySelector("#saved p");
  line.className = "problem";
  line.textContent = document.getElementById("guide").dataset.notSaved;
};
document.addEventListener("htmx:sendError", (event) => isAutosave(event) && notSaved());
// An ended session answers with a way to the sign-in page; going there would lose what was typed.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (!isAutosave(event) || event.detail.xhr.status < 400) return;
  event.preventDefault();
  notSaved();
});

// A save under way is waited for, or the button's own save would look like somebody else's.
let saving = 0;
let pressed = null;
const form = () => document.getElementById("guide");
document.addEventListener("htmx:beforeSend", (event) => isAutosave(event) && saving++);
document.addEventListener("htmx:afterRequest", (event) => {
  if (!isAutosave(event)) return;
  saving--;
  if (!saving && pressed) form().requestSubmit(pressed);
});
document.addEventListener(
  "submit",
  (event) => {
    if (event.target !== form() || !saving) return;
    event.preventDefault();
    pressed = event.submitter;
  },
  true,
);
