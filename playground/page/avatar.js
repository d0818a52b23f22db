// Round pictures: the bot's icon, else initials on one of seven colours by id.

import { el, icon } from "./dom.js";

const COLOURS = 7;

export const colourOf = (id) => Math.abs(id) % COLOURS;

/** `kind` is "bot", "group" or "person"; the name stands beside the picture, so it is decoration. */
export function avatar(kind, id, name) {
  if (kind === "bot") return el("img", { class: "avatar", src: "/icon.svg", alt: "" });
  const content = kind === "group" ? icon("i-group") : initials(name);
  return el("span", { class: `avatar colour-${colourOf(id)}`, "aria-hidden": "true" }, content);
}

function initials(name) {
  const letters = name.trim().split(/\s+/).map((word) => [...word][0] ?? "");
  return (letters.length > 1 ? letters[0] + letters.at(-1) : letters[0]).toUpperCase();
}
