//! How often a user may act: a sliding-window log of the last 60 seconds for each user and class of action.
//!
//! Workers share the logs through Redis, one pipelined round trip a batch. Without Redis, or while it is away, the same
//! rule runs on this process' own logs at once. An update is counted once and keeps its first verdict when it is
//! delivered again within the window: a crash must not turn an answer into a refusal, nor a refusal into an answer.

mod local;
mod shared;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::redis::RedisHandle;
use local::Local;

/// Length of the window, in milliseconds.
const WINDOW_MS: i64 = 60_000;
/// Refusals remembered for each user and class, newest first: more than can be in flight for one user.
const REFUSALS_KEPT: usize = 64;

/// One update that wants to pass.
#[derive(Clone, Debug)]
pub struct Request {
    /// Telegram's id of the update: the same update is counted once.
    pub update_id: i64,
    /// Who acts.
    pub user_id: i64,
    /// What kind of action; each has a log of its own.
    pub class: &'static str,
    /// Requests allowed within 60 seconds.
    pub limit: u32,
}

/// What the limit says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may pass, and is counted.
    Allowed,
    /// It may not, and is not counted.
    Limited {
        /// Seconds until one more is allowed, rounded up, at least 1.
        retry_after_s: u32,
    },
}

/// The limits of all users.
pub struct Limiter {
    redis: Option<RedisHandle>,
    local: Mutex<Local>,
}

impl Limiter {
    /// Limits shared through `redis`, or this process' own.
    pub fn new(redis: Option<RedisHandle>) -> Self {
        Self {
            redis,
            local: Mutex::default(),
        }
    }

    /// A verdict for each of `requests`, in their order, at the time `now`.
    pub async fn check(&self, requests: &[Request], now: DateTime<Utc>) -> Vec<Verdict> {
        if requests.is_empty() {
            return Vec::new();
        }
        let now_ms = now.timestamp_millis();
        if let Some(redis) = &self.redis
            && let Ok(verdicts) = shared::check(redis, requests, now_ms).await
        {
            return verdicts;
        }
        self.local
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .check(requests, now_ms)
    }
}

impl Verdict {
    /// From the milliseconds to wait; none means that it passes.
    fn after(wait_ms: i64) -> Self {
        if wait_ms <= 0 {
            return Self::Allowed;
        }
        let retry_after_s = u32::try_from(wait_ms.div_euclid(1000) + i64::from(wait_ms % 1000 > 0));
        Self::Limited {
            retry_after_s: retry_after_s.unwrap_or(u32::MAX),
        }
    }
}
