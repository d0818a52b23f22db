// A popup menu at a point: arrows, Enter, Escape, a click outside closes it, and
// the focus goes back to where it came from.

import { byId, el } from "./dom.js";

const EDGE_PX = 8;
const menu = byId("menu");
let closeCurrent = () => {};

/** `items` = [{ label, act, danger? }]; `opener` is the button that shows the menu, if any. */
export function openMenu(items, { x, y }, opener) {
  closeCurrent();
  const before = document.activeElement;
  menu.replaceChildren(...items.map(({ label, act, danger }) =>
    el("button", { class: `menu-item${danger ? " danger" : ""}`, role: "menuitem", type: "button", tabindex: "-1", onclick: () => { close(); act(); } }, label)));
  menu.hidden = false;
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(EDGE_PX, Math.min(x, innerWidth - width - EDGE_PX))}px`;
  menu.style.top = `${Math.max(EDGE_PX, Math.min(y, innerHeight - height - EDGE_PX))}px`;
  opener?.setAttribute("aria-expanded", "true");
  menu.firstChild.focus();

  const watch = new AbortController();
  const { signal } = watch;
  function close() {
    watch.abort();
    menu.hidden = true;
    opener?.setAttribute("aria-expanded", "false");
    closeCurrent = () => {};
    before?.focus({ preventScroll: true });
  }
  closeCurrent = close;
  menu.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const all = [...menu.children];
    if (step) all.at((all.indexOf(document.activeElement) + step) % all.length).focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, { signal });
  addEventListener("pointerdown", (event) => menu.contains(event.target) || close(), { signal, capture: true });
  addEventListener("resize", close, { signal });
  addEventListener("blur", close, { signal });
}
