//! Redis, which may go away at any moment: one connection for limits and cache, and one opinion on whether it is there.
//!
//! What lives in Redis is a convenience, never the truth, so a caller that cannot reach it goes on without. A query gets
//! [`RESPONSE_TIMEOUT`] at most; after a failure nobody asks for [`COOL_DOWN`], then a single query tries again. A dead
//! Redis therefore costs one timeout a second, not one a batch. Going and coming back are logged once each.

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use redis::{
    Client, ErrorKind, FromRedisValue, IntoConnectionInfo, Pipeline, RedisError, RedisResult,
    Script, ServerErrorKind,
    aio::{ConnectionManager, ConnectionManagerConfig},
    io::tcp::TcpSettings,
};

use tokio::sync::watch;

use crate::config::{self, Invalid};

/// Longest wait for one pipeline: far above a healthy round trip (0.2 ms), far below what a player notices.
pub const RESPONSE_TIMEOUT: Duration = Duration::from_millis(250);
/// Time for which an unreachable Redis is left alone.
pub const COOL_DOWN: Duration = Duration::from_secs(1);

/// A shared connection that reconnects by itself. Clones are cheap.
#[derive(Clone)]
pub struct RedisHandle {
    client: Client,
    manager: ConnectionManager,
    prefix: Arc<str>,
    health: Arc<Health>,
}

/// Redis did not answer, or refused; already logged. Go on without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Redis is away")]
pub struct Away;

struct Health {
    away: AtomicBool,
    /// When the next query may try, in milliseconds since `started`.
    retry_at_ms: AtomicU64,
    started: Instant,
    /// Where it is, without the password.
    address: String,
    /// Why it is away.
    trouble: watch::Sender<Option<String>>,
}

impl RedisHandle {
    /// The handle that `config` asks for, or none. Opens no connection yet: the first query does. Needs a Tokio runtime.
    ///
    /// # Errors
    /// An address that Redis cannot have, such as a database that is not a number.
    pub fn connect(config: &config::Redis) -> Result<Option<Self>, Invalid> {
        let Some(url) = &config.redis_url else {
            return Ok(None);
        };
        let refuse =
            |_: RedisError| Invalid::new("REDIS_URL", format!("'{url}' is not a Redis address"));
        // Without it the last segment of a batch's pipeline waits for a delayed acknowledgement, some 40 ms.
        let tcp = TcpSettings::default().set_nodelay(true);
        let info = url.expose().into_connection_info().map_err(refuse)?;
        let client = Client::open(info.set_tcp_settings(tcp)).map_err(refuse)?;
        let settings = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(COOL_DOWN))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        let manager =
            ConnectionManager::new_lazy_with_config(client.clone(), settings).map_err(refuse)?;
        let health = Health {
            away: AtomicBool::new(false),
            retry_at_ms: AtomicU64::new(0),
            started: Instant::now(),
            address: url.to_string(),
            trouble: watch::Sender::default(),
        };
        Ok(Some(Self {
            client,
            manager,
            prefix: config.redis_prefix.as_str().into(),
            health: Arc::new(health),
        }))
    }

    /// Why Redis is away, as it changes.
    pub fn trouble(&self) -> watch::Receiver<Option<String>> {
        self.health.trouble.subscribe()
    }

    /// Asks Redis whether it is there; what is wrong is logged and told as [`RedisHandle::trouble`].
    pub async fn check(&self) {
        let _ = self.query::<()>(redis::pipe().cmd("PING").ignore()).await;
    }

    /// `rest` behind the prefix that all keys and channels of this bot have.
    pub fn key(&self, rest: &str) -> String {
        [&self.prefix, rest].concat()
    }

    /// One round trip for the whole pipeline.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn query<T: FromRedisValue>(&self, pipeline: &Pipeline) -> Result<T, Away> {
        self.health.may_try()?;
        let result = self.ask(pipeline).await;
        self.health.judge(result)
    }

    /// Like [`query`](Self::query) for a pipeline of `EVALSHA`s of `script`, which is loaded when Redis does not know it.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn query_script<T: FromRedisValue>(
        &self,
        pipeline: &Pipeline,
        script: &Script,
    ) -> Result<T, Away> {
        self.health.may_try()?;
        let mut result = self.ask(pipeline).await;
        if matches!(&result, Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript))
        {
            result = match script.load_async(&mut self.manager.clone()).await {
                Ok(_) => self.ask(pipeline).await,
                Err(error) => Err(error),
            };
        }
        self.health.judge(result)
    }

    /// A connection of its own for listening to `channel`.
    pub(crate) async fn subscribe(&self, channel: &str) -> RedisResult<redis::aio::PubSub> {
        let mut listener = self.client.get_async_pubsub().await?;
        listener.subscribe(channel).await?;
        Ok(listener)
    }

    async fn ask<T: FromRedisValue>(&self, pipeline: &Pipeline) -> RedisResult<T> {
        let mut connection = self.manager.clone();
        // The manager's own timeout covers the response; this one covers the wait for a connection as well.
        match tokio::time::timeout(RESPONSE_TIMEOUT, pipeline.query_async(&mut connection)).await {
            Ok(result) => result,
            Err(_) => Err((ErrorKind::Io, "no answer in time").into()),
        }
    }
}

/// What an operator may look at.
fn remedy(error: &RedisError) -> &'static str {
    let refused = error.kind() == ErrorKind::AuthenticationFailed || error.code() == Some("NOAUTH");
    match refused {
        true => "are user and password right?",
        false => "is it running, and can it be reached from here?",
    }
}

impl Health {
    fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    /// While Redis is away, lets one caller a cool-down through.
    fn may_try(&self) -> Result<(), Away> {
        if !self.away.load(Ordering::Acquire) {
            return Ok(());
        }
        let (now, retry_at) = (self.now_ms(), self.retry_at_ms.load(Ordering::Acquire));
        let next = now + COOL_DOWN.as_millis() as u64;
        let claim = || {
            self.retry_at_ms
                .compare_exchange(retry_at, next, Ordering::AcqRel, Ordering::Acquire)
        };
        if now >= retry_at && claim().is_ok() {
            Ok(())
        } else {
            Err(Away)
        }
    }

    fn judge<T>(&self, result: RedisResult<T>) -> Result<T, Away> {
        match result {
            Ok(value) => {
                if self.away.swap(false, Ordering::AcqRel) {
                    tracing::info!("redis is back: limits and cache are shared again");
                    self.trouble.send_replace(None);
                }
                Ok(value)
            }
            Err(error) => {
                self.retry_at_ms.store(
                    self.now_ms() + COOL_DOWN.as_millis() as u64,
                    Ordering::Release,
                );
                if !self.away.swap(true, Ordering::AcqRel) {
                    let reason =
                        format!("{error} (REDIS_URL {}); {}", self.address, remedy(&error));
                    tracing::warn!(
                        reason,
                        "redis is away: limits and cache are this process' own until it is back"
                    );
                    self.trouble.send_replace(Some(format!("away: {reason}")));
                }
                Err(Away)
            }
        }
    }
}
