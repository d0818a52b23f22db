//! Buttons that are not what they seem: of other people, of other times, of nobody. All are answered, none does anything.

use crate::common::telegram::{GROUP, button};
use crate::laptop::{ANNA, BORIS, Laptop};

#[tokio::test]
async fn forged_and_malformed_data_changes_nothing_and_is_answered() {
    let bot = Laptop::generous().await;
    let menu = bot.ask(ANNA, ANNA, "/start").await;
    let group_menu = bot.ask(ANNA, GROUP, "/gmenu").await;
    let before = bot.belongings().await;
    let long = "v1:".to_owned() + &"x".repeat(500);
    let forged = [
        "",
        " ",
        "v1",
        "v1:",
        ":",
        "davka",
        "v2:davka",
        "v0:davka",
        "V1:davka",
        "v1:DAVKA",
        "v1:davka:",
        "v1:davka:5001",
        "v1:davka:5001:5001",
        "v1:admin",
        "v1:chat_top",
        "v1:duel",
        "v1:duel:",
        "v1:duel:9223372036854775808",
        "v1:duel:1e3",
        "v1:duel:٣",
        "v1:\u{0}",
        "v1:давка",
        "v1:davka\n",
        "'; DROP TABLE players; --",
        "{}",
        &long,
    ];
    for data in forged {
        let notice = bot.press(ANNA, ANNA, menu.id, data).await;
        assert!(!notice.is_empty(), "{data:?} is answered in words");
    }
    // Well-formed, but no proposal of anybody.
    for data in [
        "v1:duel:0",
        "v1:duel:-1",
        "v1:duel:1",
        "v1:duel:9223372036854775807",
    ] {
        bot.press(ANNA, ANNA, menu.id, data).await;
        bot.ask(ANNA, ANNA, "/menu").await;
        let shown = bot.simulator.message(ANNA, menu.id).unwrap().text;
        assert!(shown.contains("no such challenge"), "{data}: {shown}");
    }
    for data in [
        "v1:davka",
        "v1:davka:",
        "v1:davka:0",
        "v1:davka:-5001",
        "v1:settings:5001",
    ] {
        let notice = bot.press(ANNA, GROUP, group_menu.id, data).await;
        assert!(!notice.is_empty(), "{data:?} is answered in words");
    }
    bot.ask(ANNA, ANNA, "/menu").await;
    assert_eq!(bot.belongings().await, before);
    assert_eq!(bot.witness.edits_in(GROUP), 0);
    bot.close().await;
}

#[tokio::test]
async fn a_menu_of_the_group_obeys_only_who_opened_it() {
    let bot = Laptop::generous().await;
    let menu = bot.ask(ANNA, GROUP, "/gmenu").await;
    bot.ask(BORIS, BORIS, "/start").await;
    let before = bot.belongings().await;
    // Whatever the data claims: the menu is Anna's.
    let claimed = bot
        .press(BORIS, GROUP, menu.id, &format!("v1:davka:{BORIS}"))
        .await;
    assert!(!claimed.is_empty());
    let davka = button(&menu, "v1:davka:");
    let notice = bot.press(BORIS, GROUP, menu.id, &davka).await;
    assert!(!notice.is_empty());
    bot.ask(BORIS, GROUP, "/gme").await;
    assert_eq!(bot.belongings().await, before);
    assert_eq!(bot.witness.edits(GROUP, menu.id), 0);

    bot.press(ANNA, GROUP, menu.id, &davka).await;
    bot.ask(ANNA, GROUP, "/gme").await;
    assert_ne!(bot.belongings().await, before);
    assert_eq!(bot.witness.edits(GROUP, menu.id), 1);
    bot.close().await;
}

#[tokio::test]
async fn buttons_of_old_and_lost_messages_still_work() {
    let bot = Laptop::generous().await;
    let menu = bot.ask(ANNA, ANNA, "/start").await;
    for _ in 0..3 {
        bot.ask(ANNA, ANNA, "/help").await;
    }
    bot.press(ANNA, ANNA, menu.id, "v1:profile").await;
    bot.ask(ANNA, ANNA, "/help").await;
    assert_eq!(bot.witness.edits(ANNA, menu.id), 1);

    // Telegram shows a message that the bot can no longer reach without its content: the press is answered anyhow.
    bot.press(ANNA, ANNA, 999_999, "v1:profile").await;
    // Twice the same screen: Telegram refuses the second edit, the press is answered anyhow.
    bot.press(ANNA, ANNA, menu.id, "v1:profile").await;
    bot.close().await;
}

#[tokio::test]
async fn a_press_by_somebody_new_creates_him_but_looking_and_forging_create_nobody() {
    let bot = Laptop::generous().await;
    let menu = bot.ask(ANNA, GROUP, "/gmenu").await;
    let players = "SELECT json_group_array(user_id) FROM players";
    bot.press(BORIS, GROUP, menu.id, &button(&menu, "v1:profile:"))
        .await;
    bot.press(BORIS, GROUP, menu.id, "v1:nonsense:5002").await;
    bot.ask(ANNA, GROUP, "/gme").await;
    assert_eq!(bot.sql(players).await, format!("[{ANNA}]"));
    bot.ask(BORIS, GROUP, "/gdavka").await;
    assert_eq!(bot.sql(players).await, format!("[{ANNA},{BORIS}]"));
    bot.close().await;
}
