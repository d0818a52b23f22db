// The menu of the bot's commands above the input: all of them by the "/" button,
// those that fit while a command is being typed. The focus stays in the input, whose
// aria-activedescendant is the choice; the arrows move it.

import { byId, el } from "./dom.js";

const TYPING = /^\/(\w*)$/;

export class Commands {
  #box = byId("commands");
  #input = byId("input");
  #button = byId("slash");
  #all = [];
  #shown = [];
  #at = 0;
  #send;

  /** `send("/davka")` when a command is chosen. */
  constructor(send) {
    this.#send = send;
    // The focus must not leave the input before the click arrives.
    for (const place of [this.#box, this.#button]) place.addEventListener("mousedown", (event) => event.preventDefault());
    this.#button.addEventListener("click", () => this.#toggle());
    this.#input.addEventListener("blur", () => this.close());
  }

  set(commands) {
    this.#all = commands;
    this.#button.hidden = commands.length === 0;
    if (this.isOpen) this.follow();
  }

  get isOpen() {
    return !this.#box.hidden;
  }

  /** Opens or closes by what has been typed. */
  follow() {
    const typed = TYPING.exec(this.#input.value);
    if (typed) this.#show(this.#all.filter(({ command }) => command.startsWith(typed[1].toLowerCase())));
    else this.close();
  }

  close() {
    this.#box.hidden = true;
    this.#at = 0;
    this.#tell();
  }

  /** Takes a key of the input while the menu is open; true when it was for the menu. */
  key(event) {
    if (!this.isOpen) return false;
    switch (event.key) {
      case "ArrowDown": this.#move(1); break;
      case "ArrowUp": this.#move(-1); break;
      case "Escape": this.close(); break;
      case "Enter": this.#choose(this.#shown[this.#at]); break;
      case "Tab":
        if (event.shiftKey) return false;
        this.#input.value = `/${this.#shown[this.#at].command} `;
        this.#input.dispatchEvent(new Event("input"));
        break;
      default: return false;
    }
    event.preventDefault();
    return true;
  }

  #toggle() {
    const opening = !this.isOpen;
    this.#input.focus();
    if (opening) this.#show(this.#all);
    else this.close();
  }

  #show(commands) {
    if (commands.length === 0) return this.close();
    // What has been chosen stays so while the menu is open.
    const chosen = this.isOpen && this.#shown[this.#at].command;
    this.#shown = commands;
    this.#at = Math.max(0, commands.findIndex(({ command }) => command === chosen));
    this.#box.replaceChildren(...commands.map((item, index) =>
      el("li", { class: "command", role: "option", id: `command-${index}`, onclick: () => this.#choose(item) },
        el("img", { class: "avatar small", src: "/icon.svg", alt: "" }), el("strong", {}, `/${item.command}`), el("span", {}, item.description))));
    this.#box.hidden = false;
    this.#tell();
  }

  #move(step) {
    this.#at = (this.#at + step + this.#shown.length) % this.#shown.length;
    this.#tell();
  }

  #choose(item) {
    this.close();
    this.#send(`/${item.command}`);
  }

  // Says to the eye and to the screen reader what is open and chosen.
  #tell() {
    this.#button.setAttribute("aria-expanded", String(this.isOpen));
    if (!this.isOpen) return this.#input.removeAttribute("aria-activedescendant");
    this.#input.setAttribute("aria-activedescendant", `command-${this.#at}`);
    [...this.#box.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === this.#at)));
    this.#box.children[this.#at].scrollIntoView({ block: "nearest" });
  }
}
