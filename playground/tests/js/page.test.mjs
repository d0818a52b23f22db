// The whole bot through the chat page, in headless Chromium: what a player does on
// his first evening. Needs GOFROBOT_URL, the address of a running playground with a
// generous MAX_REQUESTS_PER_MINUTE. Writes pictures to SCREENSHOT_DIR when it is set.
//
// Every run makes its own people, so it does not matter who has played there before.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BOTS, Browser, contrast, Line } from "./page.browser.mjs";

const GROUP = '[data-chat^="-"]';
const nickname = `Vitya ${Date.now().toString(36).slice(-6)}`;
const CYRILLIC = /\p{Script=Cyrillic}/u;

let browser;
let vitya; // the one who plays
let lida; // the one he meets

before(async () => {
  browser = await Browser.start(process.env.GOFROBOT_URL);
  vitya = await browser.newPlayer("Vitya");
  lida = await browser.newPlayer("Lida");
});
after(() => browser?.close());

test("an empty chat greets with a card and a START button that sends /start", async () => {
  await vitya.page.getByText("What can this bot do?").waitFor();
  for (const player of [vitya, lida]) {
    await player.page.getByRole("button", { name: "START", exact: true }).click();
    await player.button("davka").waitFor();
    assert.equal(await player.messages().first().locator(".words").innerText(), "/start");
    assert.equal(await player.page.getByRole("button", { name: "START", exact: true }).isVisible(), false);
  }
});

test("the command menu filters, and Enter sends the choice", async () => {
  await vitya.input.pressSequentially("/prof");
  const options = vitya.page.getByRole("listbox", { name: "Commands" }).getByRole("option");
  await options.first().waitFor();
  for (const name of await options.allInnerTexts()) assert.match(name, /^\/prof/);
  const answer = await vitya.answerTo(() => vitya.input.press("Enter"));
  assert.match(answer, /\d/);
  await vitya.input.press("/");
  await options.first().and(vitya.page.locator("[aria-selected='true']")).waitFor();
  await vitya.input.fill("");
});

test("a davka by button edits the menu in place and changes the profile", async () => {
  const profile = await vitya.ask("/profile");
  await vitya.ask("/menu");
  await vitya.press("davka");
  assert.notEqual(await vitya.ask("/profile"), profile);
});

test("a second davka is refused in words", async () => {
  const profile = await vitya.ask("/profile");
  await vitya.ask("/menu");
  await vitya.pressForAnything("davka");
  assert.equal(await vitya.ask("/profile"), profile);
});

test("an alert waits until the form is filled in", async () => {
  const { page } = vitya;
  await page.getByRole("button", { name: /switch person/ }).click();
  await page.getByRole("button", { name: "New person" }).click();
  for (const words of ["one", "two"]) {
    await page.evaluate(async (words) => (await import("/notices.js")).alertDialog("Gofrobot", words), words);
  }
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  const alert = page.getByRole("alertdialog");
  for (const words of ["one", "two"]) {
    await alert.getByText(words).waitFor();
    await alert.getByRole("button", { name: "OK" }).click();
  }
  await alert.waitFor({ state: "hidden" });
});

test("the nickname changes by button and text", async () => {
  await vitya.ask("/menu");
  await vitya.press("nickname");
  assert.ok((await vitya.ask(nickname)).includes(nickname));
  assert.ok((await vitya.ask("/profile")).includes(nickname));
});

test("the profile's menu walks through its screens in one message", async () => {
  const profile = await vitya.ask("/profile");
  const count = await vitya.messages().count();
  const gofra = await vitya.press("gofra");
  const progress = await vitya.press("gofra_progress");
  assert.notEqual(gofra, profile);
  assert.notEqual(progress, gofra);
  assert.equal(await vitya.messages().count(), count);
  assert.match(await vitya.messages().last().getAttribute("aria-label"), /edited/);
});

