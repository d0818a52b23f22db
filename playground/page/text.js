// Telegram's text with entities (offsets in UTF-16 units, as JavaScript counts)
// turned into elements.

import { el } from "./dom.js";

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};
// Anything else (javascript:, data: ...) stays plain text.
const SCHEMES = ["http:", "https:", "tg:", "mailto:"];

/** A fragment; `onCommand("/davka")` is called when a command in the text is clicked. */
export function richText(text, entities, onCommand) {
  const ordered = [...(entities ?? [])].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return part(text, 0, text.length, ordered, onCommand);
}

// What overlaps without being nested is cut at its neighbour's edge.
function part(text, start, end, entities, onCommand) {
  const fragment = document.createDocumentFragment();
  let at = start;
  while (entities.length) {
    const entity = entities.shift();
    const from = Math.max(entity.offset, at);
    const to = Math.min(entity.offset + entity.length, end);
    if (!(from < to)) continue;
    const nested = [];
    while (entities.length && entities[0].offset < to) nested.push(entities.shift());
    const node = element(entity, text.slice(from, to), onCommand);
    node.append(part(text, from, to, nested, onCommand));
    fragment.append(text.slice(at, from), node);
    at = to;
  }
  fragment.append(text.slice(at, end));
  return fragment;
}

function element(entity, shown, onCommand) {
  switch (entity.type) {
    case "text_link":
    case "url":
      return link(entity.url ?? shown);
    case "email":
      return link(`mailto:${shown}`);
    case "mention":
    case "text_mention":
    case "hashtag":
      return el("span", { class: "mention" });
    case "spoiler":
      return el("span", {
        class: "spoiler", role: "button", tabindex: "0", "aria-label": "Hidden text",
        onclick: reveal, onkeydown: (event) => event.key === "Enter" && reveal(event),
      });
    case "bot_command":
      return el("button", { class: "command-link", type: "button", onclick: () => onCommand(shown) });
    default:
      return el(TAGS[entity.type] ?? "span");
  }
}

function reveal(event) {
  event.currentTarget.classList.add("shown");
  event.currentTarget.removeAttribute("aria-label");
}

/** The address when it is safe to follow, else null. */
export function safeAddress(address) {
  const parsed = URL.parse(address) ?? URL.parse(`https://${address}`);
  return parsed && SCHEMES.includes(parsed.protocol) ? parsed.href : null;
}

function link(address) {
  const href = safeAddress(address);
  return href ? el("a", { href, target: "_blank", rel: "noopener noreferrer" }) : el("span");
}
