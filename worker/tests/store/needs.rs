//! What a batch asks for is what its world holds.

use crate::harness::{
    ago, duel, entry, load, now, on_both, player, proposal, put, seed, sql, write,
};
use gofrobot_worker::game::action::View;
use gofrobot_worker::game::outcome::{Catch, NicknameRefusal, Outcome, Shown};
use gofrobot_worker::game::player::{Dialogue, Language, Player};
use gofrobot_worker::game::world::{Needs, Proposal, RecentDuel};

/// Every column with a value of its own.
fn veteran(user_id: i64) -> Player {
    Player {
        nickname: "Пацан-1".to_owned(),
        language: Some(Language::Ru),
        language_code: None,
        gofra_mm: 1_234.567,
        cable_mm: 98_765.432,
        atm: 7,
        atm_since: ago(100),
        zmiy_g: 1,
        total_zmiy_g: i64::MAX,
        davkas: 2,
        best_g: 3,
        duels: 4,
        duel_wins: 5,
        dialogue: Some(Dialogue::Nickname { asked_by: 0 }),
        created_at: ago(1_000_000),
        updated_at: ago(50),
        ..player(user_id)
    }
}

#[tokio::test]
async fn players_come_back_as_they_were_written() {
    on_both(async |store, _| {
        let telegram_max = (1 << 52) - 1;
        seed(&store, vec![player(1), veteran(telegram_max)]).await;
        let needs = Needs {
            actors: vec![1, 2],
            others: vec![telegram_max, 3, 1],
            ..Needs::default()
        };
        let world = load(&store, needs).await;
        assert_eq!(world.players.len(), 2, "nobody is created by asking");
        assert_eq!(world.players[&1], player(1));
        assert_eq!(world.players[&telegram_max], veteran(telegram_max));

        let changed = Player {
            gofra_mm: 12.001,
            dialogue: None,
            language: None,
            ..veteran(telegram_max)
        };
        seed(&store, vec![changed.clone()]).await;
        let read = store.players(&[telegram_max, 1, 99]).await.unwrap();
        assert_eq!(read, [player(1), changed]);
    })
    .await;
}

#[tokio::test]
async fn created_at_never_changes() {
    on_both(async |store, _| {
        seed(&store, vec![player(1)]).await;
        let forged = Player {
            created_at: ago(5),
            ..player(1)
        };
        seed(&store, vec![forged]).await;
        assert_eq!(store.players(&[1]).await.unwrap(), [player(1)]);
    })
    .await;
}

#[tokio::test]
async fn played_updates_come_with_their_outcome() {
    on_both(async |store, _| {
        let catch = Outcome::Davka(Catch {
            grams: 80,
            gofra_grown_mm: 2.0,
            cable_grown_mm: 12.0,
            gofra_mm: 12.0,
            cable_mm: 22.0,
            zmiy_g: 80,
            new_level: None,
            full_in_s: 86_400,
        });
        let rows = [
            entry(10, 1, "davka", catch.clone(), now()),
            entry(11, 2, "uletet", Outcome::UletetRefused, now()),
        ];
        write(&store, |world| world.ledger.extend(rows.clone())).await;
        let needs = Needs {
            updates: vec![10, 12],
            ..Needs::default()
        };
        let world = load(&store, needs).await;
        assert_eq!(world.played, [(10, catch)].into());
    })
    .await;
}

#[tokio::test]
async fn an_outcome_of_another_version_is_played_and_shows_the_profile() {
    on_both(async |store, url| {
        let row = entry(10, 1, "davka", Outcome::Chatter, now());
        write(&store, |world| world.ledger.push(row.clone())).await;
        let spoil = r#"UPDATE ledger SET outcome = '{"is": "teleported", "to": [1]}'"#;
        if url.starts_with("postgres") {
            sql(&url, spoil).await;
        } else {
            let file = sqlx::SqlitePool::connect(&url).await.unwrap();
            sqlx::query(spoil).execute(&file).await.unwrap();
            file.close().await;
        }
        store.take_figures();
        let needs = Needs {
            updates: vec![10],
            proposals: vec![10],
            renamers: vec![1],
            ..Needs::default()
        };
        let world = load(&store, needs).await;
        let profile = Outcome::Show(Shown {
            view: View::Profile,
        });
        assert_eq!(world.played, [(10, profile)].into());
        assert_eq!(store.take_figures().unreadable_outcomes, 1);
    })
    .await;
}

#[tokio::test]
async fn proposals_bring_their_opponents_and_whether_they_were_used() {
    on_both(async |store, _| {
        seed(&store, vec![player(1), player(2), player(3)]).await;
        let at = ago(30);
        write(&store, |world| {
            world.ledger.push(proposal(100, 1, 2, at));
            world.ledger.push(proposal(101, 1, 3, at));
            world
                .ledger
                .push(entry(102, 1, "davka", Outcome::Chatter, at));
            // The id that the rules give to the duel of proposal 101.
            let id = (at.timestamp() << 31) | 101;
            world.duels.push(duel(id, 1, 3, now()));
        })
        .await;
        let needs = Needs {
            actors: vec![1],
            proposals: vec![100, 101, 102, 103],
            ..Needs::default()
        };
        let world = load(&store, needs).await;
        let expected = |opponent, used| Proposal {
            owner: 1,
            opponent,
            at,
            used,
        };
        assert_eq!(
            world.proposals,
            [(100, expected(2, false)), (101, expected(3, true))].into()
        );
        let mut loaded: Vec<_> = world.players.keys().copied().collect();
        loaded.sort_unstable();
        assert_eq!(loaded, [1, 2, 3]);
    })
    .await;
}

