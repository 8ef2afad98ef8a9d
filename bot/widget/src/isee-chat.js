// <isee-chat>: the iSee assistant as a custom element. One tag and this module are all that a page needs:
//
//   <script type="module" src="https://…/widget/isee-chat.js"></script>
//   <isee-chat></isee-chat>            a launcher in the corner
//   <isee-chat inline></isee-chat>     fills its container
//
// Attributes, properties, methods and events: docs/widget.md, and with live examples at /widget/docs.

import CSS_TEXT from "./chat.css";
import { Chat } from "./chat.js";
import { dress } from "./dress.js";
import { loadFont } from "./font.js";
import { Kept } from "./kept.js";

const HOME = new URL("..", import.meta.url).href;
const REBUILT_BY = ["language", "server", "inline", "heading"];

class ISeeChat extends HTMLElement {
  static observedAttributes = ["open", "big-text", ...REBUILT_BY];

  #chat = null;

  connectedCallback() {
    if (!this.shadowRoot) {
      loadFont(HOME);
      dress(this.attachShadow({ mode: "open" }), CSS_TEXT, `${HOME}widget/isee-chat.css`);
    }
    if (!this.#chat) this.#make();
  }

  disconnectedCallback() {
    // Moved within the page it's connected again at once, and goes on as it was.
    queueMicrotask(() => this.isConnected || this.#end());
  }

  attributeChangedCallback(name, old, value) {
    if (!this.#chat || old === value) return;
    if (REBUILT_BY.includes(name)) this.#make();
    else if (name === "big-text") this.#chat.showBigText();
    else this.#chat.show(value !== null);
  }

  /** "vi" or "en": what the citizen chose in the menu, else the attribute, else Vietnamese. */
  get language() {
    const wished = new Kept(this.server, "vi").wish("language", null);
    return (wished || this.getAttribute("language")) === "en" ? "en" : "vi";
  }

  set language(value) {
    new Kept(this.server, "vi").wishes("language", null);
    this.setAttribute("language", value);
  }

  get server() {
    return this.getAttribute("server") || HOME;
  }

  /** Opens the panel and takes up the conversation where it was left. */
  open() {
    this.setAttribute("open", "");
  }

  close() {
    this.removeAttribute("open");
  }

  /** Asks `text` as if the citizen had typed it. */
  ask(text) {
    this.open();
    this.#chat?.ask(text);
  }

  /** Begins a new conversation; the one before stays with the office until its time is over. */
  restart() {
    this.#chat?.restart(false);
  }

  #make() {
    this.#end();
    this.#chat = new Chat(this, HOME, (language) => {
      new Kept(this.server, "vi").wishes("language", language);
      this.#make();
    });
  }

  #end() {
    this.#chat?.end();
    this.#chat = null;
  }
}

if (!customElements.get("isee-chat")) customElements.define("isee-chat", ISeeChat);
