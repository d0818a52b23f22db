//! What people may do, and what witnesses hear of it.

use std::sync::{Arc, Mutex};

use gofrobot::simulator::{Call, Options, PersonError};
use serde_json::json;

use crate::world::{GOSHA, GROUP, LENA, World};

#[tokio::test]
async fn people_act_only_where_they_are() {
    let world = World::new().await;
    let simulator = &world.simulator;
    assert_eq!(simulator.say(5, 5, "x", None), Err(PersonError::Unknown));
    assert_eq!(
        simulator.say(GOSHA, LENA, "x", None),
        Err(PersonError::NotInChat)
    );
    assert_eq!(
        simulator.say(GOSHA, -7, "x", None),
        Err(PersonError::NotInChat)
    );
    assert_eq!(
        simulator.say(GOSHA, GOSHA, " ", None),
        Err(PersonError::EmptyText)
    );
    assert_eq!(
        simulator.say(GOSHA, GOSHA, &"x".repeat(4097), None),
        Err(PersonError::TextTooLong)
    );
    assert_eq!(
        simulator.say(GOSHA, GOSHA, "x", Some(9)),
        Err(PersonError::NoSuchMessage)
    );
    assert!(simulator.press(GOSHA, LENA, 1, "x").is_err());
    simulator.set_blocked(GOSHA, true);
    assert_eq!(
        simulator.say(GOSHA, GOSHA, "x", None),
        Err(PersonError::Blocked)
    );
    assert!(simulator.say(GOSHA, GROUP, "x", None).is_ok());
    assert!(simulator.history(5, GROUP, 10).is_empty());
}

#[tokio::test]
async fn strict_presses_need_a_real_button() {
    let options = Options {
        strict: true,
        ..Options::default()
    };
    let world = World::with(options).await.introduced().await;
    let params = json!({
        "chat_id": GOSHA, "text": "x",
        "reply_markup": { "inline_keyboard": [[{ "text": "b", "callback_data": "real" }]] },
    });
    let id = world.ok("sendMessage", params).await["message_id"]
        .as_i64()
        .unwrap();
    assert_eq!(
        world.simulator.press(GOSHA, GOSHA, id, "forged"),
        Err(PersonError::NoSuchButton)
    );
    assert!(world.simulator.press(GOSHA, GOSHA, id, "real").is_ok());
}

#[tokio::test]
async fn a_photo_is_a_photo() {
    let world = World::new().await;
    world.simulator.send_photo(GOSHA, GOSHA).unwrap();
    let batch = world.ok("getUpdates", json!({})).await;
    let message = &batch[0]["message"];
    assert!(message["photo"][0]["file_id"].is_string());
    assert!(message.get("text").is_none());
    assert!(world.simulator.history(GOSHA, GOSHA, 1)[0].photo);
}

#[tokio::test]
async fn newcomers_join_the_groups() {
    let world = World::new().await;
    let person = world.simulator.new_person("Vitya", "ru");
    assert_eq!(person.id, 1003);
    let chats = world.simulator.chats_of(person.id);
    let titles: Vec<_> = chats
        .iter()
        .map(|chat| (chat.kind, chat.title.as_str()))
        .collect();
    assert_eq!(titles, [("private", "Gofrobot"), ("supergroup", "Garage")]);
    assert_eq!(chats[1].members, Some(4));
}

#[tokio::test]
async fn observers_hear_every_accepted_call_and_no_other() {
    let world = World::new().await.introduced().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    world.simulator.observe(Arc::new({
        let heard = heard.clone();
        move |call: &Call<'_>| {
            let text = call.text.map(str::to_owned);
            heard.lock().unwrap().push((
                call.method.to_owned(),
                call.chat_id,
                call.message_id,
                text,
            ));
        }
    }));
    world
        .refused("sendMessage", json!({ "chat_id": GOSHA }))
        .await;
    let id = world.bot_says(GOSHA, "hi").await;
    world
        .ok(
            "deleteMessage",
            json!({ "chat_id": GOSHA.to_string(), "message_id": id }),
        )
        .await;
    let expected = [
        (
            "sendmessage".to_owned(),
            Some(GOSHA),
            Some(id),
            Some("hi".to_owned()),
        ),
        ("deletemessage".to_owned(), Some(GOSHA), Some(id), None),
    ];
    assert_eq!(*heard.lock().unwrap(), expected);
}
