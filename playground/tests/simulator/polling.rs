//! getUpdates: offsets, limits, long polls, conflicts, redeliveries.

use serde_json::{Value, json};

use crate::wait::{until_answered, within};
use crate::world::{GOSHA, GROUP, LENA, World, ids};

#[tokio::test]
async fn an_offset_confirms_what_is_below_it_and_nothing_else() {
    let world = World::new().await;
    let made: Vec<i64> = (0..5)
        .map(|n| {
            world
                .simulator
                .say(GOSHA, GOSHA, &format!("{n}"), None)
                .unwrap()
                .update_id
        })
        .collect();
    assert!(made.windows(2).all(|pair| pair[1] == pair[0] + 1));

    assert_eq!(ids(&world.ok("getUpdates", json!({})).await), made);
    assert_eq!(
        ids(&world.ok("getUpdates", json!({ "limit": 2 })).await),
        made[..2]
    );
    assert_eq!(
        ids(&world.ok("getUpdates", json!({ "offset": made[2] })).await),
        made[2..]
    );
    // Confirmed is gone, whatever offset comes later.
    assert_eq!(
        ids(&world.ok("getUpdates", json!({ "offset": made[0] })).await),
        made[2..]
    );
    assert_eq!(
        ids(&world.ok("getUpdates", json!({ "offset": -2 })).await),
        made[3..]
    );
    assert_eq!(ids(&world.ok("getUpdates", json!({})).await), made[3..]);
    assert_eq!(
        ids(&world
            .ok("getUpdates", json!({ "offset": made[4] + 1 }))
            .await),
        [] as [i64; 0]
    );
    assert_eq!(world.simulator.undelivered(), 0);
}

#[tokio::test]
async fn an_offset_far_ahead_confirms_nothing() {
    let world = World::new().await;
    let said = world.simulator.say(GOSHA, GOSHA, "hi", None).unwrap();
    for (ahead, left) in [(i64::from(i32::MAX), 1), (12, 1), (11, 0)] {
        let offset = json!({ "offset": said.update_id + ahead });
        let batch = world.ok("getUpdates", offset).await;
        assert_eq!(batch.as_array().map(Vec::len), Some(left), "{ahead}");
    }
}

#[tokio::test]
async fn a_batch_has_at_most_a_hundred_updates() {
    let world = World::new().await;
    for _ in 0..120 {
        world.simulator.say(GOSHA, GOSHA, "hi", None).unwrap();
    }
    let limits = [
        (json!(1000), 100),
        (json!(null), 100),
        (json!(""), 100),
        (json!("7"), 7),
        (json!(0), 1),
        (json!(-5), 1),
        (json!("many"), 1),
    ];
    for (limit, size) in limits {
        let batch = world.ok("getUpdates", json!({ "limit": limit })).await;
        assert_eq!(batch.as_array().map(Vec::len), Some(size), "{limit}");
    }
}

#[tokio::test]
async fn a_long_poll_waits_for_something_to_happen() {
    let world = World::new().await;
    let poll = world.long_poll().await;
    // Taking away a webhook that is not there does not disturb it.
    world.ok("deleteWebhook", json!({})).await;
    world.ok("setWebhook", json!({ "url": "" })).await;
    assert!(!poll.is_finished());
    let said = world.simulator.say(GOSHA, GOSHA, "wake up", None).unwrap();
    let batch = within("the end of the poll", poll).await.unwrap();
    assert_eq!(ids(&batch), [said.update_id]);
    assert_eq!(batch[0]["message"]["text"], "wake up");
}

#[tokio::test]
async fn a_second_poller_cuts_the_first_one_off() {
    let world = World::new().await;
    let first = tokio::spawn({
        let world = world.clone();
        async move { world.refused("getUpdates", json!({ "timeout": 50 })).await }
    });
    // Whichever of them comes second wins; short polls follow until the long one is certainly the older.
    let cut_off = || async {
        world.ok("getUpdates", json!({})).await;
        first.is_finished()
    };
    until_answered("the end of the first", cut_off).await;
    assert_eq!(
        first.await.unwrap(),
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance \
         is running"
    );
}

