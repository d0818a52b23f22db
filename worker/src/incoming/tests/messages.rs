//! Messages: commands, words, duels by reply, media.

use super::{ADMIN, group, ignored, message, play, private, read};
use crate::game::action::{Action, Decline, Place, TopKey, Turn, View};
use crate::game::player::Language;
use crate::incoming::ReplyTo;
use serde_json::{Value, json};

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
fn an_unknown_command_is_answered_where_it_is_meant_for_this_bot() {
    let unknown = Action::Decline(Decline::UnknownCommand);
    assert_eq!(
        play(&private(json!({"text": "/nope"}))).turn.action,
        unknown
    );
    let named = group(json!({"text": "/nope@gofrobot"}));
    assert_eq!(play(&named).turn.action, unknown);
    assert_eq!(ignored(&group(json!({"text": "/nope"}))), "unknown_command");
}

#[test]
fn a_language_that_is_not_spoken_is_english() {
    for (code, expect) in [
        (json!("ru-RU"), Some(Language::Ru)),
        (json!("de"), Some(Language::En)),
        (json!(""), Some(Language::En)),
        (Value::Null, None),
    ] {
        let mut update = private(json!({"text": "/menu"}));
        update["message"]["from"]["language_code"] = code.clone();
        assert_eq!(play(&update).turn.language_code, expect, "{code}");
    }
}

#[test]
fn a_word_said_to_the_bot_in_a_group() {
    let to = |id: i64| json!({"message_id": 3, "from": {"id": id, "is_bot": true}});
    let said = group(json!({"text": "Давка!", "reply_to_message": to(500)}));
    assert_eq!(play(&said).turn.action, Action::Davka);
    let said = group(json!({"text": "thanks", "reply_to_message": to(500)}));
    assert_eq!(play(&said).turn.action, Action::Say("thanks".to_owned()));
    for text in ["Давка!", "thanks"] {
        let said = group(json!({"text": text, "reply_to_message": to(501)}));
        assert_eq!(ignored(&said), "group_chatter", "{text}");
    }
}

#[test]
fn a_group_that_becomes_a_supergroup_tells_it_on_both_sides() {
    let of = |chat: i64, more: Value| message(json!({"id": chat, "type": "group"}), more);
    let moved = Ok(crate::incoming::Decoded::Moved { from: -7, to: -100 });
    assert_eq!(read(&of(-7, json!({"migrate_to_chat_id": -100}))), moved);
    let here = json!({"migrate_from_chat_id": -7, "sender_chat": {"id": -100}});
    assert_eq!(read(&of(-100, here)), moved);
    for forged in [json!(7), json!(0), json!(i64::MIN)] {
        let update = of(-7, json!({"migrate_to_chat_id": forged}));
        assert_eq!(ignored(&update), "service_message");
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
