// Line icons, 24 × 24, drawn for iSee; decorative, so hidden from assistive technology.

const PATHS = {
  send: "M4 12 20 4l-5 16-3.5-6.5z",
  clip: "M8 12.5 14 6.5a3 3 0 0 1 4.2 4.2l-8 8a5 5 0 0 1-7-7l7.6-7.6",
  close: "M6 6l12 12M18 6 6 18",
  chat: "M4 5h16v11H9l-5 4z",
  menu: "M5 12h.01M12 12h.01M19 12h.01",
  print: "M7 9V4h10v5M7 17H4v-7h16v7h-3M7 14h10v6H7z",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