test("an edit keeps the place of a reader who has scrolled up, and the focus of a keyboard player", async () => {
  const page = vitya.page;
  await vitya.ask("/profile");
  const key = vitya.button("gofra");
  await key.focus();
  const edited = await vitya.editOf(key);
  await page.keyboard.press("Enter");
  await edited();
  const focused = () => page.evaluate(() => document.activeElement.dataset.callback);
  assert.match(await focused(), /^v1:/);
  await page.locator("#scroller").evaluate((node) => node.scrollTo(0, 0));
  await page.getByRole("button", { name: "Scroll to the newest message" }).waitFor();
  const place = () => page.locator("#log > *").first().evaluate((node) => node.getBoundingClientRect().top);
  const top = await place();
  const again = await vitya.editOf(vitya.button((await focused()).slice(3)));
  await page.evaluate(() => document.activeElement.click());
  await again();
  assert.equal(await place(), top);
  await page.getByRole("button", { name: "Scroll to the newest message" }).click();
});

test("a block is seen in every tab of the person, and taken back there", async () => {
  const other = await browser.open(vitya.id);
  await vitya.page.getByRole("button", { name: "More actions" }).click();
  await vitya.page.getByRole("menuitem", { name: "Block bot" }).click();
  await other.getByRole("button", { name: "UNBLOCK" }).click();
  for (const page of [vitya.page, other]) await page.locator("#composer").waitFor();
  await other.context().close();
});

test("what comes while the page scrolls to the newest message does not stop it", async () => {
  const { page, id } = vitya;
  const answers = await page.locator(BOTS).count();
  for (let count = 0; count < 12; count += 1) await browser.post("/api/messages", { as: id, chat: id, text: `a long story\n\n\n\n${count}` });
  await page.waitForFunction(([bots, count]) => document.querySelectorAll(bots).length >= count, [BOTS, answers + 12]);
  // Again and again: the page may still be on its way to the end.
  await page.waitForFunction(() => {
    document.querySelector("#scroller").scrollTo(0, 0);
    return !document.querySelector("#to-end").hidden;
  });
  await page.getByRole("button", { name: "Scroll to the newest message" }).click();
  await browser.post("/api/messages", { as: id, chat: id, text: "the end of the story" });
  await page.waitForFunction(() => {
    const { scrollHeight, scrollTop, clientHeight } = document.querySelector("#scroller");
    return document.querySelector("#log").innerText.includes("the end of the story") && scrollHeight - scrollTop - clientHeight < 2;
  });
});

test("a duel: find the opponent, accept, and the other one gets a note", async () => {
  await vitya.ask("/rademka");
  let proposal = await vitya.press("find");
  // Whoever else plays there may be found first.
  for (let tries = 0; !proposal.includes(String(lida.id)) && tries < 30; tries += 1) {
    await vitya.ask("/rademka");
    proposal = await vitya.press("find");
  }
  assert.ok(proposal.includes(String(lida.id)), `Lida was not found: ${proposal}`);
  const note = await lida.answerTo(() => vitya.pressAny('[data-callback^="v1:duel:"]'));
  assert.ok(note.includes(nickname));
});

test("the language changes what the bot says", async () => {
  await vitya.ask("/settings");
  assert.match(await vitya.press("lang_ru"), CYRILLIC);
  assert.match(await vitya.ask("/menu"), CYRILLIC);
  await vitya.ask("/settings");
  await vitya.press("lang_en");
  assert.doesNotMatch(await vitya.ask("/menu"), CYRILLIC);
});

test("a reply is started by key and by menu, shown above the input and cancelled by Escape", async () => {
  const page = vitya.page;
  const bar = page.locator("#reply-bar");
  await vitya.input.focus();
  await page.keyboard.press("Control+ArrowUp");
  await bar.waitFor();
  await page.keyboard.press("Escape");
  await bar.waitFor({ state: "hidden" });
  await vitya.messages().last().locator(".bubble").click({ button: "right" });
  await page.getByRole("menuitem", { name: "Reply" }).click();
  await bar.waitFor();
  await vitya.answerTo(() => vitya.say("/menu"));
  await vitya.messages().locator(".quote").last().click();
  await page.locator(".message.flash").waitFor();
});

