//! The commands: list, show, replay, drop.

use super::harness::{PARTITIONS, aged, command, on_broker, press, take};
use gofrobot_shared::envelope::Envelope;
use gofrobot_shared::identity::Identity;
use gofrobot_shared::queue::Delivery;
use serde_json::json;

#[tokio::test]
async fn letters_are_listed_filtered_and_shown() {
    on_broker(|place| async move {
        let empty = place.dead("list").await;
        assert_eq!((&*empty.out, &*empty.err), ("", "no dead letters\n"));
        assert_eq!(place.listed("").await, [json!(null); 0]);
        place.bury(command(1, 7, "/davka"), "failed").await;
        place.bury(aged(press(22, 7), 7_260), "failed").await;
        place
            .bury(aged(command(333, 8, "/atm"), 200_000), "unreadable")
            .await;
        for (filters, ids) in [
            ("", &[1, 22, 333][..]),
            ("--reason failed", &[1, 22]),
            ("--reason failed,unreadable --older-than 2h", &[22, 333]),
            ("--older-than 1d", &[333]),
            ("--older-than 3d", &[]),
            ("--update-id 333,1", &[1, 333]),
            ("--limit 2", &[1, 22]),
        ] {
            let letters = place.listed(filters).await;
            let listed: Vec<_> = letters
                .iter()
                .map(|it| it["update_id"].as_i64().unwrap())
                .collect();
            assert_eq!(listed, ids, "{filters}");
        }
        let letters = place.listed("").await;
        assert_eq!(letters[1]["kind"], "callback_query");
        assert_eq!(letters[1]["too_old"], true);
        assert_eq!(
            (&letters[0]["too_old"], &letters[0]["error_id"]),
            (&json!(false), &json!("E1"))
        );

        let table = place.dead("list").await;
        let lines: Vec<&str> = table.out.lines().collect();
        assert!(
            lines[0].starts_with("ID            UPDATE  KEY  REASON      ERROR  AGE"),
            "{}",
            table.out
        );
        let id = letters[1]["id"].as_str().unwrap();
        assert_eq!(
            lines[2],
            format!("{id}  22      7    failed      E1     2h 1m     3"),
            "{}",
            table.out
        );
        assert_eq!(
            place.dead("list --limit 1").await.err,
            "2 more; --limit lists more of them\n"
        );

        let shown = place.dead(&format!("show {}", id.to_uppercase())).await;
        assert!(shown.done);
        for part in [
            "update    22\n",
            "\n  gofrobot-reason  ",
            "\n  gofrobot-age-ms  ",
            "  \"callback_query\": {\n",
            "a callback query lives 2m 30s",
        ] {
            assert!(shown.out.contains(part), "{part} in {}", shown.out);
        }
        let nobody = place.dead("show 000000000000").await;
        assert!(!nobody.done && nobody.out.is_empty());
        assert_eq!(nobody.err, "000000000000: there is no such letter\n");
        assert_eq!(
            place.left().await,
            [1, 22, 333],
            "looking takes nothing away"
        );
    })
    .await;
}

