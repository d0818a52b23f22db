//! Updates as Telegram sends them, as nobody should, and as chance writes them.

mod messages;
mod strange;

use super::*;
use serde_json::{Value, json};

const ADMIN: UserId = 99;

fn bot() -> Bot {
    Bot {
        id: 500,
        username: "GofroBot".to_owned(),
    }
}

fn read(update: &Value) -> Result<Decoded, Unreadable> {
    decode(update.to_string().as_bytes(), &bot(), &[ADMIN])
}

fn play(update: &Value) -> Incoming {
    match read(update) {
        Ok(Decoded::Play(incoming)) => incoming,
        other => panic!("{update} is {other:?}"),
    }
}

fn ignored(update: &Value) -> &'static str {
    match read(update) {
        Ok(Decoded::Ignore(reason)) => reason,
        other => panic!("{update} is {other:?}"),
    }
}

fn message(chat: Value, more: Value) -> Value {
    let mut message = json!({
        "message_id": 5, "date": 1_700_000_000, "chat": chat,
        "from": {"id": 7, "is_bot": false, "first_name": "Gosha", "language_code": "ru-RU"},
    });
    for (key, value) in more.as_object().unwrap() {
        message[key] = value.clone();
    }
    json!({"update_id": 11, "message": message})
}

fn private(more: Value) -> Value {
    message(
        json!({"id": 7, "type": "private", "first_name": "Gosha"}),
        more,
    )
}

fn group(more: Value) -> Value {
    message(
        json!({"id": -100, "type": "supergroup", "title": "Yard"}),
        more,
    )
}

fn press(data: &str, message: Value) -> Value {
    json!({"update_id": 12, "callback_query": {
        "id": "4382", "from": {"id": 7, "is_bot": false, "first_name": "Gosha"},
        "message": message, "chat_instance": "1", "data": data,
    }})
}

#[test]
fn presses() {
    let in_private = json!({"message_id": 5, "date": 1, "chat": {"id": 7, "type": "private"}});
    let incoming = play(&press("v1:davka", in_private.clone()));
    assert_eq!(incoming.turn.action, Action::Davka);
    assert_eq!(
        incoming.reply,
        ReplyTo::Press {
            callback_id: "4382".to_owned(),
            menu: Some(Menu {
                chat_id: 7,
                message_id: Some(5),
                thread_id: None,
            }),
        }
    );

    let in_group =
        json!({"message_id": 5, "date": 1, "chat": {"id": -100, "type": "group", "title": "Yard"}});
    assert_eq!(
        play(&press("v1:davka:7", in_group.clone())).turn.action,
        Action::Davka
    );
    let foreign = Action::Decline(Decline::ForeignMenu);
    let pressed = play(&press("v1:davka:8", in_group.clone())).turn;
    assert_eq!(pressed.action, foreign);
    // Data that claims somebody else's menu for oneself.
    let mut of_another = in_group;
    of_another["reply_markup"] =
        json!({"inline_keyboard": [[{"text": "Davka", "callback_data": "v1:davka:8"}]]});
    let pressed = play(&press("v1:davka:7", of_another.clone())).turn;
    assert_eq!(pressed.action, foreign);
    of_another["reply_markup"] = json!([1]);
    let pressed = play(&press("v1:davka:7", of_another)).turn;
    assert_eq!(pressed.action, Action::Davka);

    // A message the bot can no longer reach still says where it was.
    let gone = play(&press(
        "v1:davka",
        json!({"message_id": 5, "date": 0, "chat": {"id": 7, "type": "private"}}),
    ));
    assert_eq!(gone.turn.action, Action::Davka);
    let ReplyTo::Press { menu, .. } = gone.reply else {
        panic!("a press")
    };
    assert_eq!(
        menu.map(|menu| (menu.chat_id, menu.message_id)),
        Some((7, None))
    );

    let in_topic = json!({"message_id": 5, "date": 1, "chat": {"id": -100, "type": "supergroup"},
        "is_topic_message": true, "message_thread_id": 3});
    let ReplyTo::Press { menu, .. } = play(&press("v1:davka:7", in_topic)).reply else {
        panic!("a press")
    };
    assert_eq!(menu.and_then(|menu| menu.thread_id), Some(3));

    let stale = Action::Decline(Decline::StaleButton);
    assert_eq!(play(&press("v1:davka", Value::Null)).turn.action, stale);
    let in_channel = json!({"message_id": 5, "date": 1, "chat": {"id": -9, "type": "channel"}});
    assert_eq!(play(&press("v1:davka", in_channel)).turn.action, stale);
    let mut of_a_game = press("", in_private);
    of_a_game["callback_query"]
        .as_object_mut()
        .unwrap()
        .remove("data");
    assert_eq!(play(&of_a_game).turn.action, stale);
}
