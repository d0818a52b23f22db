// Writing: the input that grows, the quote of the message replied to, one draft a
// chat, the photo button.

import { brief } from "./bubble.js";
import { Commands } from "./commands.js";
import { byId } from "./dom.js";
import { toast } from "./notices.js";

// As at Telegram, in characters.
const LONGEST = 4096;
// About eight lines.
const TALLEST_PX = 200;

export class Composer {
  #form = byId("composer");
  #input = byId("input");
  #sendButton = byId("send");
  #bar = byId("reply-bar");
  #commands = new Commands((text) => this.#submit(text));
  #drafts = new Map(); // chat id -> { text, replyTo }
  #replyTo = null;
  #chat = null;
  #on;

  /** `on` = { send(text, replyTo), photo(), neighbour(replyTo, step), log() }. */
  constructor(on) {
    this.#on = on;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(this.#input.value);
    });
    this.#input.addEventListener("input", () => this.#changed());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    byId("photo").addEventListener("click", () => this.#on.photo());
    byId("reply-cancel").addEventListener("click", () => {
      this.reply(null);
      this.focus();
    });
  }

  /** Another chat: its draft comes back. */
  open(chatId) {
    if (this.#chat !== null) this.#drafts.set(this.#chat, { text: this.#input.value, replyTo: this.#replyTo });
    this.#chat = chatId;
    const draft = this.#drafts.get(chatId);
    this.#write(draft?.text ?? "");
    this.reply(draft?.replyTo ?? null);
    this.#commands.set([]);
  }

  setCommands(commands) {
    this.#commands.set(commands);
  }

  /** Replies to `message`, or to none with null. */
  reply(message) {
    this.#replyTo = message;
    this.#bar.hidden = !message;
    byId("reply-name").textContent = message ? `Reply to ${message.from.first_name}` : "";
    byId("reply-text").textContent = message ? brief(message) : "";
  }

  /** A message that is gone can't be replied to. */
  forget(messageId) {
    if (this.#replyTo?.id === messageId) this.reply(null);
  }

  /** What could not be sent comes back, unless something new has been written. */
  giveBack(text, replyTo) {
    if (this.#input.value) return;
    this.#write(text);
    this.reply(replyTo);
  }

  /** Not on touch screens, where the focus would open the keyboard over the chat. */
  focus({ evenOnTouch = false } = {}) {
    if (evenOnTouch || matchMedia("(hover: hover)").matches) this.#input.focus({ preventScroll: true });
  }

  #submit(text) {
    if (!text.trim()) return;
    const { length } = [...text.trim()];
    if (length > LONGEST) return toast(`A message has at most ${LONGEST} characters. This one has ${length}.`);
    const replyTo = this.#replyTo;
    this.#write("");
    this.reply(null);
    this.#on.send(text.trim(), replyTo);
  }

  #write(text) {
    this.#input.value = text;
    this.#changed();
  }

  #changed() {
    this.#sendButton.disabled = !this.#input.value.trim();
    this.#input.style.height = "auto";
    this.#input.style.height = `${Math.min(this.#input.scrollHeight, TALLEST_PX)}px`;
    this.#commands.follow();
  }

  #key(event) {
    if (event.isComposing || this.#commands.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit(this.#input.value);
    } else if (event.key === "Escape" && this.#replyTo) {
      event.stopPropagation();
      this.reply(null);
    } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && event.ctrlKey) {
      event.preventDefault();
      this.reply(this.#on.neighbour(this.#replyTo, event.key === "ArrowUp" ? -1 : 1));
    } else if (event.key === "ArrowUp" && !this.#input.value) {
      event.preventDefault();
      this.#on.log();
    }
  }
}
