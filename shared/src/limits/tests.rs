//! One table of cases for the limiter in memory and the limiter in Redis.

use chrono::DateTime;

use super::*;
use crate::redis::testing::{Own, Shared};

const ALLOWED: Verdict = Verdict::Allowed;

const fn limited(retry_after_s: u32) -> Verdict {
    Verdict::Limited { retry_after_s }
}

fn at(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_790_000_000_000 + ms).unwrap()
}

fn request(user_id: i64, class: &'static str, update_id: i64, limit: u32) -> Request {
    Request {
        update_id,
        user_id,
        class,
        limit,
    }
}

/// When, who, in which class, which update, with what limit: and the verdict.
const CASES: &[(i64, i64, &str, i64, u32, Verdict)] = &[
    // Three in the window, the fourth waits for the first to leave it.
    (0, 1, "davka", 1, 3, ALLOWED),
    (10_000, 1, "davka", 2, 3, ALLOWED),
    (20_000, 1, "davka", 3, 3, ALLOWED),
    (20_001, 1, "davka", 4, 3, limited(40)),
    (59_001, 1, "davka", 5, 3, limited(1)),
    // Others are not concerned: another class, another user.
    (59_001, 1, "top", 6, 3, ALLOWED),
    (59_001, 2, "davka", 7, 3, ALLOWED),
    // A redelivered update counts once and gets its first verdict again.
    (59_500, 1, "davka", 3, 3, ALLOWED),
    (59_500, 1, "davka", 4, 3, limited(1)),
    // The window slides: refused updates never counted.
    (60_000, 1, "davka", 8, 3, ALLOWED),
    (60_001, 1, "davka", 9, 3, limited(10)),
    (60_001, 1, "davka", 4, 3, limited(1)),
    (70_000, 1, "davka", 10, 3, ALLOWED),
    // A limit that was lowered waits until enough have left.
    (70_001, 1, "davka", 11, 1, limited(60)),
    (70_001, 1, "davka", 12, 2, limited(50)),
    // A limit of nought lets nobody pass.
    (0, 3, "closed", 13, 0, limited(60)),
    // Ids and users as large as they come.
    (0, i64::MAX, "any", i64::MAX, 1, ALLOWED),
    (0, i64::MAX, "any", i64::MAX - 1, 1, limited(60)),
];

async fn check_table(limiter: &Limiter) {
    for (ms, user_id, class, update_id, limit, verdict) in CASES {
        let found = limiter
            .check(&[request(*user_id, class, *update_id, *limit)], at(*ms))
            .await;
        assert_eq!(found, [*verdict], "update {update_id} at {ms}");
    }
    let batch: Vec<Request> = (100..112)
        .map(|update_id| request(9, "batch", update_id, 10))
        .collect();
    let verdicts = limiter.check(&batch, at(0)).await;
    assert!(
        verdicts[..10].iter().all(|verdict| *verdict == ALLOWED),
        "{verdicts:?}"
    );
    assert_eq!(verdicts[10..], [limited(60), limited(60)]);
    assert_eq!(
        limiter.check(&batch, at(30_000)).await[..10],
        verdicts[..10]
    );
    assert!(limiter.check(&[], at(0)).await.is_empty());
}

#[tokio::test]
async fn in_memory() {
    check_table(&Limiter::new(None)).await;
}

#[tokio::test]
async fn in_redis_and_no_key_stays_for_ever() {
    let server = Shared::new();
    check_table(&Limiter::new(Some(server.handle()))).await;
    let keys = server.keys().await;
    assert!(
        keys.contains(&format!("{}limit:davka:1", server.0)),
        "{keys:?}"
    );
    let mut lives = redis::pipe();
    for key in &keys {
        lives.pttl(key);
    }
    let lives: Vec<i64> = server.handle().query(&lives).await.unwrap();
    assert!(
        lives.iter().all(|life| (1..=WINDOW_MS).contains(life)),
        "{lives:?}"
    );
    server.clean().await;
}

#[tokio::test]
async fn refusals_that_are_remembered_are_bounded() {
    let server = Shared::new();
    let limiter = Limiter::new(Some(server.handle()));
    let flood: Vec<Request> = (0..500)
        .map(|update_id| request(1, "flood", update_id, 1))
        .collect();
    limiter.check(&flood, at(0)).await;
    let key = format!("{}limit:flood:1:refused", server.0);
    let (count,): (usize,) = server
        .handle()
        .query(redis::pipe().zcard(key))
        .await
        .unwrap();
    assert_eq!(count, REFUSALS_KEPT);
    server.clean().await;
}

#[tokio::test]
async fn workers_share_one_window() {
    let server = Shared::new();
    let limiters = [(); 4].map(|()| Limiter::new(Some(server.handle())));
    let mut allowed = 0;
    let checks = (0..40).map(|update_id| {
        let limiter = &limiters[usize::try_from(update_id).unwrap() % 4];
        async move {
            limiter
                .check(&[request(1, "davka", update_id, 10)], at(0))
                .await
        }
    });
    for verdicts in futures_util::future::join_all(checks).await {
        allowed += usize::from(verdicts == [ALLOWED]);
    }
    assert_eq!(allowed, 10);
    server.clean().await;
}

#[tokio::test]
async fn a_redis_that_dies_leaves_every_worker_to_its_own_window() {
    let mut server = Own::start().await;
    let limiter = Limiter::new(Some(server.handle()));
    let one = |update_id| [request(1, "davka", update_id, 1)];
    assert_eq!(limiter.check(&one(1), at(0)).await, [ALLOWED]);
    assert_eq!(limiter.check(&one(2), at(0)).await, [limited(60)]);
    server.kill();
    assert_eq!(
        limiter.check(&one(3), at(1)).await,
        [ALLOWED],
        "this process has counted nothing yet"
    );
    assert_eq!(limiter.check(&one(4), at(1)).await, [limited(60)]);
    server.restart().await;
    // The new server knows no script and no counts: the first update that it sees passes.
    let shared = server.handle();
    crate::redis::testing::eventually(async || {
        limiter.check(&one(5), at(2)).await;
        let known: (Vec<String>,) = shared
            .query(redis::pipe().cmd("KEYS").arg("own:limit:davka:1"))
            .await
            .unwrap();
        !known.0.is_empty()
    })
    .await;
    assert_eq!(limiter.check(&one(6), at(2)).await, [limited(60)]);
}
