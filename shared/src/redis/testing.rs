//! Redis for tests: the one on loopback under a prefix of the test's own, and one of its own that may die.

#[path = "../../tests/broker/address.rs"]
mod address;

use std::process::{Child, Command, Stdio};

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
        let url =
            std::env::var("TEST_REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
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
    pub(crate) port: u16,
    server: Child,
}

impl Own {
    pub(crate) async fn start() -> Self {
        let port = address::free_address().port();
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

    /// The server stays, with its connections, but answers nobody until it is told to go on.
    pub(crate) fn hang(&self, hang: bool) {
        let signal = if hang { "-STOP" } else { "-CONT" };
        let told = Command::new("kill")
            .args([signal, &self.server.id().to_string()])
            .status();
        assert!(told.unwrap().success());
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
        .expect("redis-server must be installed: a container cannot be killed and paused like it")
}

/// Asks again until `condition` holds; a condition that never does fails the test.
pub(crate) async fn eventually(condition: impl AsyncFn() -> bool) {
    let given_up = tokio::time::Instant::now() + Duration::from_secs(120);
    while !condition().await {
        assert!(tokio::time::Instant::now() < given_up, "it never came true");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
