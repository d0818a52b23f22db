// A swipe to the left on a touch screen replies to the message under the finger.

const START_PX = 10;
const REPLY_PX = 56;
const MOST_PX = 80;

/** Calls `reply(node)` with the `.message` that was swiped. */
export function swipes(list, reply) {
  let touch = null;

  list.addEventListener("pointerdown", (event) => {
    const node = event.target.closest(".message");
    touch = node && event.pointerType === "touch" ? { node, x: event.clientX, y: event.clientY, by: 0 } : null;
  });
  list.addEventListener("pointermove", (event) => {
    if (!touch) return;
    const by = touch.x - event.clientX;
    if (touch.by === 0 && Math.abs(event.clientY - touch.y) > by) return;
    if (by < START_PX && touch.by === 0) return;
    touch.by = Math.min(Math.max(by, 0), MOST_PX);
    touch.node.classList.toggle("swiped", touch.by >= REPLY_PX);
    touch.node.style.translate = `${-touch.by}px 0`;
  });
  for (const end of ["pointerup", "pointercancel"]) {
    list.addEventListener(end, () => {
      if (!touch) return;
      touch.node.style.translate = "";
      touch.node.classList.remove("swiped");
      if (end === "pointerup" && touch.by >= REPLY_PX) reply(touch.node);
      touch = null;
    });
  }
}
