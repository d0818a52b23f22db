//! Things that happen at the same moment, and things that happen twice.

use crate::books::balance;
use crate::common::telegram::{FIRST_PERSON, GROUP};
use crate::common::wait::until;
use crate::services::on_cluster;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_davkas_at_once_are_one_success() {
    const PLAYERS: i64 = 20;
    on_cluster(PLAYERS, |cluster| async move {
        let _ingress = cluster.ingress(&[]).await;
        let _workers = tokio::join!(cluster.worker(), cluster.worker());
        let telegram = &cluster.telegram;
        let mut queries = Vec::new();
        for player in FIRST_PERSON..FIRST_PERSON + PLAYERS {
            for number in 0..5 {
                if number == 2 {
                    telegram
                        .simulator
                        .say(player, GROUP, "/gdavka", None)
                        .unwrap();
                }
                let pressed = telegram.simulator.press(player, player, 1, "v1:davka");
                queries.push(pressed.unwrap().callback_query_id);
            }
        }
        let witness = &telegram.witness;
        let done = || {
            witness.answered() == queries.len() && witness.said_in(GROUP).len() as i64 == PLAYERS
        };
        until("all answers", done).await;
        let won = "SELECT count(*) FROM players WHERE davkas = 1 AND atm = 0";
        assert_eq!(cluster.count(won).await, PLAYERS);
        let refused = "SELECT count(*) FROM ledger WHERE outcome->>'is' = 'davka_refused'";
        assert_eq!(cluster.count(refused).await, 5 * PLAYERS);
        balance(&cluster).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_that_comes_twice_has_one_effect_and_the_same_answer() {
    on_cluster(2, |cluster| async move {
        let _ingress = cluster.ingress(&[]).await;
        let _workers = tokio::join!(cluster.worker(), cluster.worker());
        let telegram = &cluster.telegram;
        let (simulator, witness) = (&telegram.simulator, &telegram.witness);
        let (anna, boris) = (FIRST_PERSON, FIRST_PERSON + 1);
        telegram.ask(boris, boris, "/start").await;
        let target = simulator
            .say(boris, GROUP, "come on", None)
            .unwrap()
            .message_id;
        let text = |chat, id| simulator.message(chat, id).unwrap().text;

        for (chat, command, reply_to) in [
            (anna, "/davka", None),
            (GROUP, "/fight", Some(target)),
            (anna, "/uletet", None),
        ] {
            let before = witness.said_in(chat).len();
            // Once more before anybody had the time to answer, and once more long after.
            let sent = simulator.say(anna, chat, command, reply_to).unwrap();
            assert!(simulator.deliver_again(sent.update_id));
            until("both answers", || witness.said_in(chat).len() == before + 2).await;
            assert!(simulator.deliver_again(sent.update_id));
            until("the third answer", || {
                witness.said_in(chat).len() == before + 3
            })
            .await;
            let answers = &witness.said_in(chat)[before..];
            let first = text(chat, answers[0]);
            assert!(answers.iter().all(|id| text(chat, *id) == first), "{first}");
        }
        for (query, expected) in [
            (
                "SELECT count(*) FROM ledger WHERE outcome->>'is' IN ('davka', 'duel', 'uletet')",
                3,
            ),
            ("SELECT count(*) FROM ledger", 4),
            ("SELECT count(*) FROM duels", 1),
            ("SELECT sum(davkas)::bigint FROM players", 1),
        ] {
            assert_eq!(cluster.count(query).await, expected, "{query}");
        }
        balance(&cluster).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_davka_and_an_incoming_duel_at_the_same_moment_both_count() {
    const PAIRS: i64 = 25;
    on_cluster(2 * PAIRS, |cluster| async move {
        let _ingress = cluster.ingress(&[]).await;
        let _workers = tokio::join!(cluster.worker(), cluster.worker());
        let (simulator, witness) = (&cluster.telegram.simulator, &cluster.telegram.witness);
        let defenders = || FIRST_PERSON..FIRST_PERSON + PAIRS;
        let mut targets = Vec::new();
        for defender in defenders() {
            simulator.say(defender, defender, "/start", None).unwrap();
            let said = simulator.say(defender, GROUP, "come on", None).unwrap();
            targets.push(said.message_id);
        }
        until("everybody is a player", || witness.said() as i64 == PAIRS).await;
        for (defender, target) in defenders().zip(targets) {
            let attacker = defender + PAIRS;
            simulator
                .say(attacker, GROUP, "/fight", Some(target))
                .unwrap();
            simulator.say(defender, defender, "/davka", None).unwrap();
        }
        until("all answers", || witness.said() as i64 == 3 * PAIRS).await;
        let both = "SELECT count(*) FROM players WHERE davkas = 1 AND duels = 1";
        assert_eq!(cluster.count(both).await, PAIRS);
        assert_eq!(cluster.count("SELECT count(*) FROM duels").await, PAIRS);
        balance(&cluster).await;
    })
    .await;
}
