// The chat page: wires the server's events to what is shown, and what the player
// does to the server. The address says who (?as=1001) and where (#chat).

import * as api from "./api.js";
import { Chats } from "./chats.js";
import { pictureOf, renderChats, typing } from "./chatlist.js";
import { Composer } from "./composer.js";
import { byId } from "./dom.js";
import { openFaults } from "./faults.js";
import { History } from "./history.js";
import { listen } from "./live.js";
import { openMenu } from "./menu.js";
import { alertDialog, orToast, toast } from "./notices.js";
import { bindPeople, choosePerson, leaveIfGone } from "./people.js";
import { Presses } from "./presses.js";
import { bindTheme } from "./theme.js";
import { welcome } from "./welcome.js";

const NARROW = matchMedia("(max-width: 700px)");
const RETRY_MS = 3_000;

bindTheme(byId("theme"));
const person = await choosePerson();
const me = person.id;
const chats = new Chats(me);
const presses = new Presses(() => history.markWaiting());
let open = null; // the open chat's id
let held = null; // events that came while the state is being fetched
let stale = false; // what is being fetched must be fetched once more

const composer = new Composer({
  send,
  photo: () => orToast(() => api.sendPhoto(me, open)),
  neighbour,
  log: () => history.focusLast(),
});
const history = new History(me, {
  press: (message, data) => orToast(() => presses.run(message, data, () => api.press(me, message.chat, message.id, data))),
  command: (text) => send(text),
  reply: startReply,
  menu: (message, point) => openMenu([
    { label: "Reply", act: () => startReply(message) },
    { label: "Copy text", act: () => orToast(() => copy(message.text)) },
  ], point),
  seen: () => read() && draw(),
  leave: () => composer.focus({ evenOnTouch: true }),
  isWaiting: presses.isWaiting,
});

bindPeople(person);
byId("log").lang = person.language_code ?? "";
bindActions();
addEventListener("hashchange", ({ oldURL }) => {
  // The step from the list into a chat is one that the arrow can take back.
  if (location.hash.length > 1 && !new URL(oldURL).hash) window.history.replaceState({ fromList: true }, "");
  goToAddress();
});
document.addEventListener("visibilitychange", () => read() && draw());
document.addEventListener("keydown", shortcuts);
listen(me, {
  open: refresh,
  lost: () => {
    connection(false);
    presses.clear();
    leaveIfGone(person);
  },
  reload: refresh,
  message: live((message) => put(message)),
  edit: live((message) => put(message)),
  delete: live(({ chat, id }) => {
    chats.remove(chat, id);
    composer.forget(id);
    show();
  }),
  typing: live(({ chat }) => {
    setTimeout(draw, chats.typing(chat));
    draw();
  }),
  blocked: live(({ blocked }) => {
    chats.block(blocked);
    draw();
  }),
  commands: loadCommands,
  answer: ({ query, text, alert }) => {
    presses.answer(query);
    if (text && alert) alertDialog("Gofrobot", text);
    else if (text) toast(text);
  },
});

// ---- state -------------------------------------------------------------------

// The server's whole state anew: at the start, after a reconnection, on demand.
async function refresh() {
  if (held) {
    stale = true;
    return;
  }
  held = [];
  stale = false;
  byId("log").setAttribute("aria-busy", "true");
  try {
    const summaries = await api.chatsOf(me);
    const histories = await Promise.all(summaries.map(({ id }) => api.messagesOf(me, id)));
    chats.replace(summaries.map((summary, index) => ({ summary, messages: histories[index] })));
    connection(true);
  } catch (error) {
    toast(error.message);
    setTimeout(refresh, RETRY_MS);
  }
  const missed = held;
  held = null;
  for (const event of missed) event();
  if (open === null) goToAddress();
  else await loadCommands();
  show();
  byId("log").setAttribute("aria-busy", "false");
  if (stale) await refresh();
}

// An event that changes messages waits for a fetch under way, whose answer may be older.
function live(handle) {
  return (data) => (held ? held.push(() => handle(data)) : handle(data));
}

function put(message) {
  if (chats.put(message)) show();
  else refresh();
}

function read() {
  const chat = chats.get(open);
  return Boolean(chat) && !document.hidden && history.atEnd && !(NARROW.matches && document.body.dataset.screen === "list") && chats.markRead(chat);
}

async function loadCommands() {
  const chat = open;
  if (chat === null) return;
  const commands = await api.commandsOf(me, chat).catch(() => []);
  if (chat === open) composer.setCommands(commands);
}

// ---- what is shown -----------------------------------------------------------

