//! The cache alone, with a Redis that others share, and with one that dies.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::redis::testing::{Own, Shared, eventually};

const TTL: Duration = Duration::from_secs(300);
const PLAYERS: &str = "player";

fn alone() -> Cache {
    Cache::new(TTL, None, Metrics::new())
}

/// A worker of its own on `redis` that already hears the others.
async fn worker(redis: RedisHandle) -> Cache {
    let cache = Cache::new(TTL, Some(redis), Metrics::new());
    eventually(async || cache.0.local.hears()).await;
    cache
}

async fn get(cache: &Cache, id: i64) -> Option<String> {
    cache.get_many(PLAYERS, &[id]).await.remove(&id)
}

fn value(id: i64, text: &str) -> [(i64, String); 1] {
    [(id, text.to_owned())]
}

/// What holds for every cache, whatever is behind it.
async fn check_one_cache(cache: &Cache) {
    assert_eq!(get(cache, 1).await, None);
    cache.fill(PLAYERS, &value(1, "read")).await;
    assert_eq!(get(cache, 1).await.as_deref(), Some("read"));
    cache.refresh(PLAYERS, &value(1, "committed")).await;
    cache.fill(PLAYERS, &value(1, "read long ago")).await;
    assert_eq!(get(cache, 1).await.as_deref(), Some("committed"));
    cache.refresh(PLAYERS, &[(2, "b"), (3, "c")]).await;
    let found: HashMap<i64, String> = cache.get_many(PLAYERS, &[1, 2, 3, 4]).await;
    assert_eq!(found.len(), 3);
    assert_eq!(found[&3], "c");
    let other: HashMap<i64, String> = cache.get_many("chat", &[1]).await;
    assert!(other.is_empty(), "areas are apart");
    let numbers: HashMap<i64, u64> = cache.get_many(PLAYERS, &[1]).await;
    assert!(numbers.is_empty(), "what cannot be read is missing");
}

