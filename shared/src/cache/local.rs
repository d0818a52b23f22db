//! The tier in this process' memory, and the rule that keeps an old value from slipping in behind a newer one.
//!
//! A reader notes the epoch before it asks and stores what it got only if no change was heard of since, neither before
//! nor just after it stored. Every change, own or foreign, starts a new epoch before it touches a key.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use moka::future::Cache;

use super::DEAF_TTL;
use crate::{redis::RedisHandle, telemetry::Metrics};

/// Most bytes of keys and values together: tens of thousands of players, and a small part of a worker's memory.
const MOST_BYTES: u64 = 8 * 1024 * 1024;
/// What an entry costs besides its key and value, about.
const OVERHEAD_BYTES: usize = 160;
/// Pause between two reports of the cache's size.
const REPORT: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(super) struct Local {
    pub(super) entries: Cache<String, Entry>,
    epoch: Arc<AtomicU64>,
    /// Whether this process hears what others change, or is alone.
    hears: Arc<AtomicBool>,
}

#[derive(Clone)]
pub(super) struct Entry {
    pub(super) json: Bytes,
    pub(super) ttl: Duration,
}

/// Each entry brings its own time to live.
struct OwnTtl;

impl moka::Expiry<String, Entry> for OwnTtl {
    fn expire_after_create(&self, _: &String, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.ttl)
    }

    fn expire_after_update(
        &self,
        _: &String,
        entry: &Entry,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.ttl)
    }
}

impl Local {
    /// `alone`: there are no others whose changes could be missed.
    pub(super) fn new(alone: bool) -> Self {
        let weight =
            |key: &String, entry: &Entry| (key.len() + entry.json.len() + OVERHEAD_BYTES) as u32;
        let entries = Cache::builder()
            .max_capacity(MOST_BYTES)
            .weigher(weight)
            .expire_after(OwnTtl)
            .build();
        Self {
            entries,
            epoch: Arc::default(),
            hears: Arc::new(AtomicBool::new(alone)),
        }
    }

    pub(super) async fn get(&self, key: &str) -> Option<Bytes> {
        self.entries.get(key).await.map(|entry| entry.json)
    }

    /// The time to live of an entry made now: short while changes go unheard.
    pub(super) fn ttl(&self, ttl: Duration) -> Duration {
        if self.hears.load(Ordering::Acquire) {
            ttl
        } else {
            ttl.min(DEAF_TTL)
        }
    }

    pub(super) async fn put(&self, key: &str, json: Bytes, ttl: Duration) {
        self.entries
            .insert(
                key.to_owned(),
                Entry {
                    json,
                    ttl: self.ttl(ttl),
                },
            )
            .await;
    }

    /// Stores what was read in `epoch`, unless something has changed since or is there already.
    pub(super) async fn put_read(&self, key: &str, json: Bytes, ttl: Duration, epoch: u64) {
        if self.epoch() != epoch {
            return;
        }
        let entry = Entry {
            json,
            ttl: self.ttl(ttl),
        };
        self.entries.entry_by_ref(key).or_insert(entry).await;
        if self.epoch() != epoch {
            self.entries.invalidate(key).await;
        }
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Something is about to change: what readers are fetching now may be old.
    pub(super) fn changed(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }

    /// Others changed `keys`.
    pub(super) async fn forget<'a>(&self, keys: impl Iterator<Item = &'a str>) {
        self.changed();
        for key in keys {
            self.entries.invalidate(key).await;
        }
    }

    /// From now on changes are heard, or no longer: either way what is held may be old.
    pub(super) fn set_hears(&self, hears: bool) {
        self.hears.store(hears, Ordering::Release);
        self.changed();
        self.entries.invalidate_all();
    }

    #[cfg(test)]
    pub(super) fn hears(&self) -> bool {
        self.hears.load(Ordering::Acquire)
    }
}

/// Reports the sizes of the tiers from time to time, for as long as it is run.
pub(super) async fn report(local: Local, redis: Option<RedisHandle>, metrics: Metrics) {
    loop {
        local.entries.run_pending_tasks().await;
        metrics.cache_size("local", local.entries.entry_count());
        if let Some(redis) = &redis
            && let Ok((size,)) = redis.query(redis::pipe().cmd("DBSIZE")).await
        {
            metrics.cache_size("redis", size);
        }
        tokio::time::sleep(REPORT).await;
    }
}
