//! Cached reads: JSON values by area and id, in this process first, then in Redis, then wherever the caller gets them.
//!
//! Who reads fills (`SET NX`, so that a slow reader never overwrites what a committer wrote since); who commits
//! refreshes (`SET`) and tells the other workers, which drop the ids from their local tier. The local tier trusts itself
//! for the whole time to live only while it hears of changes. While Redis or the subscription is away it starts empty
//! and values live for [`DEAF_TTL`] at most. Nothing here is the truth, and nothing waits for a Redis that is away.

mod computed;
mod invalidation;
mod local;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    redis::{Away, RedisHandle},
    telemetry::Metrics,
};
pub use computed::ComputeError;
use local::Local;

/// How long a local value lives while this process does not hear what others change.
pub const DEAF_TTL: Duration = Duration::from_secs(2);
/// Keys remembered of refreshes that did not reach Redis. Beyond that, what Redis holds may be old until it expires.
const MOST_MISSED: usize = 10_000;

/// The cache of a process. Clones share it.
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

struct Inner {
    ttl: Duration,
    local: Local,
    redis: Option<RedisHandle>,
    metrics: Metrics,
    /// Tells this process' own messages from those of others.
    origin: u64,
    /// Keys whose refresh did not reach Redis: what it holds of them is older than the database.
    missed: Mutex<HashSet<String>>,
    _stop: DropGuard,
}

impl Cache {
    /// A cache whose values live for `ttl`; zero switches caching off. Needs a Tokio runtime for the listener.
    pub fn new(ttl: Duration, redis: Option<RedisHandle>, metrics: Metrics) -> Self {
        let stop = CancellationToken::new();
        let local = Local::new(redis.is_none());
        let origin = rand::random();
        if !ttl.is_zero() {
            tokio::spawn(stop.clone().run_until_cancelled_owned(local::report(
                local.clone(),
                redis.clone(),
                metrics.clone(),
            )));
            if let Some(redis) = redis.clone() {
                tokio::spawn(stop.clone().run_until_cancelled_owned(invalidation::listen(
                    redis,
                    local.clone(),
                    origin,
                )));
            }
        }
        let missed = Mutex::default();
        Self(Arc::new(Inner {
            ttl,
            local,
            redis,
            metrics,
            origin,
            missed,
            _stop: stop.drop_guard(),
        }))
    }

    /// Those of `ids` in `area` that are cached: what is missing locally is asked of Redis in one round trip.
    pub async fn get_many<T: DeserializeOwned>(
        &self,
        area: &'static str,
        ids: &[i64],
    ) -> HashMap<i64, T> {
        let mut found = HashMap::with_capacity(ids.len());
        if self.0.ttl.is_zero() {
            return found;
        }
        let mut missing = Vec::new();
        for &id in ids {
            let key = key(area, id);
            match self.0.local.get(&key).await.and_then(|json| decode(&json)) {
                Some(value) => drop(found.insert(id, value)),
                None => missing.push((id, key)),
            }
        }
        self.count(area, "local", found.len(), missing.len());
        if !missing.is_empty() {
            self.ask_redis(area, missing, &mut found).await;
        }
        found
    }

    async fn ask_redis<T: DeserializeOwned>(
        &self,
        area: &'static str,
        missing: Vec<(i64, String)>,
        found: &mut HashMap<i64, T>,
    ) {
        let epoch = self.0.local.epoch();
        let Ok(redis) = self.redis().await else {
            return;
        };
        let keys: Vec<String> = missing.iter().map(|(_, key)| redis.key(key)).collect();
        let Ok((values,)) = redis
            .query::<(Vec<Option<Bytes>>,)>(redis::pipe().mget(keys))
            .await
        else {
            return;
        };
        let mut hits = 0;
        for ((id, key), json) in missing.iter().zip(values) {
            let Some(json) = json else { continue };
            let Some(value) = decode(&json) else { continue };
            self.0.local.put_read(key, json, self.0.ttl, epoch).await;
            found.insert(*id, value);
            hits += 1;
        }
        self.count(area, "redis", hits, missing.len() - hits);
    }

    /// Caches what the caller read elsewhere. What is cached already stays: it may be newer.
    pub async fn fill<T: Serialize>(&self, area: &'static str, values: &[(i64, T)]) {
        let values = self.encode(area, values);
        if values.is_empty() {
            return;
        }
        let epoch = self.0.local.epoch();
        let newest = self
            .fill_redis(&values)
            .await
            .unwrap_or_else(|Away| vec![None; values.len()]);
        for ((key, json), newest) in values.into_iter().zip(newest) {
            self.0
                .local
                .put_read(&key, newest.unwrap_or(json), self.0.ttl, epoch)
                .await;
        }
    }

