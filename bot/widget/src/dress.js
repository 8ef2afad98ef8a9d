// Puts a style sheet on a shadow root or a document, by ways that a strict Content-Security-Policy allows.
import { el } from "./dom.js";

/**
 * A constructed sheet needs no permission. Browsers without them (iPhones before iOS 16.4) link the same sheet from the
 * service, which `style-src` with its address allows. Resolves when the styles are there.
 */
export function dress(root, css, href, view = window) {
  try {
    const sheet = new view.CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
    return Promise.resolve();
  } catch {
    return new Promise((done) => {
      const link = el("link", { rel: "stylesheet", href, onload: done, onerror: done });
      (root.head || root).prepend(link);
    });
  }
}
