//! Every button that any screen shows is pressed once. None may be dead, none may be an error.

use std::collections::{BTreeSet, VecDeque};

use gofrobot::simulator::{Message, Options};

use crate::common::telegram::{GROUP, Telegram, button, buttons};
use crate::laptop::{ANNA, BORIS, Laptop, VERA};

/// Names of the buttons that both kinds of menus lead to.
const EVERYWHERE: [&str; 25] = [
    "atm",
    "atm_full",
    "atm_next",
    "cable",
    "cable_duel",
    "cable_use",
    "davka",
    "duel",
    "find",
    "gofra",
    "gofra_next",
    "gofra_progress",
    "gofra_speed",
    "help",
    "menu",
    "my_duels",
    "profile",
    "rademka",
    "top",
    "top_atm",
    "top_cable",
    "top_gofra",
    "top_wins",
    "top_zmiy",
    "uletet",
];

#[tokio::test]
async fn a_press_is_answered_at_once_even_where_the_chat_has_to_wait() {
    const ASKED: usize = 22;
    let options = Options {
        flood_limits: true,
        ..Telegram::options()
    };
    let telegram = Telegram::with(options, 1).await;
    let bot = Laptop::before(telegram, &["--max-requests-per-minute", "1000"]).await;
    let menu = bot.ask(ANNA, GROUP, "/gmenu").await;
    for _ in 1..ASKED {
        bot.simulator.say(ANNA, GROUP, "/gmenu", None).unwrap();
    }
    let said = || bot.witness.said_in(GROUP).len();
    crate::common::wait::until("flood control", || said() == 20).await;
    let davka = button(&menu, "v1:davka:");
    let notice = bot.press(ANNA, GROUP, menu.id, &davka).await;
    assert!(notice.contains('g'), "{notice}");
    assert!(said() < ASKED, "the chat waits meanwhile");
    bot.close().await;
}

#[tokio::test]
async fn a_press_under_a_message_out_of_reach_is_answered_by_a_new_message() {
    let bot = Laptop::generous().await;
    bot.ask(ANNA, ANNA, "/start").await;
    let gone = 4_000;
    let profile = bot
        .answer(ANNA, "the press", || {
            let press = bot.simulator.press(ANNA, ANNA, gone, "v1:profile");
            press.unwrap();
        })
        .await;
    assert!(!buttons(&profile).is_empty(), "{}", profile.text);
    bot.close().await;
}

#[tokio::test]
async fn every_button_of_the_private_menus_works() {
    let commands = [
        "/start",
        "/menu",
        "/profile",
        "/gofra",
        "/cable",
        "/atm",
        "/top",
        "/rademka",
        "/stats",
        "/settings",
        "/davka",
        "/uletet",
        "/nickname",
        "/help",
    ];
    let pressed = crawl(ANNA, &commands, "/help").await;
    let private = [
        "cancel", "lang_en", "lang_ru", "nickname", "settings", "stats",
    ];
    let expected: BTreeSet<_> = EVERYWHERE
        .iter()
        .chain(&private)
        .map(ToString::to_string)
        .collect();
    assert_eq!(pressed, expected);
}

#[tokio::test]
async fn every_button_of_the_group_menus_works() {
    let commands = [
        "/start",
        "/gmenu",
        "/gdavka",
        "/uletet",
        "/grademka",
        "/profile",
        "/gofra",
        "/cable",
        "/atm",
        "/top",
        "/gtop",
        "/gstats",
        "/gme",
        "/ghelp",
    ];
    let pressed = crawl(GROUP, &commands, "/ghelp").await;
    let of_group = ["chat_me", "chat_stats", "chat_top"];
    let expected: BTreeSet<_> = EVERYWHERE
        .iter()
        .chain(&of_group)
        .map(ToString::to_string)
        .collect();
    assert_eq!(pressed, expected);
}

/// Anna walks in `chat` from the answers of these commands through all there is; gives the names of the buttons.
async fn crawl(chat: i64, commands: &[&str], fence: &str) -> BTreeSet<String> {
    let bot = Laptop::generous().await;
    for opponent in [BORIS, VERA] {
        bot.ask(opponent, opponent, "/start").await;
    }
    let mut walk = Walk::default();
    let mut menu = 0;
    for command in commands {
        let answer = bot.ask(ANNA, chat, command).await;
        menu = answer.id;
        walk.find(&answer);
    }
    while let Some(data) = walk.ahead.pop_front() {
        let edits = bot.witness.edits_in(chat);
        let said = bot.witness.said_in(chat).len();
        let pressed = bot.simulator.press(ANNA, chat, menu, &data).unwrap();
        let notice = || bot.witness.notice(&pressed.callback_query_id);
        crate::common::wait::until_some(&format!("an answer to {data}"), notice).await;
        // A chat's messages come one after another, so this one comes after the one that the press has caused.
        let fenced = || bot.witness.said_in(chat).len() > said;
        bot.simulator.say(ANNA, chat, fence, None).unwrap();
        crate::common::wait::until(&format!("what comes after {data}"), fenced).await;
        let queries = bot.witness.answers(&pressed.callback_query_id);
        let shown = bot.witness.edits_in(chat) - edits + bot.witness.said_in(chat).len() - said - 1;
        assert_eq!(queries, 1, "{data} is answered once");
        assert!(shown <= 1, "{data} shows {shown} screens");
        walk.find(&bot.simulator.message(chat, menu).unwrap());
    }
    let declined = bot
        .metric("bot_requests_total", &[("handler", "decline")])
        .await;
    assert_eq!(declined, 0.0, "buttons that lead nowhere");
    bot.close().await;
    walk.found
}

/// What is known of the maze.
#[derive(Default)]
struct Walk {
    found: BTreeSet<String>,
    ahead: VecDeque<String>,
}

impl Walk {
    fn find(&mut self, message: &Message) {
        for (label, data) in buttons(message) {
            assert!(
                !label.is_empty() && (1..=64).contains(&data.len()),
                "{label}: {data}"
            );
            let name = data.split(':').nth(1).unwrap().to_owned();
            if self.found.insert(name) {
                self.ahead.push_back(data);
            }
        }
    }
}
