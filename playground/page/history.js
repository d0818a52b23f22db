// The messages of the open chat: keeps the page's elements in step with the chat,
// and the reader's place: at the end when he was at the end, else where he was.

import { fill, frame, markWaiting } from "./bubble.js";
import { dayKey, dayOf } from "./clock.js";
import { byId, el } from "./dom.js";
import { swipes } from "./swipe.js";

// Messages of one author within this time form a run: one name, one tail.
const RUN_SECONDS = 600;
// Nearer to the end than this counts as being there.
const NEAR_END_PX = 48;
const still = matchMedia("(prefers-reduced-motion: reduce)");
const smooth = () => (still.matches ? "instant" : "smooth");
const FLASH_MS = 1_200;

export class History {
  #scroller = byId("scroller");
  #log = byId("log");
  #toEnd = byId("to-end");
  #frames = new Map(); // message id -> { node, message }
  #days = new Map(); // day -> separator
  #chat = null;
  #pinned = true;
  #going = false; // to the end, smoothly, and not there yet
  #me;
  #on;

  /** `on` = { press, command, reply, menu, seen, leave, isWaiting }. */
  constructor(me, on) {
    this.#me = me;
    this.#on = { ...on, reveal: (id) => this.reveal(id) };
    this.#scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    for (const input of ["wheel", "touchmove", "pointerdown", "keydown"]) {
      this.#scroller.addEventListener(input, () => (this.#going = false), { passive: true });
    }
    new ResizeObserver(() => this.#pinned && this.scrollToEnd()).observe(this.#scroller);
    this.#toEnd.addEventListener("click", () => this.scrollToEnd(smooth()));
    this.#log.addEventListener("keydown", (event) => this.#key(event));
    this.#log.addEventListener("contextmenu", (event) => this.#contextMenu(event));
    swipes(this.#log, (node) => this.#on.reply(this.#messageOf(node)));
  }

  /** At the end, so that what comes is seen. */
  get atEnd() {
    return this.#pinned;
  }

  show(chat) {
    // Another chat is not news to be read aloud.
    this.#log.setAttribute("aria-busy", "true");
    requestAnimationFrame(() => this.#log.setAttribute("aria-busy", "false"));
    this.#log.replaceChildren();
    this.#frames.clear();
    this.#days.clear();
    this.#pinned = true;
    this.sync(chat);
    this.#toEnd.hidden = true;
  }

  /** Brings the page in step with the chat. */
  sync(chat) {
    this.#chat = chat;
    const anchor = this.#pinned ? null : this.#anchor();
    const wanted = this.#wanted();
    const keep = new Set(wanted);
    for (const node of [...this.#log.children]) if (!keep.has(node)) node.remove();
    let at = this.#log.firstChild;
    for (const node of wanted) {
      if (node === at) at = at.nextSibling;
      else this.#log.insertBefore(node, at);
    }
    for (const [id, { node }] of this.#frames) if (!keep.has(node)) this.#frames.delete(id);
    if (this.#pinned) this.scrollToEnd();
    else if (anchor) this.#scroller.scrollTop += anchor.node.getBoundingClientRect().top - anchor.top;
  }

  markWaiting() {
    for (const { node, message } of this.#frames.values()) markWaiting(node, message, this.#on.isWaiting);
  }

  /** The number of messages below that have not been seen. */
  showUnread(count) {
    const badge = this.#toEnd.querySelector(".badge");
    badge.hidden = count === 0;
    badge.textContent = String(count);
    this.#toEnd.hidden = this.#pinned;
  }

  scrollToEnd(behavior = "instant") {
    this.#pinned = true;
    this.#going = behavior === "smooth";
    this.#scroller.scrollTo({ top: this.#scroller.scrollHeight, behavior });
  }

  /** Scrolls to a message and makes it flash. */
  reveal(id) {
    const node = this.#frames.get(id)?.node;
    if (!node) return;
    node.scrollIntoView({ block: "center", behavior: smooth() });
    node.focus({ preventScroll: true });
    node.classList.add("flash");
    setTimeout(() => node.classList.remove("flash"), FLASH_MS);
  }

  focusLast() {
    this.#log.querySelector(".message:last-of-type")?.focus();
  }

  #wanted() {
    const nodes = [];
    let previous = null;
    for (const message of this.#chat.messages.values()) {
      const newDay = !previous || dayKey(previous.message.date) !== dayKey(message.date);
      if (newDay) nodes.push(this.#day(message.date));
      const entry = this.#entry(message);
      const follows = !newDay && previous.message.from.id === message.from.id && message.date - previous.message.date < RUN_SECONDS;
      entry.node.classList.toggle("first", !follows);
      entry.node.classList.add("last");
      if (follows) previous.node.classList.remove("last");
      nodes.push(entry.node);
      previous = entry;
    }
    return nodes;
  }

  #day(date) {
    const key = dayKey(date);
    if (!this.#days.has(key)) this.#days.set(key, el("div", { class: "day", role: "separator" }, el("span")));
    const node = this.#days.get(key);
    node.firstChild.textContent = dayOf(date);
    return node;
  }

  #entry(message) {
    let entry = this.#frames.get(message.id);
    // A simulator that was started anew counts from 1 again.
    const another = entry && (entry.message.from.id !== message.from.id || entry.message.date !== message.date);
    if (!entry || another) {
      entry = { node: frame(message, this.#me), message: null };
      this.#frames.set(message.id, entry);
    }
    if (entry.message !== message && JSON.stringify(entry.message) !== JSON.stringify(message)) {
      fill(entry.node, message, { me: this.#me, group: this.#chat.type !== "private", on: this.#on });
    }
    entry.message = message;
    return entry;
  }

  // The first message in view and its place on the screen.
  #anchor() {
    const top = this.#scroller.getBoundingClientRect().top;
    const node = [...this.#log.children].find((child) => child.getBoundingClientRect().bottom > top);
    return node && { node, top: node.getBoundingClientRect().top };
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    const near = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (near) this.#going = false;
    // On the way to the end what comes must not stop the reader half-way.
    this.#pinned = near || this.#going;
    this.#toEnd.hidden = this.#pinned;
    if (this.#pinned) this.#on.seen();
  }

  #messageOf(node) {
    return this.#chat.messages.get(Number(node.closest(".message").dataset.message));
  }

  #contextMenu(event) {
    const node = event.target.closest(".message");
    if (!node || event.target.closest("a") || !getSelection().isCollapsed) return;
    event.preventDefault();
    const box = node.querySelector(".bubble").getBoundingClientRect();
    const fromKeyboard = event.clientX === 0 && event.clientY === 0;
    this.#on.menu(this.#messageOf(node), fromKeyboard ? { x: box.left + 24, y: box.top + 24 } : { x: event.clientX, y: event.clientY });
  }

  // Arrows walk from message to message, Enter replies.
  #key(event) {
    if (!event.target.matches(".message")) return;
    const all = [...this.#log.querySelectorAll(".message")];
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step) {
      event.preventDefault();
      const next = all[all.indexOf(event.target) + step];
      if (next) next.focus();
      else if (step > 0) this.#on.leave();
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.#on.reply(this.#messageOf(event.target));
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.#on.leave();
    }
  }
}