test("what people write stays text, however it looks", async () => {
  const text = '<img src="x" onerror="alert(1)"><b>bold</b>';
  for (const player of [vitya, lida]) await player.open(GROUP);
  await lida.say(text);
  for (const player of [vitya, lida]) {
    await player.messages().filter({ hasText: text }).first().waitFor();
    assert.equal(await player.page.locator("#log img[src='x'], #log b").count(), 0);
  }
});

test("a text of 4096 characters is sent whole, and a longer one is not cut", async () => {
  const { page, input } = vitya;
  const send = page.getByRole("button", { name: "Send", exact: true });
  await input.fill("\u{1f40d}".repeat(4097));
  await send.click();
  await page.locator(".toast").filter({ hasText: "4097" }).waitFor();
  await input.fill((await input.inputValue()).slice(2));
  await send.click();
  await vitya.messages().filter({ hasText: "\u{1f40d}".repeat(4096) }).first().waitFor();
});

test("a name from right to left turns no preview round", async () => {
  const arab = await browser.newPlayer("\u0645\u062d\u0645\u062f");
  const group = Number(await arab.page.locator(GROUP).getAttribute("data-chat"));
  await browser.post("/api/messages", { as: arab.id, chat: group, text: "hello" });
  const preview = vitya.page.locator(`${GROUP} .chat-last`).filter({ hasText: "hello" });
  await preview.waitFor();
  assert.ok(await preview.evaluate((node) => node.matches(":dir(ltr)")));
  await arab.page.context().close();
});

test("a photo is shown, and the bot that waits for a nickname says that it wants words", async () => {
  await vitya.open(`[data-chat="${vitya.id}"]`);
  await vitya.ask("/nickname");
  await vitya.answerTo(() => vitya.page.getByRole("button", { name: "Send a photo" }).click());
  await vitya.messages().getByRole("img", { name: "Photo" }).waitFor();
  await vitya.ask("/cancel");
});

test("the group: a menu belongs to who opened it, and a davka is made there by button", async () => {
  for (const player of [vitya, lida]) await player.open(GROUP);
  await lida.ask("/gmenu");
  await vitya.button("davka", lida.id).click();
  await vitya.notice();
  const menu = lida.button("davka", lida.id);
  const edited = await lida.editOf(menu);
  await menu.click();
  const text = await edited();
  assert.match(text, /\d/);
  await vitya.messages().last().filter({ hasText: text.split("\n")[0] }).waitFor();
});

test("a message that comes elsewhere is counted until it is read", async () => {
  const badge = vitya.page.locator(`[data-chat="${vitya.id}"] .badge`);
  assert.equal(await badge.count(), 0);
  await browser.post("/api/messages", { as: vitya.id, chat: vitya.id, text: "/menu" });
  await badge.waitFor();
  await vitya.open(`[data-chat="${vitya.id}"]`);
  await badge.waitFor({ state: "detached" });
});

test("a lost connection is shown, and nothing is missed after it", async () => {
  const line = await Line.to(browser.url);
  const page = await browser.open(lida.id, {}, { url: line.url, errorsExpected: true });
  await page.locator(GROUP).click();
  line.cut();
  await page.locator('[data-connection="connecting"]').waitFor();
  const group = Number(await page.locator(GROUP).getAttribute("data-chat"));
  await browser.post("/api/messages", { as: vitya.id, chat: group, text: `${nickname} is here` });
  line.mend();
  await page.locator("#log .message").filter({ hasText: `${nickname} is here` }).waitFor();
  await page.locator('[data-connection="online"]').waitFor();
  await page.context().close();
  line.close();
});

test("a person whom the server has forgotten is told so, and the page becomes another one's", async () => {
  const line = await Line.to(browser.url);
  const page = await browser.open(lida.id, {}, { url: line.url, errorsExpected: true });
  await page.route("**/api/events?*", (route) => route.fulfill({ status: 404, json: {} }));
  await page.route("**/api/people", async (route) => {
    const all = await (await route.fetch({ url: `${browser.url}/api/people` })).json();
    await route.fulfill({ json: all.filter(({ id }) => id !== lida.id) });
  });
  line.cut();
  line.mend();
  await page.locator(".toast").filter({ hasText: `There is no person ${lida.id}` }).waitFor();
  assert.notEqual(new URL(page.url()).searchParams.get("as"), String(lida.id));
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await page.context().close();
  line.close();
});

