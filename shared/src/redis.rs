//! Redis, which may go away at any moment: one connection for limits and cache, and one opinion on whether it is there.
//!
//! What lives in Redis is a convenience, never the truth, so a caller that cannot reach it goes on without. A query gets
//! [`RESPONSE_TIMEOUT`] at most; after a failure nobody asks for [`COOL_DOWN`], then a single query tries again. A dead
//! Redis therefore costs one timeout a second, not one a batch. Going and coming back are logged once each.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use redis::{
    Client, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult, Script, ServerErrorKind,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

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
        let client = Client::open(url.expose()).map_err(refuse)?;
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
        };
        Ok(Some(Self {
            client,
            manager,
            prefix: config.redis_prefix.as_str().into(),
            health: Arc::new(health),
        }))
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
                }
                Ok(value)
            }
            Err(error) => {
                self.retry_at_ms.store(
                    self.now_ms() + COOL_DOWN.as_millis() as u64,
                    Ordering::Release,
                );
                if !self.away.swap(true, Ordering::AcqRel) {
                    tracing::warn!(%error, "redis is away: limits and cache are this process' own until it is back");
                }
                Err(Away)
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! Redis for tests: the one on loopback under a prefix of the test's own, and one of its own that may die.

    use std::{
        net::TcpListener,
        process::{Child, Command, Stdio},
    };

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Config {
        #[command(flatten)]
        redis: config::Redis,
    }

    pub(crate) fn handle(url: &str, prefix: &str) -> RedisHandle {
        let args = ["test", "--redis-url", url, "--redis-prefix", prefix];
        RedisHandle::connect(&config::try_parse::<Config>(args).unwrap().redis)
            .unwrap()
            .unwrap()
    }

    /// The server on loopback, with a prefix that nobody else has; what was written under it goes with the value.
    pub(crate) struct Shared(pub(crate) String);

    impl Shared {
        pub(crate) fn new() -> Self {
            Self(format!("test{:016x}:", rand::random::<u64>()))
        }

        pub(crate) fn handle(&self) -> RedisHandle {
            let url = std::env::var("TEST_REDIS_URL")
                .unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
            handle(&url, &self.0)
        }

        pub(crate) async fn clean(&self) {
            let redis = self.handle();
            let keys: Vec<String> = self.keys().await;
            if !keys.is_empty() {
                redis
                    .query::<()>(redis::pipe().del(keys).ignore())
                    .await
                    .unwrap();
            }
        }

        pub(crate) async fn keys(&self) -> Vec<String> {
            let pattern = format!("{}*", self.0);
            let (keys,) = self
                .handle()
                .query(redis::pipe().cmd("KEYS").arg(pattern))
                .await
                .unwrap();
            keys
        }
    }

    /// A server that belongs to one test. Nothing is kept on disk.
    pub(crate) struct Own {
        port: u16,
        server: Child,
    }

    impl Own {
        pub(crate) async fn start() -> Self {
            let port = TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port();
            let own = Self {
                port,
                server: serve(port),
            };
            own.until_it_answers().await;
            own
        }

        pub(crate) fn handle(&self) -> RedisHandle {
            handle(&format!("redis://127.0.0.1:{}", self.port), "own:")
        }

        pub(crate) fn kill(&mut self) {
            self.server.kill().unwrap();
            self.server.wait().unwrap();
        }

        pub(crate) async fn restart(&mut self) {
            self.server = serve(self.port);
            self.until_it_answers().await;
        }

        async fn until_it_answers(&self) {
            let client = Client::open(format!("redis://127.0.0.1:{}", self.port)).unwrap();
            eventually(async || client.get_multiplexed_async_connection().await.is_ok()).await;
        }
    }

    impl Drop for Own {
        fn drop(&mut self) {
            let _ = self.server.kill();
            let _ = self.server.wait();
        }
    }

    fn serve(port: u16) -> Child {
        let mut server = Command::new("redis-server");
        server.args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        server
            .current_dir(std::env::temp_dir())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed")
    }

    /// Asks again until `condition` holds; a condition that never does fails the test.
    pub(crate) async fn eventually(condition: impl AsyncFn() -> bool) {
        for _ in 0..1000 {
            if condition().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it never came true");
    }
}

#[cfg(test)]
mod tests {
    use super::{testing::*, *};

    async fn ping(redis: &RedisHandle) -> Result<(String,), Away> {
        redis.query(redis::pipe().cmd("PING")).await
    }

    #[tokio::test]
    async fn a_server_that_dies_is_away_until_it_is_back() {
        let mut server = Own::start().await;
        let redis = server.handle();
        assert_eq!(ping(&redis).await, Ok(("PONG".to_owned(),)));
        server.kill();
        assert_eq!(ping(&redis).await, Err(Away));
        // Within the cool-down nobody asks: the failure comes without a connection attempt.
        assert_eq!(redis.health.may_try(), Err(Away));
        server.restart().await;
        eventually(async || ping(&redis).await.is_ok()).await;
        assert!(!redis.health.away.load(Ordering::Acquire));
    }

    #[tokio::test]
    async fn after_the_cool_down_one_caller_tries() {
        let redis = handle("redis://127.0.0.1:1", "x:");
        assert_eq!(ping(&redis).await, Err(Away));
        redis.health.retry_at_ms.store(0, Ordering::Release);
        assert_eq!(redis.health.may_try(), Ok(()));
        assert_eq!(redis.health.may_try(), Err(Away));
    }

    #[test]
    fn an_impossible_address_is_a_configuration_error() {
        let config = config::Redis {
            redis_url: Some(config::SecretUrl::for_test(
                "redis://:s3cret@host/notanumber",
            )),
            redis_prefix: "x:".to_owned(),
        };
        let error = RedisHandle::connect(&config).err().unwrap().to_string();
        assert_eq!(
            error,
            "REDIS_URL: 'redis://:***@host/notanumber' is not a Redis address"
        );
    }
}
