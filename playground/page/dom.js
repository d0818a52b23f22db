// Building elements. Text always becomes a text node, so nothing that a player or
// the bot writes can turn into markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element by its id in index.html. */
export const byId = (id) => document.getElementById(id);

/** `el("button", { class: "round", onclick: go, hidden: false }, "Go")`; children that are null or false are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A drawing from the sprite of index.html: decoration, hidden from screen readers. */
export function icon(name, className) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("aria-hidden", "true");
  if (className) svg.setAttribute("class", className);
  use.setAttribute("href", `#${name}`);
  svg.append(use);
  return svg;
}
