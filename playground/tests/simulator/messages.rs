//! Messages of the bot: what is accepted, what is refused and in which words.

use serde_json::{Value, json};

use crate::world::{GOSHA, GROUP, LENA, World};

fn keyboard(data: &str) -> Value {
    json!({ "inline_keyboard": [[{ "text": "button", "callback_data": data }]] })
}

#[tokio::test]
async fn a_message_is_kept_as_plain_text_with_entities() {
    let world = World::new().await.introduced().await;
    let params = json!({
        "chat_id": GOSHA, "parse_mode": "HTML",
        "text": "<b>Гофра</b> 🙂 <a href=\"tg://user?id=1002\">Lena</a>, see /top",
    });
    let sent = world.ok("sendMessage", params).await;
    assert_eq!(sent["text"], "Гофра 🙂 Lena, see /top");
    assert_eq!(sent["from"]["id"], 4200);
    assert_eq!(sent["chat"]["type"], "private");
    let entities = sent["entities"].as_array().unwrap();
    let kinds: Vec<_> = entities
        .iter()
        .map(|e| (e["type"].as_str().unwrap(), e["offset"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        kinds,
        [("bold", 0), ("text_mention", 9), ("bot_command", 19)]
    );
    assert_eq!(entities[1]["user"]["first_name"], "Lena");
    let seen = world.simulator.history(GOSHA, GOSHA, 1).remove(0);
    assert_eq!(seen.text, "Гофра 🙂 Lena, see /top");
    assert!(seen.from.is_bot);
}

#[tokio::test]
async fn entities_may_come_beside_the_text() {
    let world = World::new().await.introduced().await;
    let lena = json!({ "id": LENA, "is_bot": false, "first_name": "forged" });
    let nobody = json!({ "id": 5, "is_bot": false, "first_name": "forged" });
    let entities = json!([
        { "type": "bold", "offset": 0, "length": 7 },
        { "type": "bot_command", "offset": 0, "length": 400 },
        { "type": "text_mention", "offset": 2, "length": 4, "user": lena },
        { "type": "text_mention", "offset": 0, "length": 1, "user": nobody },
    ]);
    let params = json!({ "chat_id": GOSHA, "text": "  Lena ", "entities": entities.to_string() });
    let sent = world.ok("sendMessage", params).await;
    assert_eq!(sent["text"], "Lena");
    let user = &sent["entities"][1]["user"];
    assert_eq!(
        (&user["id"], &user["first_name"]),
        (&json!(LENA), &json!("Lena"))
    );
    assert_eq!(
        sent["entities"][0],
        json!({ "type": "bold", "offset": 0, "length": 4 })
    );
    assert_eq!(sent["entities"].as_array().map(Vec::len), Some(2));

    let cases = [
        (
            json!({ "type": "bold", "offset": 9, "length": 1 }),
            "entity begins after the end of the text at UTF-16 offset 9",
        ),
        (
            json!({ "type": "bold", "offset": 3, "length": 6 }),
            "entity beginning at UTF-16 offset 3 ends after the end of the text at UTF-16 offset 9",
        ),
        (
            json!({ "type": "shout", "offset": 0, "length": 1 }),
            "can't parse MessageEntity: Unsupported type specified",
        ),
    ];
    for (entity, words) in cases {
        let params = json!({ "chat_id": GOSHA, "text": "aba caba", "entities": [entity] });
        assert_eq!(
            world.refused("sendMessage", params).await,
            format!("Bad Request: {words}")
        );
    }
    // None is a mode too.
    let bold = json!([{ "type": "bold", "offset": 0, "length": 1 }]);
    let params = json!({ "chat_id": GOSHA, "text": "*", "parse_mode": "None", "entities": bold });
    assert_eq!(world.ok("sendMessage", params).await["entities"], bold);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_in_telegrams_words() {
    let world = World::new().await.introduced().await;
    world.simulator.add_person(gofrobot::simulator::Person {
        id: 1003,
        is_bot: false,
        first_name: "Silent".to_owned(),
        username: None,
        language_code: None,
    });
    world.simulator.set_blocked(LENA, true);
    let cases = [
        (json!({ "text": "x" }), "Bad Request: chat_id is empty"),
        (
            json!({ "chat_id": 5, "text": "x" }),
            "Bad Request: chat not found",
        ),
        (
            json!({ "chat_id": "@nobody", "text": "x" }),
            "Bad Request: chat not found",
        ),
        (
            json!({ "chat_id": LENA, "text": "x" }),
            "Forbidden: bot was blocked by the user",
        ),
        (
            json!({ "chat_id": 1003, "text": "x" }),
            "Forbidden: bot can't initiate conversation with a user",
        ),
        (
            json!({ "chat_id": GOSHA }),
            "Bad Request: message text is empty",
        ),
        (
            json!({ "chat_id": GOSHA, "text": " \n" }),
            "Bad Request: text must be non-empty",
        ),
        (
            json!({ "chat_id": GOSHA, "text": "ы".repeat(4097) }),
            "Bad Request: message is too long",
        ),
        (
            json!({ "chat_id": GOSHA, "text": "&".repeat(32_769), "parse_mode": "HTML" }),
            "Bad Request: text is too long",
        ),
        (
            json!({ "chat_id": GOSHA, "text": "<b>x", "parse_mode": "HTML" }),
            "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"",
        ),
        (
            json!({ "chat_id": GOSHA, "text": "1.5", "parse_mode": "MarkdownV2" }),
            "Bad Request: can't parse entities: Character '.' is reserved and must be escaped with \
             the preceding '\\'",
        ),
        (
            json!({ "chat_id": GOSHA, "text": "x", "parse_mode": "TeX" }),
            "Bad Request: unsupported parse_mode",
        ),
        (
            json!({ "chat_id": GOSHA, "text": "x", "reply_markup": keyboard(&"d".repeat(65)) }),
            "Bad Request: BUTTON_DATA_INVALID",
        ),
        (
            json!({ "chat_id": GOSHA, "text": "x", "reply_markup": "{" }),
            "Bad Request: can't parse reply keyboard markup JSON object",
        ),
        (
            json!({ "chat_id": GOSHA, "text": "x", "reply_to_message_id": 999 }),
            "Bad Request: message to be replied not found",
        ),
        (
            json!({ "chat_id": GOSHA, "text": "x", "reply_parameters": { "message_id": 1, "chat_id": GROUP } }),
            "Bad Request: message to be replied not found",
        ),
    ];
    for (params, words) in cases {
        assert_eq!(
            world.refused("sendMessage", params.clone()).await,
            words,
            "{params}"
        );
    }
    // The limits themselves pass: 4096 characters after the markup, 64 bytes of data.
    let text = format!("<b>{}</b>", "ы".repeat(4096));
    let params = json!({
        "chat_id": GOSHA, "text": text, "parse_mode": "HTML",
        "reply_markup": keyboard(&"d".repeat(64)),
        "reply_parameters": { "message_id": 999, "allow_sending_without_reply": true },
    });
    let sent = world.ok("sendMessage", params).await;
    assert!(sent.get("reply_to_message").is_none());
    // Numbers may be strings inside of nested values too.
    let params = json!({
        "chat_id": GOSHA, "text": "xy",
        "entities": [{ "type": "bold", "offset": "0", "length": "2" }],
        "reply_parameters": { "message_id": "1", "chat_id": GOSHA.to_string() },
    });
    let sent = world.ok("sendMessage", params).await;
    assert_eq!(sent["reply_to_message"]["message_id"], 1);
    assert_eq!(sent["entities"][0]["length"], 2);
}

#[tokio::test]
async fn buttons_are_checked() {
    let world = World::new().await.introduced().await;
    let send = |buttons: Value| json!({ "chat_id": GOSHA, "text": "x", "reply_markup": { "inline_keyboard": [buttons] } });
    let url = |url: &str| json!([{ "text": "x", "url": url }]);
    let app = |url: &str| json!([{ "text": "x", "web_app": { "url": url } }]);
    let textless = "can't parse inline keyboard button: Can't find field \"text\"";
    let idle = "can't parse inline keyboard button: Text buttons are unallowed in the inline \
                keyboard";
    let cases = [
        (json!([{ "text": "x" }]), idle),
        (json!([{ "text": "x", "callback_data": "" }]), idle),
        (json!([{ "callback_data": "x" }]), textless),
        (
            url("localhost/x"),
            "inline keyboard button URL 'localhost/x' is invalid: Wrong HTTP URL",
        ),
        (
            url("ftp://a.example"),
            "inline keyboard button URL 'ftp://a.example' is invalid: Unsupported URL protocol",
        ),
        (
            app("http://a.example"),
            "inline keyboard button Web App URL 'http://a.example' is invalid: Only HTTPS links \
             are allowed",
        ),
        (
            Value::from(vec![url("a.example")[0].clone(); 101]),
            "reply markup is too long",
        ),
    ];
    for (buttons, words) in cases {
        assert_eq!(
            world.refused("sendMessage", send(buttons)).await,
            format!("Bad Request: {words}")
        );
    }
    let accepted = [
        url("HTTPS://a.example/?b"),
        url("a.example"),
        url("tg://user?id=1"),
        app("https://a.example"),
        json!([{ "text": "x", "login_url": { "url": "https://a.example" } }]),
        json!([{ "text": "x", "switch_inline_query_chosen_chat": { "query": "q" } }]),
        Value::from(vec![url("a.example")[0].clone(); 100]),
    ];
    for buttons in accepted {
        let sent = world.ok("sendMessage", send(buttons.clone())).await;
        assert_eq!(sent["reply_markup"]["inline_keyboard"][0], buttons);
    }
}

#[tokio::test]
async fn edits_change_a_message_in_place() {
    let world = World::new().await.introduced().await;
    let id = world.bot_says(GOSHA, "one").await;
    let markup = keyboard("v1:menu");
    let edit = |text: &str| json!({ "chat_id": GOSHA, "message_id": id, "text": text, "reply_markup": markup });
    let edited = world.ok("editMessageText", edit("two")).await;
    assert_eq!(edited["text"], "two");
    assert!(edited["edit_date"].is_i64());
    let not_modified = "Bad Request: message is not modified: specified new message content and \
                        reply markup are exactly the same as a current content and reply markup \
                        of the message";
    assert_eq!(
        world.refused("editMessageText", edit("two")).await,
        not_modified
    );
    let same = json!({ "chat_id": GOSHA, "message_id": id, "reply_markup": markup });
    assert_eq!(
        world.refused("editMessageReplyMarkup", same).await,
        not_modified
    );
    let bare = json!({ "chat_id": GOSHA, "message_id": id });
    let edited = world.ok("editMessageReplyMarkup", bare).await;
    assert!(edited.get("reply_markup").is_none());
    assert_eq!(edited["text"], "two");

    let others = [
        json!({ "keyboard": [["x"]] }),
        json!({ "remove_keyboard": true }),
        json!({ "force_reply": true }),
    ];
    for markup in others {
        let edit =
            json!({ "chat_id": GOSHA, "message_id": id, "text": "x", "reply_markup": markup });
        for method in ["editMessageText", "editMessageReplyMarkup"] {
            assert_eq!(
                world.refused(method, edit.clone()).await,
                "Bad Request: inline keyboard expected"
            );
        }
    }

    let missing = json!({ "chat_id": GOSHA, "message_id": 999, "text": "x" });
    assert_eq!(
        world.refused("editMessageText", missing).await,
        "Bad Request: message to edit not found"
    );
    let theirs = json!({ "chat_id": GOSHA, "message_id": 1, "text": "x" });
    assert_eq!(
        world.refused("editMessageText", theirs).await,
        "Bad Request: message can't be edited"
    );
    let unnamed = json!({ "chat_id": GOSHA, "text": "x" });
    assert_eq!(
        world.refused("editMessageText", unnamed).await,
        "Bad Request: message identifier is not specified"
    );
}

#[tokio::test]
async fn deleted_is_gone_and_reactions_need_a_message() {
    let world = World::new().await.introduced().await;
    let id = world.bot_says(GROUP, "soon gone").await;
    let place = json!({ "chat_id": GROUP, "message_id": id });
    let reaction = json!({
        "chat_id": GROUP, "message_id": id, "reaction": [{ "type": "emoji", "emoji": "👍" }],
    });
    assert_eq!(world.ok("setMessageReaction", reaction.clone()).await, true);
    assert_eq!(world.ok("deleteMessage", place.clone()).await, true);
    assert_eq!(
        world.refused("deleteMessage", place).await,
        "Bad Request: message to delete not found"
    );
    assert_eq!(
        world.refused("setMessageReaction", reaction).await,
        "Bad Request: message to react not found"
    );
    assert!(world.simulator.history(GOSHA, GROUP, 10).is_empty());
    assert_eq!(
        world
            .refused("deleteMessage", json!({ "message_id": id }))
            .await,
        "Bad Request: chat identifier is not specified"
    );
    // What others say: in a private chat it can be deleted, in a group the bot is nobody special.
    world.simulator.say(GOSHA, GOSHA, "private", None).unwrap();
    let private = world.simulator.history(GOSHA, GOSHA, 1).remove(0).id;
    let place = json!({ "chat_id": GOSHA, "message_id": private });
    assert_eq!(world.ok("deleteMessage", place).await, true);
    let said = world.simulator.say(GOSHA, GROUP, "public", None).unwrap();
    let place = json!({ "chat_id": GROUP, "message_id": said.message_id });
    assert_eq!(
        world.refused("deleteMessage", place).await,
        "Bad Request: message can't be deleted"
    );
}

#[tokio::test]
async fn history_is_bounded() {
    let options = gofrobot::simulator::Options {
        history: 3,
        ..Default::default()
    };
    let world = World::with(options).await.introduced().await;
    let mut first = 0;
    for n in 0..5 {
        let id = world.bot_says(GOSHA, &n.to_string()).await;
        first = if first == 0 { id } else { first };
    }
    let texts: Vec<_> = world
        .simulator
        .history(GOSHA, GOSHA, 10)
        .into_iter()
        .map(|it| it.text)
        .collect();
    assert_eq!(texts, ["2", "3", "4"]);
    let old = json!({ "chat_id": GOSHA, "message_id": first, "text": "x" });
    assert_eq!(
        world.refused("editMessageText", old).await,
        "Bad Request: message to edit not found"
    );
}

#[tokio::test]
async fn callback_answers_reach_the_one_who_pressed() {
    let world = World::new().await.introduced().await;
    let id = world.bot_says(GROUP, "press").await;
    let mut events = world.simulator.subscribe();
    let query = world
        .simulator
        .press(LENA, GROUP, id, "forged")
        .unwrap()
        .callback_query_id;
    let answer =
        |text: String| json!({ "callback_query_id": query, "text": text, "show_alert": true });
    assert_eq!(
        world
            .refused("answerCallbackQuery", answer("x".repeat(201)))
            .await,
        "Bad Request: MESSAGE_TOO_LONG"
    );
    assert_eq!(
        world
            .ok("answerCallbackQuery", answer("y".repeat(200)))
            .await,
        true
    );
    let shown = gofrobot::simulator::Event::CallbackAnswered {
        user: LENA,
        query: query.clone(),
        text: "y".repeat(200),
        show_alert: true,
    };
    assert_eq!(events.recv().await.unwrap(), shown);
    // A second answer is accepted and shown to nobody.
    assert_eq!(
        world
            .ok("answerCallbackQuery", answer("again".to_owned()))
            .await,
        true
    );
    assert!(events.try_recv().is_err());
    assert_eq!(
        world
            .refused("answerCallbackQuery", json!({ "callback_query_id": "17" }))
            .await,
        "Bad Request: query is too old and response timeout expired or query ID is invalid"
    );
}
