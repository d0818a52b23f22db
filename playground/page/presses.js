// Inline buttons that wait for their answer. The answer may overtake the reply to
// the press itself, so an answer that nobody waits for is remembered for a while.

// Telegram lets a bot answer for about this long.
const PATIENCE_MS = 30_000;
const REMEMBERED = 32;

export class Presses {
  #waiting = new Map(); // key -> query id, null until the server has named it
  #answered = [];
  #changed;

  /** `changed()` is called when some button starts or stops waiting. */
  constructor(changed) {
    this.#changed = changed;
  }

  isWaiting = (message, data) => this.#waiting.has(keyOf(message, data));

  /** Runs `press()` (which gives `{ query }`) with the button waiting. */
  async run(message, data, press) {
    const key = keyOf(message, data);
    if (this.#waiting.has(key)) return;
    this.#waiting.set(key, null);
    this.#changed();
    try {
      const { query } = await press();
      if (this.#answered.includes(query)) return this.#forget(key);
      this.#waiting.set(key, query);
      setTimeout(() => this.#waiting.get(key) === query && this.#forget(key), PATIENCE_MS);
    } catch (error) {
      this.#forget(key);
      throw error;
    }
  }

  answer(query) {
    this.#answered = [...this.#answered, query].slice(-REMEMBERED);
    for (const [key, waiting] of this.#waiting) if (waiting === query) this.#forget(key);
  }

  /** The connection was lost, and answers with it. */
  clear() {
    this.#waiting.clear();
    this.#changed();
  }

  #forget(key) {
    this.#waiting.delete(key);
    this.#changed();
  }
}

const keyOf = (message, data) => `${message.chat}/${message.id}/${data}`;