#[tokio::test]
async fn one_process_alone() {
    let cache = alone();
    check_one_cache(&cache).await;
    let text = cache.0.metrics.text().unwrap();
    assert!(
        text.contains(r#"bot_cache_requests_total{cache="player",result="hit",tier="local"} 5"#),
        "{text}"
    );
    assert!(!text.contains(r#"tier="redis""#), "{text}");
}

#[tokio::test]
async fn one_process_with_redis() {
    let server = Shared::new();
    let cache = worker(server.handle()).await;
    check_one_cache(&cache).await;
    let mut keys = server.keys().await;
    keys.sort();
    assert_eq!(keys, [1, 2, 3].map(|id| format!("{}player:{id}", server.0)));
    let text = cache.0.metrics.text().unwrap();
    assert!(
        text.contains(r#"bot_cache_requests_total{cache="player",result="miss",tier="redis"}"#),
        "{text}"
    );
    server.clean().await;
}

#[tokio::test]
async fn workers_see_each_others_commits() {
    let server = Shared::new();
    let (one, other) = (worker(server.handle()).await, worker(server.handle()).await);
    one.refresh(PLAYERS, &value(7, "first")).await;
    assert_eq!(
        get(&other, 7).await.as_deref(),
        Some("first"),
        "through Redis"
    );
    one.refresh(PLAYERS, &value(7, "second")).await;
    eventually(async || get(&other, 7).await.as_deref() == Some("second")).await;
    assert_eq!(get(&one, 7).await.as_deref(), Some("second"));
    server.clean().await;
}

#[tokio::test]
async fn a_slow_reader_never_overwrites_what_a_committer_wrote() {
    let server = Shared::new();
    let (reader, committer) = (worker(server.handle()).await, worker(server.handle()).await);
    // The reader has asked the database; before it fills, another worker commits.
    committer.refresh(PLAYERS, &value(7, "new")).await;
    reader.fill(PLAYERS, &value(7, "old")).await;
    eventually(async || get(&reader, 7).await.as_deref() == Some("new")).await;
    assert_eq!(get(&committer, 7).await.as_deref(), Some("new"));
    // And in one process: a change between asking and storing keeps the old value out.
    let epoch = reader.0.local.epoch();
    reader.0.local.forget(["player:8"].into_iter()).await;
    reader
        .0
        .local
        .put_read("player:8", Bytes::from_static(b"1"), TTL, epoch)
        .await;
    assert_eq!(reader.0.local.get("player:8").await, None);
    server.clean().await;
}

#[tokio::test]
async fn a_redis_that_dies_takes_nothing_with_it_and_brings_nothing_old_back() {
    let mut server = Own::start().await;
    let cache = worker(server.handle()).await;
    cache.refresh(PLAYERS, &value(1, "before")).await;
    server.kill();
    eventually(async || !cache.0.local.hears()).await;
    assert_eq!(
        cache
            .0
            .local
            .entries
            .get("player:1")
            .await
            .map(|entry| entry.json),
        None,
        "it may have changed unheard"
    );
    cache.refresh(PLAYERS, &value(1, "meanwhile")).await;
    assert_eq!(get(&cache, 1).await.as_deref(), Some("meanwhile"));
    assert!(cache.0.local.entries.get("player:1").await.unwrap().ttl <= DEAF_TTL);
    server.restart().await;
    // Say the server had kept its data: what this process could not refresh has to go.
    let stale = server.handle();
    stale
        .query::<()>(redis::pipe().set("own:player:1", "\"before\"").ignore())
        .await
        .unwrap();
    eventually(async || cache.0.local.hears()).await;
    eventually(async || {
        cache.0.local.entries.invalidate("player:1").await;
        cache.fill(PLAYERS, &value(9, "x")).await;
        cache.0.missed.lock().unwrap().is_empty()
    })
    .await;
    assert_eq!(get(&cache, 1).await, None);
    assert_eq!(get(&cache, 9).await.as_deref(), Some("x"));
}

#[tokio::test]
async fn what_could_not_be_told_is_bounded() {
    let cache = Cache::new(
        TTL,
        Some(crate::redis::testing::handle("redis://127.0.0.1:1", "x:")),
        Metrics::new(),
    );
    let many: Vec<(i64, u8)> = (0..20_000).map(|id| (id, 0)).collect();
    cache.refresh(PLAYERS, &many).await;
    assert_eq!(cache.0.missed.lock().unwrap().len(), MOST_MISSED);
}

#[tokio::test]
async fn the_local_tier_is_bounded() {
    let cache = alone();
    let page = "x".repeat(10_000);
    let many: Vec<(i64, &str)> = (0..5_000).map(|id| (id, page.as_str())).collect();
    cache.refresh(PLAYERS, &many).await;
    cache.0.local.entries.run_pending_tasks().await;
    let held = cache.0.local.entries.entry_count();
    assert!((1..=900).contains(&held), "{held}");
}

async fn computed(cache: &Cache, runs: &AtomicUsize) -> String {
    let compute = async {
        runs.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        Ok::<_, std::io::Error>("top".to_owned())
    };
    cache
        .get_or_compute("top", "gofra", TTL, compute)
        .await
        .unwrap()
}

#[tokio::test]
async fn what_is_computed_is_computed_once() {
    let server = Shared::new();
    let (one, other) = (worker(server.handle()).await, worker(server.handle()).await);
    let runs = AtomicUsize::new(0);
    let all = futures_util::future::join_all((0..50).map(|_| computed(&one, &runs))).await;
    assert!(all.iter().all(|top| top == "top"));
    assert_eq!(computed(&other, &runs).await, "top");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    server.clean().await;
}

#[tokio::test]
async fn a_failed_computation_is_told_to_all_and_tried_again() {
    let cache = alone();
    let fails = async || {
        let compute = async { Err::<String, _>(std::io::Error::other("no database")) };
        cache
            .get_or_compute("top", "gofra", TTL, compute)
            .await
            .unwrap_err()
            .to_string()
    };
    assert_eq!(fails().await, "no database");
    let runs = AtomicUsize::new(0);
    assert_eq!(computed(&cache, &runs).await, "top");
}

#[tokio::test]
async fn a_time_to_live_of_nought_switches_caching_off() {
    let server = Shared::new();
    let cache = Cache::new(Duration::ZERO, Some(server.handle()), Metrics::new());
    cache.refresh(PLAYERS, &value(1, "x")).await;
    cache.fill(PLAYERS, &value(1, "x")).await;
    assert_eq!(get(&cache, 1).await, None);
    let runs = AtomicUsize::new(0);
    computed(&cache, &runs).await;
    computed(&cache, &runs).await;
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert!(server.keys().await.is_empty());
}
