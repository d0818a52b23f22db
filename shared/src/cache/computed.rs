//! Values that are expensive to compute, a leaderboard say: one computation a key at a time in this process, whoever
//! asks, and its result shared with the other workers through Redis until it expires.

use std::{future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use super::{Cache, decode, key, local::Entry, millis};
use crate::redis::Away;

/// Why a value could not be had. Cloned for all who waited for the same computation.
#[derive(Debug, thiserror::Error)]
pub enum ComputeError<E> {
    /// The computation itself failed.
    #[error("{0}")]
    Failed(Arc<E>),
    /// Its result does not survive a round trip through JSON: a fault of its type.
    #[error("a computed value is not JSON: {0}")]
    NotJson(String),
}

impl Cache {
    /// The value of `id` in `area`, at most `ttl` old: cached, or else from `compute`, which runs once for all who ask
    /// at the same time. Failures are not cached. No caching when the cache is off or `ttl` is zero.
    ///
    /// # Errors
    /// `compute` failed, or its result cannot be kept as JSON.
    pub async fn get_or_compute<T, E>(
        &self,
        area: &'static str,
        id: &str,
        ttl: Duration,
        compute: impl Future<Output = Result<T, E>>,
    ) -> Result<T, ComputeError<E>>
    where
        T: Serialize + DeserializeOwned,
        E: Send + Sync + 'static,
    {
        if self.0.ttl.is_zero() || ttl.is_zero() {
            return compute
                .await
                .map_err(|error| ComputeError::Failed(Arc::new(error)));
        }
        let key = key(area, id);
        if let Some(json) = self.0.local.get(&key).await {
            if let Some(value) = decode(&json) {
                self.count(area, "local", 1, 0);
                return Ok(value);
            }
            self.0.local.entries.invalidate(&key).await;
        }
        self.count(area, "local", 0, 1);
        let flight = self.fly::<T, E>(area, &key, ttl, compute);
        let entry = self
            .0
            .local
            .entries
            .try_get_with_by_ref(&key, flight)
            .await
            .map_err(shared)?;
        serde_json::from_slice(&entry.json)
            .map_err(|error| ComputeError::NotJson(error.to_string()))
    }

    async fn fly<T: Serialize + DeserializeOwned, E>(
        &self,
        area: &'static str,
        key: &str,
        ttl: Duration,
        compute: impl Future<Output = Result<T, E>>,
    ) -> Result<Entry, ComputeError<E>> {
        let entry = |json| Entry {
            json,
            ttl: self.0.local.ttl(ttl),
        };
        if let Ok(found) = self.computed_elsewhere(key).await {
            let found = found.filter(|json| decode::<T>(json).is_some());
            self.count(
                area,
                "redis",
                found.is_some().into(),
                found.is_none().into(),
            );
            if let Some(json) = found {
                return Ok(entry(json));
            }
        }
        let value = compute
            .await
            .map_err(|error| ComputeError::Failed(Arc::new(error)))?;
        let json =
            serde_json::to_vec(&value).map_err(|error| ComputeError::NotJson(error.to_string()))?;
        if let Ok(redis) = self.redis().await {
            let mut set = redis::pipe();
            set.cmd("SET")
                .arg(redis.key(key))
                .arg(&json)
                .arg("PX")
                .arg(millis(ttl))
                .ignore();
            // Away is no failure: the value is here.
            let _: Result<(), Away> = redis.query(&set).await;
        }
        Ok(entry(json.into()))
    }

    async fn computed_elsewhere(&self, key: &str) -> Result<Option<Bytes>, Away> {
        let redis = self.redis().await?;
        let (found,) = redis.query(redis::pipe().get(redis.key(key))).await?;
        Ok(found)
    }
}

/// The same failure for one more of those who waited for it.
fn shared<E>(error: Arc<ComputeError<E>>) -> ComputeError<E> {
    match &*error {
        ComputeError::Failed(error) => ComputeError::Failed(error.clone()),
        ComputeError::NotJson(reason) => ComputeError::NotJson(reason.clone()),
    }
}
