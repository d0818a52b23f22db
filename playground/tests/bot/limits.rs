//! The default limit: ten requests a minute, for every class of action of every player.

use crate::laptop::{ANNA, BORIS, Laptop};

#[tokio::test]
async fn the_eleventh_request_of_a_class_is_refused_with_the_seconds_to_wait() {
    let bot = Laptop::with(&[]).await;
    let first = bot.ask(ANNA, ANNA, "/help").await;
    for _ in 0..9 {
        assert_eq!(bot.ask(ANNA, ANNA, "/help").await.text, first.text);
    }
    let refused = bot.ask(ANNA, ANNA, "/help").await;
    assert_ne!(refused.text, first.text);
    let number: String = refused.text.chars().filter(char::is_ascii_digit).collect();
    assert!(
        (1..=60).contains(&number.parse().unwrap()),
        "{}",
        refused.text
    );
    let notice = bot.press(ANNA, ANNA, first.id, "v1:profile").await;
    assert!(notice.chars().any(|c| c.is_ascii_digit()), "{notice}");
    let limited = bot
        .metric("bot_rate_limited_total", &[("class", "menu")])
        .await;
    assert_eq!(limited, 2.0);

    // Another class and another player have limits of their own.
    assert!(bot.ask(ANNA, ANNA, "/davka").await.text.contains("zmiy"));
    assert_eq!(bot.ask(BORIS, BORIS, "/help").await.text, first.text);
    bot.close().await;
}

#[tokio::test]
async fn a_command_that_comes_too_often_ends_the_wait_for_a_nickname_too() {
    let bot = Laptop::with(&["--max-requests-per-minute", "2"]).await;
    for _ in 0..2 {
        bot.ask(ANNA, ANNA, "/help").await;
    }
    bot.ask(ANNA, ANNA, "/nickname").await;
    let refused = bot.ask(ANNA, ANNA, "/menu").await;
    assert!(refused.text.contains("Slow down"), "{}", refused.text);
    let said = bot.ask(ANNA, ANNA, "Not a name").await;
    assert!(!said.text.contains("Not a name"), "{}", said.text);
    bot.close().await;
}
