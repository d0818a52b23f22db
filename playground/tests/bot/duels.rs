//! Duels: a proposal belongs to who asked for it and is good for one duel.

use crate::common::telegram::{GROUP, button};
use crate::common::wait::until;
use crate::laptop::{ANNA, BORIS, Laptop, VERA};

const DUELS: &str = "SELECT json_group_array(json_array(attacker_id, defender_id)) FROM duels";

#[tokio::test]
async fn a_proposal_serves_its_owner_once() {
    let bot = Laptop::generous().await;
    for player in [ANNA, BORIS] {
        bot.ask(player, player, "/start").await;
    }
    let menu = bot.ask(ANNA, ANNA, "/rademka").await;
    bot.press(ANNA, ANNA, menu.id, "v1:find").await;
    until("a proposal", || bot.witness.edits(ANNA, menu.id) > 0).await;
    let accept = button(&bot.simulator.message(ANNA, menu.id).unwrap(), "v1:duel:");

    let foreign = bot.ask(BORIS, BORIS, "/menu").await;
    bot.press(BORIS, BORIS, foreign.id, &accept).await;
    bot.ask(BORIS, BORIS, "/menu").await;
    let refused = bot.simulator.message(BORIS, foreign.id).unwrap();
    assert!(
        refused.text.contains("no such challenge"),
        "{}",
        refused.text
    );
    assert_eq!(bot.sql(DUELS).await, "[]");

    let told = bot.witness.said_in(BORIS).len();
    bot.press(ANNA, ANNA, menu.id, &accept).await;
    until("Boris is told", || {
        bot.witness.said_in(BORIS).len() == told + 1
    })
    .await;
    let fought = format!("[[{ANNA},{BORIS}]]");
    assert_eq!(bot.sql(DUELS).await, fought);

    let before = bot.belongings().await;
    let notice = bot.press(ANNA, ANNA, menu.id, &accept).await;
    bot.ask(ANNA, ANNA, "/menu").await;
    let shown = bot.simulator.message(ANNA, menu.id).unwrap().text;
    assert!(
        format!("{notice} {shown}").contains("fought already"),
        "{notice} {shown}"
    );
    assert_eq!(bot.belongings().await, before);
    bot.ask(BORIS, BORIS, "/menu").await;
    assert_eq!(bot.witness.said_in(BORIS).len(), told + 2, "one note only");
    bot.close().await;
}

#[tokio::test]
async fn nobody_fights_himself_a_bot_nobody_or_a_stranger() {
    let bot = Laptop::generous().await;
    let of_bot = bot.ask(ANNA, GROUP, "/gmenu").await;
    let own = bot.simulator.say(ANNA, GROUP, "I am strong", None).unwrap();
    let of_stranger = bot.simulator.say(VERA, GROUP, "hi", None).unwrap();
    let before = bot.belongings().await;
    let answers = [
        bot.reply(ANNA, GROUP, own.message_id, "/fight").await,
        bot.reply(ANNA, GROUP, of_bot.id, "/fight").await,
        bot.reply(ANNA, GROUP, of_stranger.message_id, "/fight")
            .await,
        bot.ask(ANNA, GROUP, "/fight").await,
    ];
    let words: std::collections::BTreeSet<_> = answers.iter().map(|it| &it.text).collect();
    assert_eq!(
        words.len(),
        answers.len(),
        "each has an answer of its own: {words:?}"
    );
    assert_eq!(bot.belongings().await, before);
    bot.close().await;
}

#[tokio::test]
async fn three_duels_an_hour_against_the_same_player() {
    let bot = Laptop::generous().await;
    bot.ask(BORIS, GROUP, "/gmenu").await;
    let target = bot
        .simulator
        .say(BORIS, GROUP, "come on", None)
        .unwrap()
        .message_id;
    for _ in 0..3 {
        let fought = bot.reply(ANNA, GROUP, target, "/fight").await;
        assert!(fought.text.contains('%'), "{}", fought.text);
    }
    let before = bot.belongings().await;
    let refused = bot.reply(ANNA, GROUP, target, "/fight").await;
    assert!(
        refused.text.contains("Again in") && !refused.text.contains('%'),
        "{}",
        refused.text
    );
    assert_eq!(bot.belongings().await, before);

    // Being attacked costs no quota.
    let back = bot.simulator.say(ANNA, GROUP, "tired?", None).unwrap();
    let fought = bot.reply(BORIS, GROUP, back.message_id, "/fight").await;
    assert!(fought.text.contains('%'), "{}", fought.text);
    bot.close().await;
}

#[tokio::test]
async fn without_opponents_nobody_is_found() {
    let bot = Laptop::generous().await;
    let menu = bot.ask(ANNA, ANNA, "/rademka").await;
    bot.press(ANNA, ANNA, menu.id, "v1:find").await;
    bot.ask(ANNA, ANNA, "/help").await;
    let shown = bot.simulator.message(ANNA, menu.id).unwrap();
    let data = crate::common::telegram::buttons(&shown);
    assert!(
        data.iter().all(|(_, data)| !data.starts_with("v1:duel:")),
        "{data:?}"
    );
    bot.close().await;
}
