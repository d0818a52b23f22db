//! Many players at once: every update is answered exactly once, and the tables hold the result.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::books::balance;
use crate::common::telegram::{FIRST_PERSON, Telegram};
use crate::services::on_cluster;

const PLAYERS: i64 = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_updates_get_one_reply_each() {
    on_cluster(PLAYERS, |cluster| async move {
        let mut ingress = cluster.ingress(&[]).await;
        let (mut one, mut other) = tokio::join!(cluster.worker(), cluster.worker());
        let telegram = &cluster.telegram;
        let mut players = JoinSet::new();
        for player in FIRST_PERSON..FIRST_PERSON + PLAYERS {
            players.spawn(evening(Arc::clone(telegram), player));
        }
        while let Some(played) = players.join_next().await {
            played.unwrap();
        }
        // Whatever a process still has in hand it says before it ends.
        for program in [&mut ingress, &mut one, &mut other] {
            assert_eq!(program.stop().await, Some(0));
        }
        let (messages, presses) = (6 * PLAYERS as usize, 4 * PLAYERS as usize);
        let witness = &telegram.witness;
        assert_eq!((witness.said(), witness.answered()), (messages, presses));
        assert_eq!(telegram.simulator.forgotten(), 0);

        balance(&cluster).await;
        for (query, expected) in [
            ("SELECT count(*) FROM players", 1),
            ("SELECT count(*) FROM players WHERE davkas = 1 AND zmiy_g = 0 AND nickname LIKE 'Player %'", 1),
            ("SELECT count(*) FROM ledger WHERE kind = 'start'", 1),
            ("SELECT count(*) FROM ledger WHERE kind = 'davka' AND outcome->>'is' = 'davka'", 1),
            ("SELECT count(*) FROM ledger WHERE kind = 'davka' AND outcome->>'is' = 'davka_refused'", 1),
            ("SELECT count(*) FROM ledger WHERE kind = 'uletet' AND outcome->>'is' = 'uletet'", 1),
            ("SELECT count(*) FROM ledger WHERE kind = 'nickname' AND outcome->>'is' = 'nickname_changed'", 1),
        ] {
            assert_eq!(cluster.count(query).await, expected * PLAYERS, "{query}");
        }
    })
    .await;
}

/// Ten updates of one player, one after another; what answers a message is checked by `ask`.
async fn evening(telegram: Arc<Telegram>, player: i64) {
    let menu = telegram.ask(player, player, "/start").await.id;
    press(&telegram, player, menu, "v1:davka").await;
    press(&telegram, player, menu, "v1:uletet").await;
    telegram.ask(player, player, "/profile").await;
    press(&telegram, player, menu, "v1:top_gofra").await;
    telegram.ask(player, player, "/nickname").await;
    telegram
        .ask(player, player, &format!("Player {player}"))
        .await;
    telegram.ask(player, player, "/davka").await;
    press(&telegram, player, menu, "v1:atm").await;
    telegram.ask(player, player, "/stats").await;
    // Four presses, four edits: the last came before the answer to /stats, for a chat is answered in order.
    assert_eq!(telegram.witness.edits_in(player), 4);
}

async fn press(telegram: &Telegram, player: i64, menu: i64, data: &str) {
    telegram.press(player, player, menu, data).await;
}