    /// Writes what is not there yet and reads what is, in one round trip.
    async fn fill_redis(&self, values: &[(String, Bytes)]) -> Result<Vec<Option<Bytes>>, Away> {
        let redis = self.redis().await?;
        let mut pipeline = redis::Pipeline::with_capacity(values.len() + 1);
        let keys: Vec<String> = values.iter().map(|(key, _)| redis.key(key)).collect();
        for (key, (_, json)) in keys.iter().zip(values) {
            let set = pipeline.cmd("SET").arg(key).arg(json.as_ref());
            set.arg("NX").arg("PX").arg(millis(self.0.ttl)).ignore();
        }
        let (newest,) = redis.query(pipeline.mget(keys)).await?;
        Ok(newest)
    }

    /// Caches what the caller has just committed and makes the other workers drop what they hold of it: one round trip
    /// for the whole batch.
    pub async fn refresh<T: Serialize>(&self, area: &'static str, values: &[(i64, T)]) {
        let values = self.encode(area, values);
        if values.is_empty() {
            return;
        }
        self.0.local.changed();
        for (key, json) in &values {
            self.0.local.put(key, json.clone(), self.0.ttl).await;
        }
        if self.0.redis.is_some() && self.refresh_redis(&values).await.is_err() {
            self.miss(values.into_iter().map(|(key, _)| key));
        }
    }

    async fn refresh_redis(&self, values: &[(String, Bytes)]) -> Result<(), Away> {
        let redis = self.redis().await?;
        let mut pipeline = redis::Pipeline::with_capacity(values.len() + 1);
        for (key, json) in values {
            pipeline
                .cmd("SET")
                .arg(redis.key(key))
                .arg(json.as_ref())
                .arg("PX")
                .arg(millis(self.0.ttl))
                .ignore();
        }
        let keys = values.iter().map(|(key, _)| key.as_str());
        pipeline
            .publish(
                invalidation::channel(redis),
                invalidation::message(self.0.origin, keys),
            )
            .ignore();
        redis.query(&pipeline).await
    }

    /// Redis, once it has forgotten what it missed while it was away: an old value must not come back with it.
    async fn redis(&self) -> Result<&RedisHandle, Away> {
        let redis = self.0.redis.as_ref().ok_or(Away)?;
        let missed =
            std::mem::take(&mut *self.0.missed.lock().unwrap_or_else(PoisonError::into_inner));
        if missed.is_empty() {
            return Ok(redis);
        }
        let mut pipeline = redis::pipe();
        pipeline
            .del(missed.iter().map(|key| redis.key(key)).collect::<Vec<_>>())
            .ignore();
        let keys = missed.iter().map(String::as_str);
        pipeline
            .publish(
                invalidation::channel(redis),
                invalidation::message(self.0.origin, keys),
            )
            .ignore();
        let result = redis.query(&pipeline).await;
        if result.is_err() {
            self.miss(missed);
        }
        result.map(|()| redis)
    }

    fn miss(&self, keys: impl IntoIterator<Item = String>) {
        let mut missed = self.0.missed.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MOST_MISSED.saturating_sub(missed.len());
        missed.extend(keys.into_iter().take(room));
    }

    /// Keys and JSON; nothing when caching is off. What is no JSON is a fault of the caller's type and is left out.
    fn encode<T: Serialize>(
        &self,
        area: &'static str,
        values: &[(i64, T)],
    ) -> Vec<(String, Bytes)> {
        if self.0.ttl.is_zero() {
            return Vec::new();
        }
        let encode = |(id, value): &(i64, T)| match serde_json::to_vec(value) {
            Ok(json) => Some((key(area, id), json.into())),
            Err(error) => {
                tracing::error!(cache.area = area, %error, "a value cannot be cached");
                None
            }
        };
        values.iter().filter_map(encode).collect()
    }

    fn count(&self, area: &'static str, tier: &'static str, hits: usize, misses: usize) {
        self.0.metrics.cache(area, tier, "hit", hits);
        self.0.metrics.cache(area, tier, "miss", misses);
    }
}

/// The key without the bot's prefix: what the local tier and the messages between workers use.
fn key(area: &str, id: impl std::fmt::Display) -> String {
    format!("{area}:{id}")
}

/// A value that cannot be read, say of another version, counts as missing.
fn decode<T: DeserializeOwned>(json: &Bytes) -> Option<T> {
    serde_json::from_slice(json).ok()
}

fn millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1)
}
