//! What is nobody's turn, what is no update, and what is too much of it.

use super::{bot, group, ignored, message, play, private, read};
use crate::game::action::{Action, Place};
use crate::incoming::message::LONGEST_TEXT;
use crate::incoming::{LONGEST_TITLE, decode};
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn what_is_nobodys_turn_is_ignored() {
    let mut from_bot = group(json!({"text": "/gdavka"}));
    from_bot["message"]["from"]["is_bot"] = json!(true);
    let mut nobody = private(json!({"text": "/davka"}));
    nobody["message"].as_object_mut().unwrap().remove("from");
    let channel = json!({"id": -9, "type": "channel", "title": "News"});
    for (update, expect) in [
        (from_bot, "bot"),
        (nobody, "no_sender"),
        (
            message(channel.clone(), json!({"text": "/davka"})),
            "other_chat",
        ),
        (
            message(
                json!({"id": -9, "type": "ether"}),
                json!({"text": "/davka"}),
            ),
            "other_chat",
        ),
        (
            group(json!({"text": "/gdavka", "sender_chat": channel})),
            "on_behalf_of_a_chat",
        ),
        (
            json!({"update_id": 1, "edited_message": {"anything": [1, {}]}}),
            "edited",
        ),
        (json!({"update_id": 1, "channel_post": {}}), "channel_post"),
        (
            json!({"update_id": 1, "inline_query": {"id": "1"}}),
            "other_kind",
        ),
        (
            json!({"update_id": 1, "message": null, "telepathy": {"deep": true}}),
            "other_kind",
        ),
        (json!({"update_id": 1}), "other_kind"),
    ] {
        assert_eq!(ignored(&update), expect, "{update}");
    }
}

#[test]
fn what_is_no_update_is_unreadable() {
    let mut forged = private(json!({"text": "/davka"}));
    forged["message"]["from"]["id"] = json!(1_i64 << 52);
    let mut negative = private(json!({"text": "/davka"}));
    negative["message"]["from"]["id"] = json!(-7);
    for body in [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        "{\"update_id\":".to_owned(),
        "{\"update_id\":1e400}".to_owned(),
        "{\"update_id\":99999999999999999999999}".to_owned(),
        "{\"update_id\":\"1\"}".to_owned(),
        "{\"update_id\":1,\"message\":5}".to_owned(),
        "{\"update_id\":1,\"message\":{}}".to_owned(),
        "{\"update_id\":1,\"callback_query\":{\"id\":7}}".to_owned(),
        private(json!({"text": 5})).to_string(),
        private(json!({"message_id": 1_i64 << 40, "text": "/davka"})).to_string(),
        message(
            json!({"id": i64::MIN, "type": "group"}),
            json!({"text": "/gdavka"}),
        )
        .to_string(),
        forged.to_string(),
        negative.to_string(),
    ] {
        let error = decode(body.as_bytes(), &bot(), &[]).unwrap_err();
        assert!(
            !error.reason.is_empty() && !error.reason.contains("davka"),
            "{body}: {error}"
        );
    }
    assert!(
        decode(
            b"{\"update_id\":1,\"message\":{\"text\":\"\xff\"}}",
            &bot(),
            &[]
        )
        .is_err()
    );
}

#[test]
fn texts_and_titles_are_bounded_and_storable() {
    let long = "я".repeat(1 << 20);
    let Action::Say(said) = play(&private(json!({"text": long}))).turn.action else {
        panic!("a text is said");
    };
    assert_eq!(said.chars().count(), LONGEST_TEXT);

    let chat = json!({"id": -100, "type": "group", "title": format!("Ya\u{0}rd{long}")});
    let Place::Group { title, .. } = play(&message(chat, json!({"text": "/gdavka"}))).turn.place
    else {
        panic!("a group is a group");
    };
    assert!(title.starts_with("Yardя"));
    assert_eq!(title.chars().count(), LONGEST_TITLE);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        "/[a-z]{0,9}(@gofrobot)?".prop_map(Value::from),
        "v1:[a-z_]{0,9}(:[0-9]{1,3})?".prop_map(Value::from),
        Just(json!("private")),
        Just(json!("supergroup")),
    ];
    let key = prop::sample::select(vec![
        "update_id",
        "message",
        "callback_query",
        "message_id",
        "chat",
        "from",
        "id",
        "type",
        "text",
        "data",
        "is_bot",
        "title",
        "reply_to_message",
        "photo",
        "date",
        "language_code",
        "other",
    ]);
    leaf.prop_recursive(5, 60, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key.clone(), inner, 0..8).prop_map(|map| map
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _ = decode(&bytes, &bot(), &[]);
    }

    #[test]
    fn no_json_makes_it_panic(update_id: i64, message in any_json(), query in any_json()) {
        let _ = read(&json!({"update_id": update_id, "message": message}));
        let _ = read(&json!({"update_id": update_id, "callback_query": query}));
    }

    #[test]
    fn any_text_in_any_chat_is_read(text in "\\PC{0,40}", in_group: bool) {
        let update = if in_group { group(json!({"text": text})) } else { private(json!({"text": text})) };
        prop_assert!(read(&update).is_ok());
    }
}