function connection(there) {
  document.body.dataset.connection = there ? "online" : "connecting";
  byId("connection").textContent = there ? "online" : "connecting…";
  draw();
}

// The address's chat; without one, the private chat, or the list on a phone.
function goToAddress() {
  const named = chats.get(Number(location.hash.slice(1)));
  document.body.dataset.screen = named ? "chat" : "list";
  const target = named ?? (NARROW.matches ? null : chats.get(me));
  if (target && target.id !== open) {
    open = target.id;
    byId("chat").hidden = false;
    byId("nothing").hidden = true;
    composer.open(open);
    history.show(target);
    loadCommands();
  }
  if (target) composer.focus();
  else if (open !== null) document.querySelector(`[data-chat="${open}"]`)?.focus();
  show();
}

function show() {
  const chat = chats.get(open);
  if (chat) history.sync(chat);
  read();
  draw();
}

function draw() {
  renderChats(chats, me, open);
  const unread = chats.allUnread();
  document.title = `${unread ? `(${unread}) ` : ""}${person.first_name} · Gofrobot`;
  const chat = chats.get(open);
  if (!chat) return;
  history.showUnread(chats.unread(chat));
  drawHeader(chat);
  const empty = chat.messages.size === 0;
  byId("welcome").hidden = !empty;
  if (empty) byId("welcome").replaceChildren(...welcome(chat));
  const stopped = chat.type === "private" && (empty || chat.blocked);
  byId("start").hidden = !stopped;
  byId("start").textContent = chat.blocked ? "UNBLOCK" : "START";
  byId("composer").hidden = stopped;
}

// Redrawn only when it says something new: it is read aloud.
function drawHeader(chat) {
  const lost = document.body.dataset.connection !== "online";
  const status = lost ? "connecting…" : chats.isTyping(chat) ? "typing" : chat.type === "private" ? "bot" : `${chat.members} members`;
  const header = `${chat.id} ${chat.title} ${status}`;
  if (byId("chat").dataset.header === header) return;
  byId("chat").dataset.header = header;
  byId("chat-title").textContent = chat.title;
  byId("chat-avatar").replaceChildren(pictureOf(chat));
  byId("chat-status").replaceChildren(status === "typing" ? typing() : status);
}

// ---- what the player does ----------------------------------------------------

async function send(text, replyTo) {
  const chat = open;
  history.scrollToEnd();
  const sent = await orToast(async () => live(put)(await api.send(me, chat, text, replyTo?.id)));
  if (sent) history.scrollToEnd();
  else if (chat === open) composer.giveBack(text, replyTo);
}

function startReply(message) {
  composer.reply(message);
  composer.focus({ evenOnTouch: true });
}

// Browsers keep the clipboard from pages that came over plain http from another machine.
function copy(text) {
  if (!navigator.clipboard) throw new Error("This browser lets a page copy only over https or on localhost: select the words and copy them yourself.");
  return navigator.clipboard.writeText(text);
}

// The message before or after the one replied to; past the newest there is none.
function neighbour(replyTo, step) {
  const all = [...chats.get(open).messages.values()];
  const at = replyTo ? all.findIndex(({ id }) => id === replyTo.id) : all.length;
  return all[Math.max(0, at + step)] ?? null;
}

function bindActions() {
  byId("start").addEventListener("click", async () => {
    if (chats.get(open).blocked) await block(false);
    else await send("/start");
    composer.focus();
  });
  byId("back").addEventListener("click", (event) => {
    event.preventDefault();
    if (window.history.state?.fromList) return window.history.back();
    window.history.replaceState(null, "", location.pathname + location.search);
    goToAddress();
  });
  byId("more").addEventListener("click", (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const items = [{ label: "Faults…", act: openFaults }];
    const { blocked } = chats.get(open);
    if (open === me) items.unshift({ label: blocked ? "Unblock bot" : "Block bot", danger: !blocked, act: () => block(!blocked) });
    openMenu(items, { x: box.right, y: box.bottom }, event.currentTarget);
  });
}

// What is shown changes by the event, in all tabs of this person.
const block = (value) => orToast(() => api.setBlocked(me, value));

// Alt+arrows change the chat; a letter typed anywhere goes to the input.
function shortcuts(event) {
  const step = event.altKey ? { ArrowUp: -1, ArrowDown: 1 }[event.key] : undefined;
  if (step) {
    const all = chats.ordered();
    location.hash = String(all.at((all.findIndex(({ id }) => id === open) + step) % all.length).id);
    event.preventDefault();
  } else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.altKey && !event.metaKey) {
    const busy = event.target.closest("input, textarea, select, dialog, .people, .menu");
    if (!busy && open !== null) composer.focus({ evenOnTouch: true });
  }
}