#[tokio::test]
async fn polling_and_a_webhook_exclude_each_other() {
    let world = World::new().await;
    let poll = tokio::spawn({
        let world = world.clone();
        async move { world.refused("getUpdates", json!({ "timeout": 50 })).await }
    });
    let hook = json!({ "url": "http://127.0.0.1:1/" });
    let cut_off = || async {
        world.ok("deleteWebhook", json!({})).await;
        world.ok("setWebhook", hook.clone()).await;
        poll.is_finished()
    };
    until_answered("the end of the poll", cut_off).await;
    let conflict = poll.await.unwrap();
    assert!(conflict.starts_with("Conflict: "), "{conflict}");
    assert_eq!(
        world.refused("getUpdates", json!({})).await,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to \
         delete the webhook first"
    );
    world.ok("deleteWebhook", json!({})).await;
    assert_eq!(world.ok("getUpdates", json!({})).await, json!([]));
}

#[tokio::test]
async fn only_allowed_kinds_are_made() {
    let world = World::new().await.introduced().await;
    world
        .ok(
            "getUpdates",
            json!({ "allowed_updates": ["callback_query"] }),
        )
        .await;
    let message = world.bot_says(GOSHA, "press").await;
    world
        .simulator
        .say(GOSHA, GOSHA, "not for you", None)
        .unwrap();
    let pressed = world.simulator.press(GOSHA, GOSHA, message, "x").unwrap();
    assert_eq!(
        ids(&world.ok("getUpdates", json!({})).await),
        [pressed.update_id]
    );
    // Not mentioned: as before. Empty: the default kinds.
    world
        .ok(
            "getUpdates",
            json!({ "offset": pressed.update_id + 1, "allowed_updates": [] }),
        )
        .await;
    world
        .simulator
        .inject(json!({ "message_reaction": { "chat": { "id": GOSHA } } }));
    let said = world.simulator.say(GOSHA, GOSHA, "for you", None).unwrap();
    assert_eq!(
        ids(&world.ok("getUpdates", json!({})).await),
        [said.update_id]
    );
}

#[tokio::test]
async fn kinds_are_named_in_any_case_and_unknown_ones_are_left_out() {
    let world = World::new().await;
    let cases = [
        (
            json!(["POLL", "Message", "poll", "gossip"]),
            json!(["message", "poll"]),
        ),
        // No list of names: as before.
        (json!("message"), json!(["message", "poll"])),
        (json!({}), json!(["message", "poll"])),
        (json!(["callback_query", 7]), json!(["message", "poll"])),
        // No known name: the default kinds.
        (json!(["gossip"]), Value::Null),
    ];
    for (asked, told) in cases {
        let params = json!({ "allowed_updates": asked });
        world.ok("getUpdates", params).await;
        let info = world.ok("getWebhookInfo", json!({})).await;
        assert_eq!(info["allowed_updates"], told, "{asked}");
    }
}

#[tokio::test]
async fn a_redelivery_comes_even_after_its_offset_was_confirmed() {
    let world = World::new().await;
    let first = world
        .simulator
        .say(GOSHA, GOSHA, "one", None)
        .unwrap()
        .update_id;
    let second = world
        .simulator
        .say(GOSHA, GOSHA, "two", None)
        .unwrap()
        .update_id;
    let before = world.ok("getUpdates", json!({})).await;
    world
        .ok("getUpdates", json!({ "offset": second + 1 }))
        .await;

    assert!(world.simulator.deliver_again(first));
    let third = world
        .simulator
        .say(GOSHA, GOSHA, "three", None)
        .unwrap()
        .update_id;
    let batch = world
        .ok("getUpdates", json!({ "offset": second + 1 }))
        .await;
    assert_eq!(ids(&batch), [first, third]);
    assert_eq!(batch[0], before[0]);
    let rest = world.ok("getUpdates", json!({ "offset": third + 1 })).await;
    assert_eq!(rest, json!([]));
    assert!(!world.simulator.deliver_again(1));
}

