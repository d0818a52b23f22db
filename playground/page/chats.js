// What this person sees: chats, their messages, what is unread. No DOM here.

// A typing note of the bot lasts this long unless its message comes first.
const TYPING_MS = 5_000;
// As many messages of a chat as the simulator keeps itself.
const KEPT = 300;

export class Chats {
  #me;
  #chats = new Map();

  constructor(me) {
    this.#me = me;
  }

  get(id) {
    return this.#chats.get(id);
  }

  /** The chat with the newest message first. */
  ordered() {
    return [...this.#chats.values()].sort((a, b) => (b.last?.date ?? 0) - (a.last?.date ?? 0));
  }

  /** Takes the server's state: `[{ summary, messages }]`. */
  replace(snapshot) {
    const before = this.#chats;
    this.#chats = new Map();
    for (const { summary, messages } of snapshot) {
      const { id, type, title, members, blocked } = summary;
      const chat = { id, type, title, members, blocked, messages: new Map(), last: null, readTo: this.#readMark(id), typingUntil: 0 };
      chat.typingUntil = before.get(id)?.typingUntil ?? 0;
      for (const message of messages) chat.messages.set(message.id, message);
      this.#chats.set(id, chat);
      this.#settle(chat);
    }
  }

  /** A new or changed message; true when the chat is known. */
  put(message) {
    const chat = this.#chats.get(message.chat);
    if (!chat) return false;
    chat.messages.set(message.id, message);
    if (message.from.is_bot) chat.typingUntil = 0;
    this.#settle(chat);
    return true;
  }

  remove(chatId, id) {
    const chat = this.#chats.get(chatId);
    if (chat?.messages.delete(id)) this.#settle(chat);
  }

  typing(chatId) {
    const chat = this.#chats.get(chatId);
    if (chat) chat.typingUntil = Date.now() + TYPING_MS;
    return TYPING_MS;
  }

  /** Whether the person has blocked the bot. */
  block(blocked) {
    const chat = this.#chats.get(this.#me);
    if (chat) chat.blocked = blocked;
  }

  isTyping = (chat) => chat.typingUntil > Date.now();

  unread(chat) {
    let count = 0;
    for (const message of chat.messages.values()) {
      if (message.id > chat.readTo && message.from.id !== this.#me) count += 1;
    }
    return count;
  }

  allUnread() {
    return this.ordered().reduce((sum, chat) => sum + this.unread(chat), 0);
  }

  /** Everything in the chat has been seen; true when something was unread. */
  markRead(chat) {
    const newest = chat.last?.id ?? 0;
    if (chat.readTo === newest) return false;
    chat.readTo = newest;
    localStorage.setItem(this.#readKey(chat.id), String(newest));
    return true;
  }

  // Ids order a chat; the map is kept in that order.
  #settle(chat) {
    const ids = [...chat.messages.keys()];
    if (ids.some((id, index) => index > 0 && id < ids[index - 1])) {
      chat.messages = new Map([...chat.messages].sort(([a], [b]) => a - b));
    }
    while (chat.messages.size > KEPT) chat.messages.delete(chat.messages.keys().next().value);
    chat.last = [...chat.messages.values()].at(-1) ?? null;
    // The simulator began a new history: what was read belongs to the old one.
    if (chat.readTo > (chat.last?.id ?? 0)) chat.readTo = 0;
  }

  #readKey = (id) => `gofrobot.read.${this.#me}.${id}`;
  #readMark = (id) => Number(localStorage.getItem(this.#readKey(id)) ?? 0);
}
