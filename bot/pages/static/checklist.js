// The checklist page works without this: here a tick is saved at once, the count follows, and printing is one tap.
const form = document.getElementById("papers");
const left = form.querySelector(".left");
const boxes = [...form.querySelectorAll("[data-sure] input[type=checkbox]")];
let last = Promise.resolve();

form.querySelector(".save")?.setAttribute("hidden", "");
form.addEventListener("change", () => {
  const open = boxes.filter((box) => !box.checked).length;
  left.textContent = open ? left.dataset.many.replace("{n}", open) : left.dataset.one;
  const body = new URLSearchParams(new FormData(form));
  // One after the other, so that the latest state is the one that stays; what can't be sent gets its button back.
  last = last.then(() => fetch(form.action, { method: "POST", body, redirect: "manual" })).then(saved, unsaved);
});
const saved = (response) => response.type === "opaqueredirect" || unsaved();
const unsaved = () => form.querySelector(".save").removeAttribute("hidden");

const print = document.getElementById("print");
print.hidden = false;
print.addEventListener("click", () => window.print());
