//! Ctrl-C: what was taken from Telegram is played and answered before the program ends.

use sqlx::Connection;

use crate::common::telegram::FIRST_PERSON;
use crate::common::wait::until_answered;
use crate::laptop::Laptop;

const PEOPLE: i64 = 40;

/// Presses of each: together more than a worker takes at once, so that some wait in the queue.
const EACH: i64 = 15;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_in_the_queue_is_answered_before_the_end() {
    let flags = ["--partitions", "1", "--max-requests-per-minute", "1000"];
    let laptop = Laptop::of(PEOPLE, &flags).await;
    let lock = laptop.lock().await;
    let mut queries = Vec::new();
    for _ in 0..EACH {
        for person in FIRST_PERSON..FIRST_PERSON + PEOPLE {
            let pressed = laptop.simulator.press(person, person, 1, "v1:davka");
            queries.push(pressed.unwrap().callback_query_id);
        }
    }
    let taken = || async {
        let taken = laptop.metric("bot_queue_publish_seconds_count", &[]).await;
        taken as usize == queries.len()
    };
    until_answered("all presses in the queue", taken).await;
    laptop.ask_to_stop();
    lock.close().await.unwrap();
    let telegram = laptop.ended().await;
    for query in queries {
        assert_eq!(telegram.witness.answers(&query), 1);
    }
}
