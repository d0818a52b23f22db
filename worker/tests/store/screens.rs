//! Leaderboards and figures.

use crate::harness::{ago, duel, now, on_both, player, seed, write};
use gofrobot_worker::game::action::TopKey;
use gofrobot_worker::game::balance::{ATM_PERIOD_S, LEVELS, MAX_ATM};
use gofrobot_worker::game::facts::{ChatFigures, ChatShare, DuelRecord};
use gofrobot_worker::game::player::Player;
use gofrobot_worker::game::world::ChatActivity;
use gofrobot_worker::store::{Regeneration, Store};

fn regeneration() -> Regeneration {
    Regeneration {
        from_mm: LEVELS.map(|level| level.from_mm).to_vec(),
        speed_tenths: LEVELS.map(|level| level.speed_tenths).to_vec(),
        period_s: ATM_PERIOD_S,
        full: i64::from(MAX_ATM),
    }
}

async fn top(
    store: &Store,
    key: TopKey,
    reader: i64,
) -> (Vec<(i64, i64, f64)>, i64, Option<(i64, f64)>) {
    let board = store
        .top(key, Some(reader), &regeneration(), now())
        .await
        .unwrap();
    assert_eq!(board.key, Some(key));
    let rows = board.rows.iter();
    (
        rows.map(|row| (row.place, row.user_id, row.value))
            .collect(),
        board.players,
        board.own.map(|own| (own.place, own.value)),
    )
}

#[tokio::test]
async fn tops_have_ten_rows_stable_ties_and_ones_own_place() {
    on_both(async |store, _| {
        let nobody = store
            .top(TopKey::Gofra, Some(1), &regeneration(), now())
            .await;
        let nobody = nobody.unwrap();
        assert_eq!(
            (nobody.rows.len(), nobody.players, nobody.own),
            (0, 0, None)
        );

        // 15 players, three of a kind: 1, 2 and 3 have the least, 13, 14 and 15 the most.
        let graded = |id: i64| {
            let grade = (id - 1) / 3;
            Player {
                gofra_mm: 10.0 + grade as f64,
                cable_mm: 20.0 + grade as f64,
                total_zmiy_g: 100 * grade,
                duel_wins: grade,
                ..player(id)
            }
        };
        seed(&store, (1..=15).map(graded).collect()).await;
        let order = [13, 14, 15, 10, 11, 12, 7, 8, 9, 4];
        for (key, best, own) in [
            (TopKey::Gofra, 14.0, 11.0),
            (TopKey::Cable, 24.0, 21.0),
            (TopKey::Zmiy, 400.0, 100.0),
            (TopKey::Wins, 4.0, 1.0),
        ] {
            let (rows, players, own_row) = top(&store, key, 6).await;
            let ids: Vec<_> = rows.iter().map(|(_, id, _)| *id).collect();
            assert_eq!(ids, order, "{key:?}");
            let places: Vec<_> = rows.iter().map(|(place, _, _)| *place).collect();
            assert_eq!(places, (1..=10).collect::<Vec<_>>(), "{key:?}");
            assert_eq!(rows[0].2, best, "{key:?}");
            assert_eq!(players, 15);
            assert_eq!(own_row, Some((12, own)), "{key:?}");
            assert_eq!(top(&store, key, 4).await.2, None, "4 is the tenth");
            assert_eq!(top(&store, key, 99).await.2, None, "99 never played");
        }
        let for_all = store.top(TopKey::Gofra, None, &regeneration(), now()).await;
        let for_all = for_all.unwrap();
        assert_eq!(for_all.own, None);
        assert_eq!(for_all.rows[0].nickname, "gofr13");
    })
    .await;
}

