// The list of chats: picture, name, last message, time, unread.

import { avatar } from "./avatar.js";
import { brief } from "./bubble.js";
import { briefOf, momentOf } from "./clock.js";
import { byId, el, icon } from "./dom.js";

const list = byId("chats");

/** The picture of a chat. */
export function pictureOf(chat) {
  return avatar(chat.type === "private" ? "bot" : "group", chat.id, chat.title);
}

/**
 * Draws `chats.ordered()`. Rows are links to #chat, so that every key and click works as on any link;
 * a row stays the same element, so that a click is not lost to a message that comes in the middle of it.
 */
export function renderChats(chats, me, openId) {
  const rows = chats.ordered().map((chat) => {
    const item = list.querySelector(`[data-chat="${chat.id}"]`)?.parentElement ?? newRow(chat);
    fill(item.firstChild, chat, chats, me, openId);
    return item;
  });
  const same = rows.length === list.children.length && rows.every((item, index) => item === list.children[index]);
  if (same) return;
  const focused = list.contains(document.activeElement) && document.activeElement;
  list.replaceChildren(...rows);
  if (focused) focused.focus({ preventScroll: true });
}

const newRow = (chat) => el("li", {}, el("a", { class: "chat-row", href: `#${chat.id}`, "data-chat": chat.id }));

function fill(node, chat, chats, me, openId) {
  const unread = chats.unread(chat);
  const { last } = chat;
  if (chat.id === openId) node.setAttribute("aria-current", "page");
  else node.removeAttribute("aria-current");
  node.replaceChildren(
    pictureOf(chat),
    el("span", { class: "chat-lines" },
      el("span", { class: "chat-line" },
        el("strong", { class: "chat-name" }, chat.title),
        last?.from.id === me && icon("i-check", "check"),
        last && el("time", { class: "chat-time", title: momentOf(last.date) }, briefOf(last.date))),
      el("span", { class: "chat-line" },
        chats.isTyping(chat) ? typing() : preview(chat, me),
        unread > 0 && el("span", { class: "badge", "aria-label": `${unread} unread` }, String(unread)))));
}

const preview = (chat, me) => {
  const { last } = chat;
  if (!last) return el("span", { class: "chat-last" }, chat.type === "private" ? "Press START" : "No messages yet");
  const author = last.from.id === me ? "You" : last.from.first_name;
  return el("span", { class: "chat-last", dir: "auto" },
    chat.type !== "private" && el("span", { class: "chat-author" }, el("bdi", {}, author), ": "), brief(last).replaceAll(/\s+/g, " "));
};

/** The bot is at work. */
export const typing = () => el("span", { class: "typing" }, "typing", el("span", { class: "dots", "aria-hidden": "true" }));