#[tokio::test]
async fn attackers_bring_their_duels_of_the_last_hour_oldest_first() {
    on_both(async |store, _| {
        let rows = [
            duel(1, 1, 2, ago(3_600)),
            duel(2, 1, 3, ago(10)),
            duel(3, 1, 2, ago(3_599)),
            duel(4, 2, 1, ago(10)),
        ];
        write(&store, |world| world.duels.extend(rows.clone())).await;
        let needs = Needs {
            attackers: vec![1],
            ..Needs::default()
        };
        let world = load(&store, needs).await;
        let recent = |defender, seconds| RecentDuel {
            defender,
            at: ago(seconds),
        };
        assert_eq!(
            world.recent_duels,
            [(1, vec![recent(2, 3_599), recent(3, 10)])].into(),
            "a duel of 3600 seconds ago has left the hour, and being attacked does not count"
        );
    })
    .await;
}

#[tokio::test]
async fn seekers_get_active_neighbours_by_strength_on_both_sides() {
    on_both(async |store, _| {
        let strong = |id: i64, gofra_mm: f64| Player {
            gofra_mm,
            ..player(id)
        };
        let mut players: Vec<_> = (1..=40)
            .map(|id| strong(id, 10.0 + id as f64 * 10.0))
            .collect();
        // The nearest of all was last seen more than 30 days ago; 21 was seen just in time.
        players[18].updated_at = ago(30 * 86_400);
        players[20].updated_at = ago(30 * 86_400 - 1);
        seed(&store, players).await;
        let needs = Needs {
            actors: vec![20, 99],
            seekers: vec![20, 99],
            ..Needs::default()
        };
        let world = load(&store, needs).await;
        let ids = |seeker: i64| {
            let mut ids: Vec<_> = world.candidates[&seeker]
                .iter()
                .map(|player| player.user_id)
                .collect();
            ids.sort_unstable();
            ids
        };
        assert_eq!(
            ids(20),
            [(9..=18).collect::<Vec<_>>(), (21..=30).collect()].concat()
        );
        assert_eq!(
            ids(99),
            (1..=10).collect::<Vec<_>>(),
            "a newcomer counts as 20 mm and has only stronger neighbours"
        );
        let neighbour = world.candidates[&20]
            .iter()
            .find(|player| player.user_id == 30);
        assert_eq!(neighbour, Some(&strong(30, 310.0)));
    })
    .await;
}

#[tokio::test]
async fn equals_have_different_neighbours_and_never_themselves() {
    on_both(async |store, _| {
        seed(&store, (1..=100).map(player).collect()).await;
        let needs = Needs {
            actors: vec![30, 70],
            seekers: vec![30, 70],
            ..Needs::default()
        };
        let world = load(&store, needs).await;
        for (seeker, candidates) in world.candidates {
            let mut ids: Vec<_> = candidates.iter().map(|player| player.user_id).collect();
            ids.sort_unstable();
            let expected: Vec<_> = (seeker - 10..=seeker + 10)
                .filter(|id| *id != seeker)
                .collect();
            assert_eq!(ids, expected);
        }
        let alone = Needs {
            seekers: vec![1],
            ..Needs::default()
        };
        assert!(load(&store, alone).await.candidates[&1].len() == 10);
    })
    .await;
}

#[tokio::test]
async fn nicknames_bring_their_owners_case_folded() {
    on_both(async |store, _| {
        let named = Player {
            nickname: "Змий Горыныч".to_owned(),
            ..player(1)
        };
        seed(&store, vec![named]).await;
        let keys = ["змий горыныч", "free", "with\0nul", "' OR 1=1 --"];
        let needs = Needs {
            nickname_keys: keys.map(str::to_owned).to_vec(),
            ..Needs::default()
        };
        let world = load(&store, needs).await;
        assert_eq!(
            world.nickname_owners,
            [("змий горыныч".to_owned(), 1)].into()
        );
    })
    .await;
}

#[tokio::test]
async fn renamers_bring_their_successful_changes_of_the_last_hour() {
    on_both(async |store, _| {
        let changed = Outcome::NicknameChanged {
            from: "a".to_owned(),
            to: "b".to_owned(),
        };
        let refused = Outcome::NicknameRefused(NicknameRefusal::Taken);
        let rows = [
            entry(1, 1, "nickname", changed.clone(), ago(3_600)),
            entry(2, 1, "nickname", changed.clone(), ago(5)),
            entry(3, 1, "nickname", changed.clone(), ago(3_599)),
            entry(4, 1, "nickname", refused, ago(4)),
            entry(5, 2, "nickname", changed, ago(3)),
        ];
        write(&store, |world| world.ledger.extend(rows.clone())).await;
        let needs = Needs {
            renamers: vec![1],
            ..Needs::default()
        };
        let world = load(&store, needs).await;
        assert_eq!(
            world.nickname_changes,
            [(1, vec![ago(3_599), ago(5)])].into()
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_not_marked_as_changed_is_not_written() {
    on_both(async |store, _| {
        seed(&store, vec![player(1)]).await;
        let needs = Needs {
            actors: vec![1, 2],
            ..Needs::default()
        };
        let forget = |world: &mut gofrobot_worker::game::world::World| {
            put(world, player(2));
            world.changed.clear();
            if let Some(player) = world.players.get_mut(&1) {
                player.gofra_mm = 99.0;
            }
        };
        store.transact(&needs, now(), forget).await.unwrap();
        assert_eq!(store.players(&[1, 2]).await.unwrap(), [player(1)]);
    })
    .await;
}