#[tokio::test]
async fn the_top_of_atmospheres_counts_them_as_of_now() {
    on_both(async |store, _| {
        let breathing = |id: i64, atm: i32, since: i64, gofra_mm: f64| Player {
            atm,
            atm_since: ago(since),
            gofra_mm,
            ..player(id)
        };
        seed(
            &store,
            vec![
                breathing(1, 0, 7_199, 10.0),
                breathing(2, 0, 7_200, 10.0),
                breathing(3, 5, 86_400 * 400, 10.0),
                breathing(4, 0, 3_600, 20_000.0),
                breathing(5, 0, 3_599, 99_999.0),
                breathing(6, 99, 0, 10.0),
                breathing(7, -4, 14_400, 9.9),
                breathing(8, 3, -50, 10.0),
                breathing(9, 0, 6_545, 149.9),
                breathing(10, 0, 6_546, 149.9),
            ],
        )
        .await;
        let (rows, players, own) = top(&store, TopKey::Atm, 1).await;
        let expected = [
            (1, 3, 12.0),
            (2, 6, 12.0),
            (3, 8, 3.0),
            (4, 7, 2.0),
            (5, 2, 1.0),
            (6, 4, 1.0),
            (7, 10, 1.0),
            (8, 1, 0.0),
            (9, 5, 0.0),
            (10, 9, 0.0),
        ];
        assert_eq!(rows, expected);
        assert_eq!((players, own), (10, None));

        seed(&store, (11..=13).map(player).collect()).await;
        let (_, players, own) = top(&store, TopKey::Atm, 9).await;
        assert_eq!((players, own), (13, Some((13, 0.0))));
    })
    .await;
}

fn activity(davkas: i64, grams: i64, seconds_ago: i64) -> ChatActivity {
    ChatActivity {
        davkas,
        grams,
        at: ago(seconds_ago),
    }
}

#[tokio::test]
async fn chats_add_up_over_batches() {
    on_both(async |store, _| {
        let chat = -1_001_234_567_890;
        let empty = ChatFigures {
            players: 0,
            active: 0,
            davkas: 0,
            grams: 0,
            last_activity: None,
        };
        assert_eq!(store.chat_figures(chat, 1, now()).await.unwrap(), empty);
        seed(&store, (1..=12).map(player).collect()).await;
        let week = 7 * 86_400;
        write(&store, |world| {
            world.chat_titles.insert(chat, "Гараж\0 №1".to_owned());
            world.chat_activity.insert((chat, 1), activity(1, 80, week));
            world
                .chat_activity
                .insert((chat, 2), activity(0, 0, week - 1));
            world.chat_activity.insert((-5, 1), activity(1, 1_000, 3));
        })
        .await;
        write(&store, |world| {
            for user_id in 3..=12 {
                world
                    .chat_activity
                    .insert((chat, user_id), activity(2, 150, 60));
            }
            // An older batch that comes later does not turn the time back.
            world
                .chat_activity
                .insert((chat, 2), activity(1, 50, week + 9));
        })
        .await;
        let figures = async |reader| store.chat_figures(chat, reader, now()).await.unwrap();
        let expected = ChatFigures {
            players: 12,
            active: 11,
            davkas: 22,
            grams: 1_630,
            last_activity: Some(ago(60)),
        };
        assert_eq!(figures(1).await, expected);

        let share = |grams, davkas, place| ChatShare {
            grams,
            davkas,
            place,
            players: 12,
            chat_grams: 1_630,
        };
        let of = async |user_id| store.chat_share(chat, user_id).await.unwrap();
        assert_eq!(of(3).await, share(150, 2, Some(1)));
        assert_eq!(of(12).await, share(150, 2, Some(10)));
        assert_eq!(of(1).await, share(80, 1, Some(11)));
        assert_eq!(of(2).await, share(50, 1, Some(12)));
        assert_eq!(of(77).await, share(0, 0, None));

        let board = store.chat_top(chat, Some(2)).await.unwrap();
        let ids: Vec<_> = board.rows.iter().map(|row| row.user_id).collect();
        assert_eq!(ids, (3..=12).collect::<Vec<_>>());
        assert_eq!((board.key, board.players), (None, 12));
        let own = board.own.unwrap();
        assert_eq!(
            (own.place, own.value, own.nickname.as_str()),
            (12, 50.0, "gofr2")
        );
        assert_eq!(store.admin_figures(now()).await.unwrap().chats, 2);
    })
    .await;
}

