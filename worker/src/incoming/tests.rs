//! Updates as Telegram sends them, as nobody should, and as chance writes them.

use super::*;
use crate::game::action::{TopKey, View};
use proptest::prelude::*;
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
fn commands_of_private_chats() {
    let decline = Action::Decline;
    for (text, expect) in [
        ("/start", Action::Start),
        ("/start from_a_link", Action::Start),
        ("/START@gofroBOT", Action::Start),
        ("/menu", Action::Show(View::Menu)),
        ("/help", Action::Show(View::Help)),
        ("/davka", Action::Davka),
        ("/davka!", Action::Davka),
        ("/uletet", Action::Uletet),
        ("/profile", Action::Show(View::Profile)),
        ("/gofra", Action::Show(View::Gofra)),
        ("/cable", Action::Show(View::Cable)),
        ("/atm", Action::Show(View::Atm)),
        ("/top", Action::Show(View::Top(TopKey::Gofra))),
        ("/nickname", Action::AskNickname),
        ("/cancel", Action::Cancel),
        ("/rademka", Action::Show(View::Rademka)),
        ("/stats", Action::Show(View::Stats)),
        ("/settings", Action::Show(View::Settings)),
        ("/admin", decline(Decline::AdminsOnly)),
        ("/gdavka", decline(Decline::GroupOnly)),
        ("/gmenu", decline(Decline::GroupOnly)),
        ("/gtop", decline(Decline::GroupOnly)),
        ("/fight", decline(Decline::GroupOnly)),
        ("/dance", decline(Decline::UnknownCommand)),
        ("/ davka", Action::Say("/ davka".to_owned())),
        ("davka", Action::Say("davka".to_owned())),
    ] {
        assert_eq!(
            play(&private(json!({"text": text}))).turn.action,
            expect,
            "{text}"
        );
    }
    assert_eq!(
        ignored(&private(json!({"text": "/start@OtherBot"}))),
        "other_bot"
    );
}

#[test]
fn commands_of_groups() {
    let decline = Action::Decline;
    for (text, expect) in [
        ("/start@gofrobot", Action::Start),
        ("/gmenu", Action::Show(View::Menu)),
        ("/ghelp", Action::Show(View::Help)),
        ("/gdavka@GofroBot now", Action::Davka),
        ("/uletet", Action::Uletet),
        ("/profile", Action::Show(View::Profile)),
        ("/top", Action::Show(View::Top(TopKey::Gofra))),
        ("/gtop", Action::Show(View::ChatTop)),
        ("/gstats", Action::Show(View::ChatStats)),
        ("/gme", Action::Show(View::ChatMe)),
        ("/grademka", Action::Show(View::Rademka)),
        ("/fight", decline(Decline::FightWithoutReply)),
        ("/nickname", decline(Decline::PrivateOnly)),
        ("/cancel", decline(Decline::PrivateOnly)),
        ("/stats", decline(Decline::PrivateOnly)),
        ("/settings", decline(Decline::PrivateOnly)),
        ("/admin", decline(Decline::PrivateOnly)),
        ("/davka", decline(Decline::PrivateOnly)),
    ] {
        assert_eq!(
            play(&group(json!({"text": text}))).turn.action,
            expect,
            "{text}"
        );
    }
    for (text, expect) in [
        ("/dance", "unknown_command"),
        ("/gdavka@OtherBot", "other_bot"),
        ("hello", "group_chatter"),
        ("davka", "group_chatter"),
    ] {
        assert_eq!(ignored(&group(json!({"text": text}))), expect, "{text}");
    }
}

#[test]
fn administrators_are_known_by_id() {
    let mut update = private(json!({"text": "/admin"}));
    update["message"]["from"]["id"] = json!(ADMIN);
    assert_eq!(play(&update).turn.action, Action::Show(View::Admin));
}

