//! What a group keeps, whatever its id.

use serde_json::json;

use crate::common::telegram::GROUP;
use crate::laptop::{ANNA, BORIS, Laptop};

#[tokio::test]
async fn a_group_that_becomes_a_supergroup_keeps_its_figures() {
    const SUPERGROUP: i64 = -1_001_000_000_999;
    let bot = Laptop::generous().await;
    bot.ask(ANNA, GROUP, "/gdavka").await;
    let before = bot.ask(BORIS, GROUP, "/gstats").await;

    bot.simulator
        .add_group(SUPERGROUP, "Garage", &[ANNA, BORIS]);
    for message in [
        json!({"chat": {"id": GROUP, "type": "group", "title": "Garage"}, "migrate_to_chat_id": SUPERGROUP}),
        json!({"chat": {"id": SUPERGROUP, "type": "supergroup", "title": "Garage"}, "migrate_from_chat_id": GROUP}),
    ] {
        let mut message = message;
        message["message_id"] = 1.into();
        message["date"] = 1_700_000_000.into();
        message["from"] = json!({"id": BORIS, "is_bot": false, "first_name": "Boris"});
        bot.simulator.inject(json!({ "message": message }));
    }
    // Boris's updates come one after another, so the group has moved by then.
    let after = bot.ask(BORIS, SUPERGROUP, "/gstats").await;
    let figures = |text: &str| text.lines().take(4).collect::<Vec<_>>().join("\n");
    assert_eq!(figures(&after.text), figures(&before.text));
    let share = bot.ask(ANNA, SUPERGROUP, "/gme").await;
    assert!(share.text.contains("100%"), "{}", share.text);
    bot.close().await;
}
