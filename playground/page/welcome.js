// What an empty chat shows: the bot's card, or a hint in a group.

import { avatar } from "./avatar.js";
import { el } from "./dom.js";

/** The card's elements. */
export function welcome(chat) {
  if (chat.type !== "private") {
    return [el("div", { class: "card" }, el("h3", {}, "Nobody has said a word yet"), el("p", {}, "Type / to see what the bot does in a group. Open another person in a second tab to play together."))];
  }
  return [
    el("div", { class: "card" },
      avatar("bot", chat.id, chat.title),
      el("h3", {}, "What can this bot do?"),
      el("p", {}, "Squeeze your gofra, catch zmiys, grow your cable and meet others in a rademka. Here, or in the group with everybody."),
      el("p", { class: "card-hint" }, "Press START below to begin.")),
  ];
}
