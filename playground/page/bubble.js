// One message: bubble, quote, text, time, inline keyboard.

import { avatar, colourOf } from "./avatar.js";
import { momentOf, timeOf } from "./clock.js";
import { el, icon } from "./dom.js";
import { richText, safeAddress } from "./text.js";

/** What a message says in one line: chat list, quotes. */
export function brief(message) {
  return message.text || (message.photo ? "Photo" : "Message");
}

/** An empty frame for a message; it stays in the page while its content is edited. */
export function frame(message, me) {
  const own = message.from.id === me;
  return el("article", { class: `message ${own ? "out" : "in"}`, "data-message": message.id, tabindex: "-1" });
}

/** Fills the frame. `on` = { press, command, reply, reveal, isWaiting }. */
export function fill(node, message, { me, group, on }) {
  const focus = focusIn(node);
  const own = message.from.id === me;
  const named = group && !own;
  const author = own ? "You" : message.from.first_name;
  node.setAttribute("aria-label", `${author}, ${timeOf(message.date)}${message.edited ? ", edited" : ""}`);
  node.classList.toggle("with-avatar", named);
  node.replaceChildren(
    el("div", { class: "stack" },
      el("div", { class: `bubble${message.photo ? " with-photo" : ""}` },
        named && avatar(message.from.is_bot ? "bot" : "person", message.from.id, message.from.first_name),
        named && sender(message.from),
        message.reply_to && quote(message.reply_to, on.reveal),
        message.photo && photo(),
        el("div", { class: "text", dir: "auto" },
          el("span", { class: "words" }, richText(message.text, message.entities, on.command)),
          meta(message, own)),
        icon("tail", "tail")),
      message.keyboard?.length ? keyboard(message, on) : null),
    el("button", { class: "round reply-action", type: "button", tabindex: "-1", "aria-label": "Reply", onclick: () => on.reply(message) }, icon("i-reply")),
  );
  restore(node, focus);
}

/** Shows which of the message's buttons wait for an answer. */
export function markWaiting(node, message, isWaiting) {
  for (const button of node.querySelectorAll("[data-callback]")) {
    button.setAttribute("aria-busy", String(isWaiting(message, button.dataset.callback)));
  }
}

function sender(from) {
  return el("div", { class: `sender name-${colourOf(from.id)}` }, el("bdi", {}, from.first_name), from.is_bot && el("span", { class: "tag" }, "bot"));
}

function quote(to, reveal) {
  return el("button", { class: "quote", type: "button", "aria-label": `In reply to ${to.from_name}: ${to.text}`, onclick: () => reveal(to.id) },
    el("strong", {}, to.from_name), el("span", {}, to.text || "Photo"));
}

function photo() {
  return el("div", { class: "photo", role: "img", "aria-label": "Photo" }, icon("stand-in"));
}

function meta(message, own) {
  return el("span", { class: "meta", title: momentOf(message.date) },
    message.edited && el("span", { class: "edited" }, "edited"),
    el("time", { datetime: new Date(message.date * 1000).toISOString() }, timeOf(message.date)),
    own && icon("i-check", "check"));
}

function keyboard(message, on) {
  return el("div", { class: "keyboard", role: "group", "aria-label": "Buttons" },
    ...message.keyboard.map((row) => el("div", { class: "keys" }, ...row.map((button) => key(message, button, on)))));
}

function key(message, button, on) {
  const href = button.url && safeAddress(button.url);
  if (href) {
    return el("a", { class: "key", href, target: "_blank", rel: "noopener noreferrer" }, el("span", {}, button.text), icon("i-new-tab", "corner"));
  }
  const waiting = String(on.isWaiting(message, button.data));
  return el("button", {
    class: "key", type: "button", "data-callback": button.data, "aria-busy": waiting, onclick: () => on.press(message, button.data),
  }, el("span", {}, button.text));
}

// An edit must not throw a keyboard user out of the message he is in.
function focusIn(node) {
  const active = document.activeElement;
  if (!node.contains(active) || active === node) return null;
  return { data: active.dataset.callback, place: [...node.querySelectorAll(".key")].indexOf(active) };
}

function restore(node, focus) {
  if (!focus) return;
  const keys = [...node.querySelectorAll(".key")];
  const same = keys.find((key) => key.dataset.callback === focus.data);
  (same ?? keys[Math.min(focus.place, keys.length - 1)] ?? node).focus({ preventScroll: true });
}