test("dark follows the system until the player chooses", async () => {
  const page = vitya.page;
  const lightness = () => page.locator(".side").evaluate((node) => Math.max(...getComputedStyle(node).backgroundColor.match(/\d+/g).slice(0, 3).map(Number)));
  await page.locator(GROUP).click();
  assert.ok((await lightness()) > 200);
  await page.emulateMedia({ colorScheme: "dark" });
  assert.ok((await lightness()) < 80);
  await page.getByRole("button", { name: "Dark theme" }).click();
  assert.ok((await lightness()) > 200);
  await page.reload();
  assert.ok((await lightness()) > 200);
});

test("a phone shows the list and the chat as two screens", async () => {
  const page = await browser.open(vitya.id, { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 });
  const chat = page.locator(`[data-chat="${vitya.id}"]`);
  await chat.tap();
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  assert.equal(await chat.isVisible(), false);
  await page.locator("[data-callback]").last().waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  const back = page.getByRole("link", { name: "Back to the chat list" });
  await back.tap();
  await chat.waitFor();
  // The arrow is a step back, not one further: the system's Back leaves the page.
  const before = await page.evaluate(() => history.length);
  for (const reload of [false, true]) {
    await chat.tap();
    if (reload) await page.reload();
    await back.tap();
    await chat.waitFor();
    assert.equal(new URL(page.url()).hash, "");
    assert.equal(await page.evaluate(() => history.length), before);
  }
  await page.goto(`${browser.url}/?as=${vitya.id}#${vitya.id}`);
  await page.reload();
  await back.tap();
  await chat.waitFor();
  await page.goBack();
  assert.ok(!page.url().endsWith(`#${vitya.id}`));
});

test("a new person is made on the page and opens his own chat", async () => {
  const page = lida.page;
  await page.getByRole("button", { name: /switch person/ }).click();
  await page.getByRole("button", { name: "New person" }).click();
  await page.getByLabel("First name").fill("Zoya");
  let created = 0;
  page.on("request", (request) => (created += Number(request.method() === "POST" && request.url().endsWith("/api/people"))));
  await page.getByRole("button", { name: "Create" }).dblclick();
  await page.getByRole("button", { name: "Zoya: switch person" }).waitFor();
  await page.getByRole("button", { name: "START", exact: true }).waitFor();
  assert.notEqual(new URL(page.url()).searchParams.get("as"), String(lida.id));
  assert.equal(created, 1);
});

test("a newcomer plays everything in a row", async () => {
  const gosha = await browser.newPlayer("Gosha", { deviceScaleFactor: 1.5 });
  const group = Number(await gosha.page.locator(GROUP).getAttribute("data-chat"));
  await gosha.page.getByRole("button", { name: "START", exact: true }).click();
  const caught = await gosha.press("davka");
  await browser.post("/api/messages", { as: lida.id, chat: group, text: "Who is up for a rademka tonight?" });
  await browser.post("/api/messages", { as: vitya.id, chat: group, text: "Me, as soon as the atmospheres are back" });
  await gosha.ask("/rademka");
  await gosha.press("find");
  assert.notEqual(await gosha.pressAny('[data-callback^="v1:duel:"]'), caught);
  assert.match(await gosha.page.locator(`${GROUP} .badge`).innerText(), /^[1-9]/);
  await browser.picture(gosha.page, "page.png");
  await gosha.page.setViewportSize({ width: 360, height: 740 });
  await gosha.open(`[data-chat="${gosha.id}"]`);
  await browser.picture(gosha.page, "page-phone.png");
  await gosha.page.setViewportSize({ width: 1180, height: 800 });
  await gosha.page.emulateMedia({ colorScheme: "dark" });
  await gosha.open(GROUP);
  await gosha.ask("/gmenu");
  await browser.picture(gosha.page, "page-dark.png");
});

