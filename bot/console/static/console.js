// On a narrow screen the menu and filters start closed; without scripts they stay open.
if (matchMedia("(max-width: 56rem)").matches) {
  for (const part of document.querySelectorAll(".menu, .fold")) part.removeAttribute("open");
}

// Keeps an open conversation fresh without touching what the agent is typing.
const list = document.querySelector("ol.talk");
if (list) {
  setInterval(async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("ol.talk");
    if (fresh && fresh.children.length !== list.children.length) list.replaceChildren(...fresh.children);
  }, 4000);
}