#[tokio::test]
async fn the_books_of_a_group_follow_it_to_its_new_id() {
    on_both(async |store, _| {
        let (old, new) = (-77, -1_001_234_567_890);
        seed(&store, (1..=3).map(player).collect()).await;
        write(&store, |world| {
            world.chat_titles.insert(old, "Yard".to_owned());
            world.chat_titles.insert(new, "Yard".to_owned());
            world.chat_activity.insert((old, 1), activity(2, 150, 60));
            world.chat_activity.insert((old, 2), activity(1, 80, 50));
            // Somebody was quicker in the new group than the news of it.
            world.chat_activity.insert((new, 2), activity(1, 70, 10));
            world.chat_activity.insert((-5, 3), activity(1, 9, 3));
        })
        .await;
        // The news comes twice, from the old group and from the new one.
        for _ in 0..2 {
            store.move_chat(old, new).await.unwrap();
        }
        let figures = store.chat_figures(new, 0, now()).await.unwrap();
        let expected = ChatFigures {
            players: 2,
            active: 2,
            davkas: 4,
            grams: 300,
            last_activity: Some(ago(10)),
        };
        assert_eq!(figures, expected);
        // His own look is no news to the reader.
        let for_him = store.chat_figures(new, 2, now()).await.unwrap();
        assert_eq!(for_him.last_activity, Some(ago(60)));
        let share = store.chat_share(new, 2).await.unwrap();
        assert_eq!((share.grams, share.davkas), (150, 2));
        let left = store.chat_figures(old, 0, now()).await.unwrap();
        assert_eq!((left.players, left.davkas, left.grams), (0, 0, 0));
        store.move_chat(-6, -5).await.unwrap();
        assert_eq!(store.chat_figures(-5, 0, now()).await.unwrap().grams, 9);
    })
    .await;
}

#[tokio::test]
async fn ones_duels_are_told_newest_first_from_ones_own_side() {
    on_both(async |store, _| {
        seed(&store, (1..=3).map(player).collect()).await;
        write(&store, |world| {
            for id in 1..=12 {
                world.duels.push(duel(id, 1, 2, ago(1_000 - id)));
            }
            world.duels.push(duel(13, 3, 1, ago(5)));
            world.duels.push(duel(14, 2, 3, ago(4)));
        })
        .await;
        let duels = store.my_duels(1, 10).await.unwrap();
        assert_eq!(duels.len(), 10);
        let lost = DuelRecord {
            opponent: "gofr3".to_owned(),
            attacked: false,
            won: false,
            chance: 57.0,
            at: ago(5),
        };
        assert_eq!(duels[0], lost);
        let won = DuelRecord {
            opponent: "gofr2".to_owned(),
            attacked: true,
            won: true,
            chance: 57.0,
            at: ago(988),
        };
        assert_eq!(duels[1], won);
        assert_eq!(duels[9].at, ago(996));
        assert_eq!(store.my_duels(9, 10).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn administrators_see_totals_and_the_newest_errors() {
    on_both(async |store, _| {
        let idle = Player {
            updated_at: ago(86_400),
            ..player(1)
        };
        seed(&store, vec![idle, player(2)]).await;
        write(&store, |world| world.duels.push(duel(1, 1, 2, now()))).await;
        for number in 1..=11 {
            let id = format!("E{number:02}");
            store
                .record_error(&id, "davka", "store", "nul \0 inside", ago(100 - number))
                .await
                .unwrap();
        }
        store
            .record_error("E11", "top", "again", "", now())
            .await
            .unwrap();
        let figures = store.admin_figures(now()).await.unwrap();
        assert_eq!(
            (
                figures.players,
                figures.active_day,
                figures.chats,
                figures.duels
            ),
            (2, 1, 0, 1)
        );
        let ids: Vec<_> = figures
            .errors
            .iter()
            .map(|error| error.id.as_str())
            .collect();
        assert_eq!(
            ids,
            [
                "E11", "E10", "E09", "E08", "E07", "E06", "E05", "E04", "E03", "E02"
            ]
        );
        let newest = &figures.errors[0];
        assert_eq!(
            (newest.handler.as_str(), newest.kind.as_str(), newest.at),
            ("davka", "store", ago(89))
        );
    })
    .await;
}