test("every word can be read in both themes", async () => {
  const page = await browser.open(vitya.id);
  const group = Number(await page.locator(GROUP).getAttribute("data-chat"));
  const { id } = await browser.post("/api/messages", { as: lida.id, chat: group, text: "see https://example.org/" });
  await browser.post("/api/messages", { as: vitya.id, chat: group, text: "see /davka and https://example.org/", reply_to: id });
  await page.locator(GROUP).click();
  await page.locator("#log .out .quote").last().waitFor();
  await browser.post("/api/messages", { as: vitya.id, chat: vitya.id, text: "/menu" });
  await page.locator(".badge").first().waitFor();
  await page.locator("#log .message").last().press("Enter");
  await page.locator("#input").pressSequentially("/");
  await page.locator("[aria-selected='true']").waitFor();
  const words = [
    "#connection", ".bar-status", ".side-note", ".chat-lines *", ".badge", ".day span", ".sender *", ".words", ".words a", ".command-link",
    ".meta time", ".quote > *", ".quote-text > *", ".key > span", "[aria-selected='true'] > :not(img)", ".command > :not(img)",
  ];
  const check = async (words) => {
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      const pale = [];
      for (const selector of words) {
        const ratio = await page.evaluate(contrast, selector);
        if (ratio < 4.5) pale.push(`${selector}: ${ratio.toFixed(2)}`);
      }
      assert.deepEqual(pale, [], colorScheme);
    }
  };
  await check(words);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await browser.picture(page, `contrast-${colorScheme}.png`);
  }
  await page.locator("#input").fill("");
  await page.getByRole("button", { name: /switch person/ }).click();
  await page.locator(".panel-person").first().hover();
  await check([".panel-title", ".panel-names > *", ".panel-add"]);
  await page.getByRole("button", { name: "New person" }).click();
  await check([".dialog-title", ".dialog-field", ".plain"]);
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await page.locator(`[data-chat="${vitya.id}"]`).click();
  await page.getByRole("button", { name: "More actions" }).click();
  await check([".menu-item"]);
  await page.getByRole("menuitem", { name: "Block bot" }).click();
  await page.getByRole("button", { name: "UNBLOCK" }).waitFor();
  await check([".start"]);
  await page.getByRole("button", { name: "UNBLOCK" }).click();
  await page.context().close();
});

test("the longest name without a space breaks nothing", async () => {
  const long = await browser.newPlayer("W".repeat(64));
  const group = Number(await long.page.locator(GROUP).getAttribute("data-chat"));
  const { id } = await browser.post("/api/messages", { as: long.id, chat: group, text: "hi" });
  await browser.post("/api/messages", { as: long.id, chat: group, text: "ha", reply_to: id });
  for (const width of [320, 360]) {
    const page = await browser.open(lida.id, { viewport: { width, height: 640 } });
    const fits = () => page.evaluate(() => [...document.querySelectorAll("body *")].filter((node) => {
      const box = node.getBoundingClientRect();
      return box.width > 0 && !node.closest("svg, .chat-last") && (box.right > innerWidth + 1 || box.left < -1);
    }).map((node) => node.outerHTML.slice(0, 80)));
    await page.getByRole("button", { name: /switch person/ }).click();
    await page.locator(`[data-person="${long.id}"]`).waitFor();
    assert.deepEqual(await fits(), []);
    await browser.picture(page, `long-names-panel-${width}.png`);
    await page.keyboard.press("Escape");
    await page.locator(GROUP).click();
    await page.locator("#log .quote").last().waitFor();
    await page.locator("#log .message").last().press("Enter");
    await page.locator("#reply-bar").waitFor();
    assert.deepEqual(await fits(), []);
    await browser.picture(page, `long-names-${width}.png`);
    await page.context().close();
  }
});

test("the browser had nothing to complain about", () => assert.deepEqual(browser.errors, []));
