// The form works without this. With it, an answer that decides about other questions shows them at once: the server
// renders the page, the part that changed is put in place, and the focus stays where it was.
const form = document.querySelector("form[data-eform]");

function fetched(body) {
  const page = new DOMParser().parseFromString(body, "text/html");
  return page.querySelector("form[data-eform]");
}

async function refresh(target) {
  const current = document.querySelector("form[data-eform]");
  const data = new FormData(current);
  // Files go with the next real step; sending them at every choice would be slow on a phone.
  for (const [name, value] of [...data.entries()]) if (value instanceof File) data.delete(name);
  data.set("do", "update");
  const answer = await fetch(current.action, { method: "POST", body: data, credentials: "same-origin" });
  const fresh = fetched(await answer.text());
  if (!fresh) return;
  for (const chosen of current.querySelectorAll("input[type=file]")) {
    const place = fresh.querySelector(`input[type=file][name="${CSS.escape(chosen.name)}"]`);
    if (place && chosen.files.length) place.replaceWith(chosen);
  }
  // Words typed while the answer was on its way stay.
  for (const now of document.querySelectorAll("form[data-eform] :is(input:not([type=radio], [type=checkbox], [type=file], [type=hidden]), textarea)")) {
    const place = fresh.querySelector(`[name="${CSS.escape(now.name)}"]`);
    if (place && now.value !== place.value && data.get(now.name) !== now.value) place.value = now.value;
  }
  current.replaceWith(fresh);
  const again = document.querySelector(`form[data-eform] [name="${CSS.escape(target.name)}"][value="${CSS.escape(target.value)}"]`)
    ?? document.querySelector(`form[data-eform] [name="${CSS.escape(target.name)}"]`);
  again?.focus({ preventScroll: true });
}

if (form) {
  document.addEventListener("change", (event) => {
    const target = event.target;
    if (target.closest("form[data-eform]") && (target.type === "radio" || target.tagName === "SELECT") && target.name.startsWith("a:")) {
      refresh(target).catch(() => {});
    }
  });
  document.getElementById("troubles")?.focus();
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = "Đã sao chép";
  });
}
