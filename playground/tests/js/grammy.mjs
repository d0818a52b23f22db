// A bot written with grammY, an independent client of the Bot API. The Rust test that starts it is its user: it writes,
// presses, and watches what comes back. Every call here goes through the library's own types and error handling.

import assert from "node:assert/strict";
import { Bot, GrammyError, InlineKeyboard, InputFile } from "grammy";

const { API_ROOT, BOT_TOKEN } = process.env;
const bot = new Bot(BOT_TOKEN, { client: { apiRoot: API_ROOT } });

async function refused(call, words) {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof GrammyError, String(error));
    assert.equal(error.description, words);
    return true;
  });
}

bot.command("start", async (context) => {
  assert.equal(context.from.language_code, "ru");
  const keyboard = new InlineKeyboard().text("Davka", "v1:davka").url("Site", "https://example.org/");
  const sent = await context.reply("<b>Hello</b> there", {
    parse_mode: "HTML",
    reply_markup: keyboard,
    reply_parameters: { message_id: context.msgId },
  });
  assert.deepEqual(sent.entities, [{ type: "bold", offset: 0, length: 5 }]);
});

bot.callbackQuery("v1:davka", async (context) => {
  await context.answerCallbackQuery({ text: "Caught", show_alert: true });
  await context.editMessageText("A zmiy of 80 g");
  await refused(
    context.editMessageText("A zmiy of 80 g"),
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a " +
      "current content and reply markup of the message",
  );
});

bot.command("files", async (context) => {
  await context.replyWithChatAction("upload_document");
  const file = new InputFile(Buffer.from("a,b\n1,2\n"), "table.csv");
  const sent = await context.replyWithDocument(file, { caption: "A table" });
  assert.equal(sent.document.file_size, 8);
  const photo = await context.replyWithPhoto(new InputFile(Buffer.alloc(100), "photo.png"));
  assert.equal(photo.photo[0].file_size, 100);
});

bot.command("group", async (context) => {
  assert.equal(context.chat.type, "supergroup");
  assert.equal(await context.getChatMemberCount(), 3);
  assert.equal((await context.getAuthor()).status, "creator");
  await context.react("👍");
  await refused(bot.api.sendMessage(context.chat.id, ""), "Bad Request: message text is empty");
  await refused(bot.api.sendMessage(5, "hi"), "Bad Request: chat not found");
  await refused(context.deleteMessage(), "Bad Request: message can't be deleted");
  const sent = await context.reply("Soon gone");
  await bot.api.deleteMessage(context.chat.id, sent.message_id);
});

bot.command("quit", async () => {
  // Not awaited: stopping waits for the handler that stops it.
  void bot.stop();
});

bot.catch((error) => {
  console.error(error.error);
  process.exit(1);
});

await bot.api.setMyCommands([{ command: "davka", description: "Push" }], {
  scope: { type: "all_private_chats" },
  language_code: "ru",
});
await bot.start({ allowed_updates: ["message", "callback_query"] });
