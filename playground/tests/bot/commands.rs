//! Every command of the table, in private and in the group: one message each.

use crate::common::telegram::{GROUP, buttons};
use crate::laptop::{ANNA, BORIS, Laptop};

const PRIVATE: [&str; 16] = [
    "/start",
    "/menu",
    "/help",
    "/davka",
    "/uletet",
    "/profile",
    "/gofra",
    "/cable",
    "/atm",
    "/top",
    "/nickname",
    "/cancel",
    "/rademka",
    "/stats",
    "/settings",
    "/menu@GofroBot",
];
const GROUP_ONLY: [&str; 7] = [
    "/gmenu",
    "/ghelp",
    "/gdavka",
    "/gtop",
    "/gstats",
    "/gme",
    "/grademka",
];
const IN_GROUP: [&str; 7] = [
    "/start", "/uletet", "/profile", "/gofra", "/cable", "/atm", "/top",
];

#[tokio::test]
async fn every_command_is_answered_by_exactly_one_message() {
    let bot = Laptop::generous().await;
    for command in PRIVATE {
        let answer = bot.ask(ANNA, ANNA, command).await;
        assert!(!buttons(&answer).is_empty(), "{command}: {}", answer.text);
    }
    for command in GROUP_ONLY.iter().chain(&IN_GROUP) {
        let answer = bot.ask(BORIS, GROUP, command).await;
        assert!(!buttons(&answer).is_empty(), "{command}: {}", answer.text);
        assert_eq!(answer.reply_to.unwrap().text, *command);
    }
    let declined = bot
        .metric("bot_requests_total", &[("handler", "decline")])
        .await;
    assert_eq!(declined, 0.0);

    // What works elsewhere is answered, too, and so is what does not exist.
    let elsewhere = bot.ask(ANNA, ANNA, "/gdavka").await;
    let unknown = bot.ask(ANNA, ANNA, "/gofr").await;
    assert_ne!(elsewhere.text, unknown.text);
    assert!(
        bot.ask(ANNA, GROUP, "/settings")
            .await
            .text
            .contains("@gofrobot")
    );

    // Nothing else was said, not even later: these come after whatever was still on its way.
    bot.ask(ANNA, ANNA, "/help").await;
    bot.ask(ANNA, GROUP, "/ghelp").await;
    let all = PRIVATE.len() + GROUP_ONLY.len() + IN_GROUP.len() + 5;
    assert_eq!(bot.witness.said(), all);
    bot.close().await;
}

#[tokio::test]
async fn in_a_group_the_bot_keeps_out_of_what_is_not_for_it() {
    let bot = Laptop::generous().await;
    for chatter in ["hello", "/davka@otherbot", "/nosuchcommand", "davka"] {
        bot.simulator.say(ANNA, GROUP, chatter, None).unwrap();
    }
    bot.simulator.send_photo(ANNA, GROUP).unwrap();
    let answer = bot.ask(ANNA, GROUP, "/gmenu").await;
    assert_eq!(bot.witness.said(), 1, "only the menu is answered");

    let hint = bot.reply(BORIS, GROUP, answer.id, "who?").await;
    assert!(!buttons(&hint).is_empty(), "{}", hint.text);
    let unknown = bot.ask(BORIS, GROUP, "/nosuchcommand@gofrobot").await;
    assert_ne!(unknown.text, hint.text);
    let davka = bot.reply(BORIS, GROUP, answer.id, "Давка!").await;
    assert!(davka.text.contains("zmiy"), "{}", davka.text);
    assert_eq!(bot.witness.said(), 4);
    bot.close().await;
}

#[tokio::test]
async fn commands_are_registered_in_both_languages() {
    let bot = Laptop::generous().await;
    bot.ask(ANNA, ANNA, "/start").await;
    let registered = || !bot.simulator.commands_for(ANNA, GROUP).is_empty();
    crate::common::wait::until("the commands are registered", registered).await;
    let private = bot.simulator.commands_for(ANNA, ANNA);
    let group = bot.simulator.commands_for(ANNA, GROUP);
    let has = |menu: &[gofrobot::simulator::Command], name: &str| {
        menu.iter().any(|it| it.command == name)
    };
    assert!(has(&private, "davka") && !has(&private, "gdavka") && !has(&private, "admin"));
    assert!(has(&group, "gdavka") && !has(&group, "settings"));
    bot.close().await;
}

#[tokio::test]
async fn only_administrators_in_private_see_the_administrators_screen() {
    let admins = BORIS.to_string();
    let bot = Laptop::with(&["--admin-ids", &admins]).await;
    let refused = bot.ask(ANNA, ANNA, "/admin").await;
    let admitted = bot.ask(BORIS, BORIS, "/admin").await;
    assert_ne!(refused.text, admitted.text);
    let menu = bot.simulator.commands_for(BORIS, BORIS);
    assert!(menu.iter().any(|command| command.command == "admin"));
    let in_group = bot.ask(BORIS, GROUP, "/admin").await;
    assert!(in_group.text.contains("@gofrobot"), "{}", in_group.text);
    bot.close().await;
}