#[test]
fn a_turn_knows_who_where_and_what_to_answer() {
    let incoming = play(&private(json!({"text": "/davka"})));
    assert_eq!(
        incoming.turn,
        Turn {
            update_id: 11,
            user_id: 7,
            language_code: Some(Language::Ru),
            place: Place::Private,
            action: Action::Davka,
        }
    );
    let to = |thread_id| ReplyTo::Message {
        chat_id: -100,
        message_id: 5,
        thread_id,
        in_group: true,
    };
    let incoming = play(&group(
        json!({"text": "/gdavka", "message_thread_id": 3, "is_topic_message": true}),
    ));
    assert_eq!(incoming.reply, to(Some(3)));
    let incoming = play(&group(json!({"text": "/gdavka", "message_thread_id": 3})));
    assert_eq!(incoming.reply, to(None));
    assert_eq!(
        incoming.turn.place,
        Place::Group {
            chat_id: -100,
            title: "Yard".to_owned()
        }
    );
}

#[test]
fn a_duel_by_reply() {
    let fight = |reply: Value, more: Value| {
        let mut update = group(json!({"text": "/fight", "reply_to_message": reply}));
        for (key, value) in more.as_object().unwrap() {
            update["message"][key] = value.clone();
        }
        play(&update).turn.action
    };
    let by = |id: i64, is_bot: bool| json!({"message_id": 3, "from": {"id": id, "is_bot": is_bot}, "chat": {"id": -100}});
    let with = |defender, is_bot| Action::Fight { defender, is_bot };
    assert_eq!(fight(by(8, false), json!({})), with(8, false));
    assert_eq!(fight(by(500, true), json!({})), with(500, true));
    assert_eq!(
        fight(by(8, false), json!({"text": "/grademka"})),
        with(8, false)
    );

    // The first message of a topic is replied to by all of it, which means nothing.
    let topic = json!({"message_thread_id": 3, "is_topic_message": true});
    assert_eq!(
        fight(by(8, false), topic),
        Action::Decline(Decline::FightWithoutReply)
    );

    let mut channel = by(777_000, false);
    channel["sender_chat"] = json!({"id": -200, "type": "channel"});
    assert_eq!(fight(channel, json!({})), with(777_000, true));
    assert_eq!(
        fight(json!({"message_id": 3}), json!({})),
        Action::Decline(Decline::FightWithoutReply)
    );
}

#[test]
fn a_word_said_to_the_bot_in_a_group() {
    let to = |id: i64| json!({"message_id": 3, "from": {"id": id, "is_bot": true}});
    let said = group(json!({"text": "Давка!", "reply_to_message": to(500)}));
    assert_eq!(play(&said).turn.action, Action::Davka);
    for (text, id) in [("Давка!", 501), ("thanks", 500)] {
        let said = group(json!({"text": text, "reply_to_message": to(id)}));
        assert_eq!(ignored(&said), "group_chatter", "{text}");
    }
}

#[test]
fn media_and_service_messages() {
    assert_eq!(
        play(&private(json!({"photo": [{"file_id": "x"}]})))
            .turn
            .action,
        Action::Media
    );
    let gif =
        json!({"animation": {"file_id": "x"}, "document": {"file_id": "x"}, "caption": "/davka"});
    assert_eq!(play(&private(gif)).turn.action, Action::Media);
    assert_eq!(ignored(&group(json!({"sticker": {}}))), "group_chatter");
    assert_eq!(
        ignored(&group(json!({"new_chat_members": []}))),
        "service_message"
    );
    assert_eq!(
        ignored(&private(json!({"pinned_message": {}}))),
        "service_message"
    );
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
            message: Some((7, 5)),
            in_group: false
        }
    );

    let in_group =
        json!({"message_id": 5, "date": 1, "chat": {"id": -100, "type": "group", "title": "Yard"}});
    assert_eq!(
        play(&press("v1:davka:7", in_group.clone())).turn.action,
        Action::Davka
    );
    let foreign = play(&press("v1:davka:8", in_group)).turn;
    assert_eq!(foreign.action, Action::Decline(Decline::ForeignMenu));

    // A message the bot can no longer reach still says where it was.
    let gone = play(&press(
        "v1:davka",
        json!({"message_id": 5, "date": 0, "chat": {"id": 7, "type": "private"}}),
    ));
    assert_eq!(gone.turn.action, Action::Davka);
    assert_eq!(gone.reply.chat_id(), None);

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
