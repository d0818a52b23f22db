// Headless Chromium and the players in it, for page.test.mjs.

import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { chromium } from "playwright-core";

const CHROMIUM = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
// A bound for what never comes, not an expectation.
const PATIENCE_MS = 60_000;
// What the bot has written; in a group, what others have written too.
export const BOTS = "#log .message.in";

export class Browser {
  errors = [];

  static async start(url) {
    if (!url) throw new Error("GOFROBOT_URL must hold the address of a running playground, such as http://127.0.0.1:8080");
    const self = new Browser();
    self.url = url.replace(/\/$/, "");
    self.chromium = await chromium.launch({ executablePath: CHROMIUM.find((path) => path && existsSync(path)), args: QUIET });
    return self;
  }

  close() {
    return this.chromium.close();
  }

  /** A new person with a page of his own. */
  async newPlayer(first_name, options = {}) {
    const person = await this.post("/api/people", { first_name, language_code: "en" });
    return new Player(person.id, await this.open(person.id, options));
  }

  /** The chat page of a person, in a browser profile of its own. */
  async open(id, options = {}, { url = this.url, errorsExpected = false } = {}) {
    const context = await this.chromium.newContext({ viewport: { width: 1180, height: 800 }, colorScheme: "light", ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    if (!errorsExpected) {
      page.on("console", (message) => message.type() === "error" && this.errors.push(message.text()));
      page.on("pageerror", (error) => this.errors.push(String(error)));
    }
    await page.goto(`${url}/?as=${id}`);
    await page.locator('[data-connection="online"]').waitFor();
    return page;
  }

  async post(path, body) {
    const answer = await fetch(this.url + path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** A picture for the README, when somebody wants it. */
  async picture(page, name) {
    const folder = process.env.SCREENSHOT_DIR;
    if (!folder) return;
    await mkdir(folder, { recursive: true });
    await page.locator(".toast").first().waitFor({ state: "detached" });
    await page.mouse.move(0, 0);
    // Animations of what has just come are over.
    await page.evaluate(() => Promise.allSettled(document.getAnimations().filter((one) => one.effect.getTiming().iterations === 1).map((one) => one.finished)));
    await page.screenshot({ path: join(folder, name) });
  }
}

/** The least contrast of what a selector names, as WCAG counts it. Runs in the page. */
export function contrast(selector) {
  const brush = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const luminance = (layers) => {
    for (const layer of layers) Object.assign(brush, { fillStyle: layer }).fillRect(0, 0, 1, 1);
    const [red, green, blue] = [...brush.getImageData(0, 0, 1, 1).data].map((value) => value / 255).map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratios = [...document.querySelectorAll(selector)].filter((node) => node.checkVisibility()).flatMap((node) => {
    const layers = [];
    // Of a gradient each colour counts: words may stand on any of them.
    let grounds = [["#fff"]];
    for (let at = node; at; at = at.parentElement) {
      const { backgroundColor, backgroundImage } = getComputedStyle(at);
      const stops = backgroundImage.match(/rgba?\([^)]*\)/g);
      layers.unshift(backgroundColor);
      if (stops) {
        grounds = stops.map((stop) => [stop]);
        break;
      }
    }
    return grounds.map((ground) => {
      const below = luminance([...ground, ...layers]);
      const above = luminance([...ground, ...layers, getComputedStyle(node).color]);
      return (Math.max(below, above) + 0.05) / (Math.min(below, above) + 0.05);
    });
  });
  if (ratios.length === 0) throw new Error(`${selector} is not there`);
  return Math.min(...ratios);
}

/** A wire to the playground that can be cut. */
export class Line {
  #open = new Set();
  #whole = true;

  static async to(url) {
    const self = new Line();
    const { hostname, port } = new URL(url);
    self.server = createServer((near) => {
      if (!self.#whole) return near.destroy();
      const far = connect(Number(port), hostname);
      for (const [one, other] of [[near, far], [far, near]]) {
        self.#open.add(one);
        one.on("error", () => {}).on("close", () => other.destroy() && self.#open.delete(one)).pipe(other);
      }
    });
    await new Promise((resolve) => self.server.listen(0, "127.0.0.1", resolve));
    self.url = `http://127.0.0.1:${self.server.address().port}`;
    return self;
  }

  cut() {
    this.#whole = false;
    for (const socket of this.#open) socket.destroy();
  }

  mend() {
    this.#whole = true;
  }

  close() {
    this.cut();
    this.server.close();
  }
}

/** One person at his page. Buttons go by their callback data, never by the bot's words. */
class Player {
  constructor(id, page) {
    this.id = id;
    this.page = page;
    this.input = page.locator("#input");
  }

  messages() {
    return this.page.locator("#log .message");
  }

  /** The newest button of that name; `owner` is named by the buttons of a group. */
  button(name, owner) {
    return this.page.locator(`[data-callback="v1:${name}${owner ? `:${owner}` : ""}"]`).last();
  }

  /** Opens a chat, and waits until what he writes goes there. */
  async open(row) {
    await this.page.locator(row).click();
    // On a phone the open chat covers the list.
    await this.page.locator(`${row}[aria-current="page"]`).waitFor({ state: "attached" });
  }

  async say(text) {
    await this.input.fill(text);
    await this.page.getByRole("button", { name: "Send", exact: true }).click();
  }

  /** Does something and gives the words of the bot's next message. */
  async answerTo(act) {
    const newest = await this.page.locator(BOTS).evaluateAll((nodes) => Math.max(0, ...nodes.map((node) => Number(node.dataset.message))));
    await act();
    const found = await this.page.waitForFunction(
      ([bots, newest]) => [...document.querySelectorAll(bots)].find((node) => Number(node.dataset.message) > newest)?.dataset.message, [BOTS, newest]);
    return this.#words(await found.jsonValue()).innerText();
  }

  /** Says something and gives the words of the bot's answer. */
  ask(text) {
    return this.answerTo(() => this.say(text));
  }

  /** Await it before the press; what it gives waits for the edit and tells the new words. */
  async editOf(button) {
    const id = await button.locator("xpath=ancestor::article").getAttribute("data-message");
    const old = await this.#words(id).innerText();
    return async () => {
      await this.page.waitForFunction(([id, old]) => document.querySelector(`[data-message="${id}"] .words`).innerText !== old, [id, old]);
      return this.#words(id).innerText();
    };
  }

  /** Presses the newest button of that name; gives the new words of its message. */
  press(name) {
    return this.pressAny(`[data-callback="v1:${name}"]`);
  }

  async pressAny(selector) {
    const button = this.page.locator(selector).last();
    await button.waitFor();
    const edited = await this.editOf(button);
    await button.click();
    const words = await edited();
    await this.page.locator('#log [aria-busy="true"]').first().waitFor({ state: "detached" });
    return words;
  }

  /** A press that may be answered by a notice, an alert or an edit. */
  async pressForAnything(name) {
    const before = await this.page.locator("#log").innerText();
    await this.button(name).click();
    await this.page.waitForFunction((old) => document.querySelector(".toast, dialog[open]") || document.querySelector("#log").innerText !== old, before);
    await this.#closeDialog();
  }

  /** Waits for a notice or an alert and gives its words. */
  async notice() {
    const shown = this.page.locator(".toast, dialog[open] .dialog-text").first();
    await shown.waitFor();
    const words = await shown.innerText();
    await this.#closeDialog();
    return words;
  }

  async #closeDialog() {
    const ok = this.page.locator("dialog[open]").getByRole("button", { name: "OK" });
    if (await ok.isVisible()) await ok.click();
  }

  #words(id) {
    return this.page.locator(`[data-message="${id}"] .words`);
  }
}
