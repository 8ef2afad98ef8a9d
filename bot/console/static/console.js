// On a narrow screen the menu and filters start closed; without scripts they stay open.
if (matchMedia("(max-width: 56rem)").matches) {
  for (const part of document.querySelectorAll(".menu, .fold")) part.removeAttribute("open");
}
