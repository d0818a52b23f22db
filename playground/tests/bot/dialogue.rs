//! Talking with the bot: the nickname, and the language.

use crate::common::telegram::GROUP;
use crate::laptop::{ANNA, BORIS, Laptop};

#[tokio::test]
async fn the_text_after_the_question_is_the_nickname() {
    let bot = Laptop::generous().await;
    let menu = bot.ask(ANNA, ANNA, "/start").await;
    let notice = bot.press(ANNA, ANNA, menu.id, "v1:nickname").await;
    assert!(!notice.is_empty());
    for bad in [
        "ab",
        "a  b",
        "bot",
        "12345",
        "<b>x</b>",
        &"x".repeat(21),
        &"x".repeat(4000),
    ] {
        let refused = bot.ask(ANNA, ANNA, bad).await;
        assert!(
            !refused.text.contains("Long live"),
            "{bad}: {}",
            refused.text
        );
    }
    let photo = || {
        bot.simulator.send_photo(ANNA, ANNA).unwrap();
    };
    let hint = bot.answer(ANNA, "a photo", photo).await;
    assert!(hint.text.contains("text"), "{}", hint.text);
    let changed = bot.ask(ANNA, ANNA, "Anna the First").await;
    assert!(changed.text.contains("Anna the First"), "{}", changed.text);
    assert!(
        bot.ask(ANNA, ANNA, "/profile")
            .await
            .text
            .contains("Anna the First")
    );

    // The wait is over: now it is chatter.
    let chatter = bot.ask(ANNA, ANNA, "Anna the Second").await;
    assert!(!chatter.text.contains("Second"), "{}", chatter.text);

    bot.ask(BORIS, BORIS, "/nickname").await;
    let taken = bot.ask(BORIS, BORIS, "aNNA tHe fIrST").await;
    let free = bot.ask(BORIS, BORIS, "Boris").await;
    assert!(
        !taken.text.contains("Long live") && free.text.contains("Long live"),
        "{}",
        taken.text
    );
    bot.close().await;
}

#[tokio::test]
async fn a_command_and_the_back_button_end_the_wait() {
    let bot = Laptop::generous().await;
    let menu = bot.ask(ANNA, ANNA, "/start").await;
    let nickname = "SELECT json_group_array(nickname) FROM players";
    let before = bot.sql(nickname).await;
    for way_out in ["/menu", "/cancel", "/nosuchcommand"] {
        bot.ask(ANNA, ANNA, "/nickname").await;
        bot.ask(ANNA, ANNA, way_out).await;
        bot.ask(ANNA, ANNA, "Not a name").await;
    }
    bot.press(ANNA, ANNA, menu.id, "v1:nickname").await;
    bot.press(ANNA, ANNA, menu.id, "v1:cancel").await;
    bot.ask(ANNA, ANNA, "Not a name").await;
    assert_eq!(bot.sql(nickname).await, before);

    // What happens in a group is no answer to the question asked in private.
    bot.ask(ANNA, ANNA, "/nickname").await;
    bot.simulator.say(ANNA, GROUP, "Group talk", None).unwrap();
    assert!(
        bot.ask(ANNA, ANNA, "Anna")
            .await
            .text
            .contains("Long live Anna")
    );
    bot.close().await;
}

#[tokio::test]
async fn at_most_three_nicknames_an_hour() {
    let bot = Laptop::generous().await;
    for name in ["Anna One", "Anna Two", "Anna Three"] {
        bot.ask(ANNA, ANNA, "/nickname").await;
        assert!(bot.ask(ANNA, ANNA, name).await.text.contains(name));
    }
    bot.ask(ANNA, ANNA, "/nickname").await;
    let refused = bot.ask(ANNA, ANNA, "Anna Four").await;
    assert!(!refused.text.contains("Anna Four"), "{}", refused.text);
    assert!(
        bot.ask(ANNA, ANNA, "/profile")
            .await
            .text
            .contains("Anna Three")
    );
    bot.close().await;
}

#[tokio::test]
async fn the_language_follows_telegram_until_one_is_chosen() {
    let bot = Laptop::generous().await;
    let mut anna = bot
        .simulator
        .people()
        .into_iter()
        .find(|it| it.id == ANNA)
        .unwrap();
    let is_russian = |text: &str| text.chars().any(|letter| ('а'..='я').contains(&letter));
    assert!(!is_russian(&bot.ask(ANNA, ANNA, "/help").await.text));
    anna.language_code = Some("ru".to_owned());
    bot.simulator.add_person(anna.clone());
    assert!(is_russian(&bot.ask(ANNA, ANNA, "/help").await.text));

    let settings = bot.ask(ANNA, ANNA, "/settings").await;
    bot.press(ANNA, ANNA, settings.id, "v1:lang_en").await;
    assert!(!is_russian(&bot.ask(ANNA, ANNA, "/help").await.text));
    assert!(!is_russian(&bot.ask(ANNA, GROUP, "/ghelp").await.text));
    bot.close().await;
}
