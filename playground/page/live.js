// The stream of server-sent events. It is opened again for as long as the page
// lives; whoever listens fetches everything anew on "open", because what happened
// in between is not repeated.

import { eventsAddress } from "./api.js";

const EVENTS = ["message", "edit", "delete", "answer", "typing", "blocked", "commands", "reload"];
const RETRY_MS = [500, 1000, 2000, 4000];
// A browser grants one server six connections over all of its tabs. A tab that
// is not looked at soon gives its own back to the others.
const HIDDEN_MS = 5_000;

/** Calls `on[event](data)` for each event, `on.open()` and `on.lost()` as the connection comes and goes. */
export function listen(as, on) {
  let source = null;
  let failures = 0;
  let timer = null;
  let hidden = null;

  function open() {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(eventsAddress(as));
    source.onopen = () => {
      failures = 0;
      on.open();
    };
    source.onerror = () => {
      close();
      on.lost();
      timer = setTimeout(open, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
      failures += 1;
    };
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => on[name](event.data ? JSON.parse(event.data) : {}));
    }
  }

  function close() {
    source?.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(hidden);
    if (!document.hidden && !source) open();
    else if (document.hidden) {
      hidden = setTimeout(() => {
        clearTimeout(timer);
        close();
      }, HIDDEN_MS);
    }
  });
  addEventListener("online", () => source || open());
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && open());
  open();
}