#[tokio::test]
async fn lifetimes_are_respected_unless_forced() {
    on_broker(|place| async move {
        for letter in [
            aged(command(1, 7, "/davka"), 23 * 3_600),
            aged(command(2, 7, "/davka"), 25 * 3_600),
            aged(press(3, 7), 100),
            aged(press(4, 7), 200),
        ] {
            place.bury(letter, "failed").await;
        }
        let said = place.dead("replay --all").await;
        assert_eq!((&*said.out, said.done), ("replayed 2, kept 2\n", false));
        assert!(
            said.err
                .contains("a message lives 1day, this one is 1day 1h old; --force replays it"),
            "{}",
            said.err
        );
        assert!(
            said.err
                .contains("a callback query lives 2m 30s, this one is 3m "),
            "{}",
            said.err
        );
        assert_eq!(take(&place.queue, 2).await, [1, 3]);
        assert_eq!(place.left().await, [2, 4]);
        let forced = place.dead("replay --all --force").await;
        assert_eq!((&*forced.out, forced.done), ("replayed 2, kept 0\n", true));
        assert_eq!(take(&place.queue, 2).await, [2, 4]);
        assert!(place.left().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn single_letters_are_replayed_and_dropped_while_the_others_keep_their_order() {
    on_broker(|place| async move {
        for id in 1..=60 {
            place.bury(command(id, id, "/davka"), "failed").await;
        }
        let letters = place.listed("").await;
        let id = |place: usize| letters[place - 1]["id"].as_str().unwrap();
        let said = place
            .dead(&format!("replay {} {} 00ff", id(50), id(9)))
            .await;
        assert_eq!(
            (&*said.out, &*said.err, said.done),
            (
                "replayed 2, kept 0\n",
                "00ff: there is no such letter\n",
                false
            )
        );
        let mut replayed = take(&place.queue, 2).await;
        replayed.sort_unstable();
        assert_eq!(replayed, [9, 50]);

        let asked = place.dead(&format!("drop {}", id(20))).await;
        assert!(!asked.done && asked.out.contains(id(20)));
        assert_eq!(asked.err, "nothing was dropped; --yes drops these 1\n");
        let dropped = place.dead(&format!("drop --yes {}", id(20))).await;
        assert_eq!((&*dropped.out, dropped.done), ("dropped 1\n", true));
        let by_filter = place
            .dead("drop --yes --reason failed --update-id 1,30 --limit 1")
            .await;
        assert_eq!(by_filter.out, "dropped 1\n");
        let gone = [1, 9, 20, 50];
        let left: Vec<i64> = (1..=60).filter(|id| !gone.contains(id)).collect();
        assert_eq!(place.left().await, left);
    })
    .await;
}

#[tokio::test]
async fn hundreds_are_replayed_while_more_updates_and_letters_come() {
    on_broker(|place| async move {
        for id in 1..=300 {
            place.bury(command(id, 7, "/davka"), "failed").await;
        }
        let busy = tokio::spawn({
            let place = place.clone();
            async move {
                for id in 1_001..=1_300 {
                    place
                        .publisher
                        .publish(command(id, 7, "/davka"))
                        .await
                        .unwrap();
                    place.bury(command(id + 1_000, 7, "/davka"), "late").await;
                }
            }
        });
        let said = place.dead("replay --reason failed").await;
        assert_eq!((&*said.out, said.done), ("replayed 300, kept 0\n", true));
        busy.await.unwrap();
        let taken = take(&place.queue, 600).await;
        for range in [1..=300, 1_001..=1_300] {
            let of_range: Vec<i64> = taken
                .iter()
                .copied()
                .filter(|id| range.contains(id))
                .collect();
            assert_eq!(of_range, range.collect::<Vec<_>>(), "each once, in order");
        }
        assert_eq!(place.left().await, (2_001..=2_300).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn an_age_that_no_calendar_holds_hinders_nobody() {
    on_broker(|place| async move {
        place.bury_of_age(command(1, 7, "/davka"), i64::MAX).await;
        let letter = &place.listed("").await[0];
        assert_eq!(letter["died_at"], json!(null));
        let id = letter["id"].as_str().unwrap();
        assert!(place.dead("list").await.out.contains(id));
        let shown = place.dead(&format!("show {id}")).await;
        assert!(
            shown.out.contains("gofrobot-age-ms") && !shown.out.contains("\ndied "),
            "{}",
            shown.out
        );
        let dropped = place.dead(&format!("drop --yes {id}")).await;
        assert_eq!(dropped.out, "dropped 1\n");
    })
    .await;
}

#[tokio::test]
async fn more_partitions_than_there_are_take_no_replay() {
    on_broker(|place| async move {
        place.bury(command(1, 7, "/davka"), "failed").await;
        let more = (PARTITIONS + 1).to_string();
        for _ in 0..2 {
            let refused = place.dead_on(&more, "replay --all").await.unwrap_err();
            let missing = format!(
                "no queue {}.updates.v1.0{PARTITIONS} on this broker",
                place.prefix
            );
            assert!(format!("{refused:#}").contains(&missing), "{refused:#}");
        }
        assert_eq!(place.left().await, [1]);
    })
    .await;
}

#[tokio::test]
async fn what_is_of_another_bot_stays_so_unless_any_may_play_it() {
    on_broker(|place| async move {
        let theirs = Identity { bot: 2, server: 3 };
        for (id, words, bot) in [(1, "", Some(theirs)), (2, " --any-bot", None)] {
            let letter = Envelope {
                bot: Some(theirs),
                ..command(id, 7, "/davka")
            };
            place.bury(letter, "other_bot").await;
            let said = place
                .dead(&format!("replay --reason other_bot{words}"))
                .await;
            assert_eq!((&*said.out, said.done), ("replayed 1, kept 0\n", true));
            let (mut consumer, mut taken) = (place.queue.consumer(), Vec::new());
            assert_eq!(consumer.next_batch(1, &mut taken).await, 1);
            assert_eq!(taken[0].envelope.bot, bot, "{words}");
            taken.into_iter().for_each(Delivery::ack);
            consumer.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn fewer_partitions_than_there_are_take_no_replay() {
    on_broker(|place| async move {
        place.bury(command(1, 7, "/davka"), "failed").await;
        let fewer = (PARTITIONS - 1).to_string();
        let refused = place.dead_on(&fewer, "replay --all").await.unwrap_err();
        let both = format!("PARTITIONS is {fewer} here and {PARTITIONS} on the broker");
        assert!(format!("{refused:#}").contains(&both), "{refused:#}");
        assert_eq!(place.left().await, [1]);
    })
    .await;
}

#[tokio::test]
async fn what_nobody_can_read_is_not_replayed() {
    on_broker(|place| async move {
        let garbage = gofrobot_shared::envelope::Envelope::unreadable("garbage".into());
        place.bury(garbage, "broken_json").await;
        let said = place.dead("replay --all --force").await;
        assert_eq!((&*said.out, said.done), ("replayed 0, kept 1\n", false));
        assert!(
            said.err
                .contains("it would only come back: the update is not a JSON object"),
            "{}",
            said.err
        );
        let id = place.listed("").await[0]["id"].as_str().unwrap().to_owned();
        assert!(
            place
                .dead(&format!("show {id}"))
                .await
                .out
                .contains("garbage\n")
        );
    })
    .await;
}
