//! Several workers at once: no effect is lost or doubled, and no conflict is shown to a caller.

use crate::harness::{connect, duel, entry, now, on_both, player, put, seed};
use futures_util::future::join_all;
use gofrobot_worker::game::outcome::Outcome;
use gofrobot_worker::game::world::{ChatActivity, Needs, World};
use std::collections::HashSet;

fn acting(actors: &[i64], updates: &[i64]) -> Needs {
    Needs {
        actors: actors.to_vec(),
        updates: updates.to_vec(),
        ..Needs::default()
    }
}

/// A rule that creates the player when missing, adds grams, and leaves a row in the ledger, once an update.
fn add_grams(world: &mut World, user_id: i64, update_id: i64, grams: i64) -> bool {
    if world.played.contains_key(&update_id) {
        return false;
    }
    let known = world.players.remove(&user_id);
    let mut changed = known.unwrap_or_else(|| player(user_id));
    changed.total_zmiy_g += grams;
    put(world, changed);
    world
        .ledger
        .push(entry(update_id, user_id, "davka", Outcome::Chatter, now()));
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_parallel_transactions_of_one_player_lose_nothing() {
    on_both(async |store, _| {
        seed(&store, vec![player(1)]).await;
        let tasks = (1..=50).map(|update_id| {
            let store = store.clone();
            tokio::spawn(async move {
                let needs = acting(&[1], &[update_id]);
                let rule = |world: &mut World| add_grams(world, 1, update_id, update_id);
                store.transact(&needs, now(), rule).await.unwrap()
            })
        });
        for done in join_all(tasks).await {
            assert!(done.unwrap());
        }
        let players = store.players(&[1]).await.unwrap();
        assert_eq!(players[0].total_zmiy_g, (1..=50).sum::<i64>());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_update_delivered_to_many_has_one_effect() {
    on_both(async |store, _| {
        // Half of them meet a player who exists, half a newcomer.
        seed(&store, vec![player(1)]).await;
        let tasks = (0..20).map(|task| {
            let store = store.clone();
            let user_id = 1 + task % 2;
            tokio::spawn(async move {
                let needs = acting(&[user_id], &[user_id]);
                let rule = |world: &mut World| add_grams(world, user_id, user_id, 80);
                store.transact(&needs, now(), rule).await.unwrap()
            })
        });
        let effects = join_all(tasks).await;
        let effects = effects.into_iter().filter(|done| *done.as_ref().unwrap());
        assert_eq!(effects.count(), 2, "one a player");
        for player in store.players(&[1, 2]).await.unwrap() {
            assert_eq!(player.total_zmiy_g, 80);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_newcomer_created_by_many_is_one_row_with_all_effects() {
    on_both(async |store, _| {
        let tasks = (1..=20).map(|update_id| {
            let store = store.clone();
            tokio::spawn(async move {
                let needs = acting(&[7], &[update_id]);
                let rule = |world: &mut World| add_grams(world, 7, update_id, 1);
                store.transact(&needs, now(), rule).await.unwrap()
            })
        });
        for done in join_all(tasks).await {
            assert!(done.unwrap());
        }
        let players = store.players(&[7]).await.unwrap();
        assert_eq!(players.len(), 1);
        assert_eq!(players[0].total_zmiy_g, 20);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn duels_in_opposite_directions_never_block_each_other() {
    on_both(async |store, url| {
        let other = connect(&url).await;
        seed(&store, (1..=4).map(player).collect()).await;
        let tasks = (1..=40).map(|id: i64| {
            let store = if id % 2 == 0 { &store } else { &other }.clone();
            let (attacker, defender) = if id % 4 < 2 {
                (1 + id % 3, 4)
            } else {
                (4, 1 + id % 3)
            };
            tokio::spawn(async move {
                let needs = Needs {
                    actors: vec![attacker],
                    others: vec![defender],
                    attackers: vec![attacker],
                    ..Needs::default()
                };
                let fight = |world: &mut World| {
                    for user_id in [attacker, defender] {
                        let mut fighter = world.players.remove(&user_id).unwrap();
                        fighter.duels += 1;
                        put(world, fighter);
                        let activity = ChatActivity {
                            davkas: 0,
                            grams: 1,
                            at: now(),
                        };
                        world.chat_activity.insert((-5, user_id), activity);
                    }
                    world.duels.push(duel(id, attacker, defender, now()));
                };
                store.transact(&needs, now(), fight).await.unwrap();
            })
        });
        for done in join_all(tasks).await {
            done.unwrap();
        }
        let fought = store.players(&[1, 2, 3, 4]).await.unwrap();
        assert_eq!(fought.iter().map(|player| player.duels).sum::<i64>(), 80);
        assert_eq!(fought[3].duels, 40);
        assert_eq!(store.chat_figures(-5, 1, now()).await.unwrap().grams, 80);
        other.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_nickname_is_won_once_and_the_loser_plays_again() {
    on_both(async |store, _| {
        seed(&store, (1..=8).map(player).collect()).await;
        let tasks = (1..=8).map(|user_id| {
            let store = store.clone();
            tokio::spawn(async move {
                let needs = Needs {
                    actors: vec![user_id],
                    nickname_keys: vec!["змий".to_owned()],
                    ..Needs::default()
                };
                let mut runs = 0;
                let rename = |world: &mut World| {
                    runs += 1;
                    if world.nickname_owners.contains_key("змий") {
                        return false;
                    }
                    let mut renamed = world.players.remove(&user_id).unwrap();
                    renamed.nickname = "ЗМИЙ".to_owned();
                    put(world, renamed);
                    true
                };
                let won = store.transact(&needs, now(), rename).await.unwrap();
                (won, runs)
            })
        });
        let results: Vec<_> = join_all(tasks)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        assert_eq!(results.iter().filter(|(won, _)| *won).count(), 1);
        let all: Vec<i64> = (1..=8).collect();
        let nicknames: HashSet<_> = store
            .players(&all)
            .await
            .unwrap()
            .into_iter()
            .map(|player| player.nickname)
            .collect();
        assert_eq!(nicknames.len(), 8);
        let conflicts: i32 = results.iter().map(|(_, runs)| runs - 1).sum();
        assert_eq!(store.take_figures().conflicts, conflicts as u64);
    })
    .await;
}

#[tokio::test]
async fn a_conflict_that_never_ends_is_told_after_a_bounded_number_of_attempts() {
    on_both(async |store, _| {
        seed(&store, vec![player(1)]).await;
        let mut runs = 0;
        // Not asked for, so it is taken for a newcomer each time.
        let rule = |world: &mut World| {
            runs += 1;
            put(world, player(1));
        };
        let told = store.transact(&Needs::default(), now(), rule).await;
        let error = told.unwrap_err();
        assert!(error.is_transient(), "{error}");
        assert_eq!(runs, 10);
        assert_eq!(store.players(&[1]).await.unwrap(), [player(1)]);
    })
    .await;
}