#[tokio::test]
async fn anything_can_be_injected() {
    let world = World::new().await;
    let first = world.simulator.inject(json!({ "poll": { "id": "7" } }));
    let second = world
        .simulator
        .inject(json!({ "message": "not even an object" }));
    assert_eq!(
        world
            .simulator
            .inject(json!({ "update_id": second, "poll": {} })),
        second
    );
    let reserved = world.simulator.reserve_update_ids(2);
    let raw = |id: i64| format!(r#"{{"update_id":{id},"message":{{"chat":{{"id":{LENA}}}}}}}"#);
    // Later ids first: still nothing is lost.
    world
        .simulator
        .inject_raw(reserved + 1, raw(reserved + 1).into());
    world.simulator.inject_raw(reserved, raw(reserved).into());
    let batch = world.ok("getUpdates", json!({})).await;
    assert_eq!(ids(&batch), [first, second, second, reserved + 1, reserved]);
    // Whoever is in an injected message has talked to the bot.
    world.bot_says(LENA, "hello").await;
}

#[tokio::test]
async fn updates_look_like_telegrams() {
    let world = World::new().await.introduced().await;
    let said = world
        .simulator
        .say(LENA, GROUP, "/gmenu@gofrobot", None)
        .unwrap();
    let reply = json!({
        "chat_id": GROUP, "text": "menu",
        "reply_parameters": { "message_id": said.message_id },
        "reply_markup": { "inline_keyboard": [[{ "text": "davka", "callback_data": "v1:davka" }]] },
    });
    let sent = world.ok("sendMessage", reply).await;
    let message_id = sent["message_id"].as_i64().unwrap();
    assert_eq!(message_id, said.message_id + 1);
    let pressed = world
        .simulator
        .press(GOSHA, GROUP, message_id, "v1:davka")
        .unwrap();
    let batch = world.ok("getUpdates", json!({})).await;

    let from = json!({
        "id": LENA, "is_bot": false, "first_name": "Lena", "username": "lena", "language_code": "en",
    });
    let chat = json!({ "id": GROUP, "type": "supergroup", "title": "Garage" });
    let command = json!({
        "message_id": said.message_id, "from": from, "chat": chat,
        "date": batch[0]["message"]["date"], "text": "/gmenu@gofrobot",
        "entities": [{ "type": "bot_command", "offset": 0, "length": 15 }],
    });
    assert_eq!(
        batch[0],
        json!({ "update_id": said.update_id, "message": command })
    );
    let query = &batch[1]["callback_query"];
    assert_eq!(query["id"], pressed.callback_query_id.as_str());
    assert_eq!(query["from"]["id"], GOSHA);
    assert_eq!(query["data"], "v1:davka");
    assert!(
        query["chat_instance"]
            .as_str()
            .unwrap()
            .parse::<i64>()
            .is_ok()
    );
    assert_eq!(query["message"], sent);
    assert_eq!(query["message"]["reply_to_message"], command);
    assert_eq!(query["message"]["from"]["is_bot"], true);

    world
        .ok(
            "deleteMessage",
            json!({ "chat_id": GROUP, "message_id": message_id }),
        )
        .await;
    world
        .simulator
        .press(GOSHA, GROUP, message_id, "v1:davka")
        .unwrap();
    let batch = world.ok("getUpdates", json!({ "offset": -1 })).await;
    let gone = json!({ "chat": chat, "message_id": message_id, "date": 0 });
    assert_eq!(batch[0]["callback_query"]["message"], gone);
}

#[tokio::test]
async fn blocking_is_told() {
    let world = World::new().await.introduced().await;
    world.simulator.set_blocked(GOSHA, true);
    world.simulator.set_blocked(GOSHA, true);
    let batch = world.ok("getUpdates", json!({})).await;
    assert_eq!(batch.as_array().map(Vec::len), Some(1));
    let change: &Value = &batch[0]["my_chat_member"];
    assert_eq!(change["new_chat_member"]["status"], "kicked");
    assert_eq!(change["from"]["id"], GOSHA);
}
