// Brings what the citizen says to the service, and shows on its bubble how far it got.

import { el } from "./dom.js";
import { Outbox } from "./outbox.js";

const TYPING_AFTER_MS = 250;

export class Delivery {
  #typing = 0;

  /** `parts` are `{T, kept, api, ui, log, line, say}` of the conversation; `sent(result)` hears what a turn brought. */
  constructor(parts, sent, signal) {
    Object.assign(this, parts, { sent, flying: null });
    const { T } = this;
    this.outbox = new Outbox(this.kept, (item, file) => this.#deliver(item, file), {
      sent: (item, result) => this.#onSent(item, result),
      refused: (item, error) => {
        this.#note(item, `${T.refused}: ${error.message}`);
        this.log.refuse(item);
      },
      waiting: (item) => this.#note(item, T.unsent, el("button", { type: "button", onclick: () => this.outbox.flush() }, T.retry)),
      gone: (item) => this.log.gone(item),
    }, signal);
  }

  /** Shows `item` (`{shown}` with `text`, `payload` or a file) and sends it; `secret`: a value that a form asked for. */
  add(item, file = null, secret = false) {
    this.log.wait(this.outbox.add(item, { file, secret, after: this.log.lastId }));
  }

  /** Says what a reload took: beside the conversation as the service knows it, until the citizen goes on. */
  tellLost(messages) {
    const after = this.outbox.lost(messages);
    if (after === null) return this.outbox.forgetLost();
    this.log.lost(after, this.T.lost);
    this.say(this.T.lost);
  }

  async #deliver(item, file) {
    await this.line.start();
    if (!this.api.conversation) throw new TypeError("not connected");
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.ui.typing(true), TYPING_AFTER_MS);
    this.flying = item;
    try {
      return await this.#post(item, file).catch(async (error) => {
        if (error.status !== 401) throw error;
        // The conversation is gone. A new one doesn't know its buttons: what they said is asked in words.
        await this.line.lost();
        return this.#post({ client_id: item.client_id, text: item.text ?? item.shown }, file);
      });
    } catch (error) {
      this.flying = null;
      this.log.release();
      throw error;
    } finally {
      clearTimeout(this.#typing);
      this.ui.typing(false);
    }
  }

  #post(item, file) {
    if (file) return this.api.upload(file, item.client_id);
    const body = item.payload === undefined ? { text: item.text } : { payload: item.payload };
    return this.api.post({ ...body, client_id: item.client_id });
  }

  #onSent(item, result) {
    this.flying = null;
    this.outbox.forgetLost();
    this.log.confirm(item, result.citizen_message, result.citizen_text);
    this.sent(result);
  }

  #note(item, text, ...more) {
    this.log.note(item, text, ...more);
    this.say(text);
  }
}
