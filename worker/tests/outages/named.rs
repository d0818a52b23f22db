//! What `/ready` of a worker says of services that do not let it in, as an operator reads it: the variable, the address
//! without its password, and what to look at. It waits for them and does not end.

use super::harness::{PARTITIONS, Place, command, on_broker, queue_url};
use super::process::program;
use super::wait::until;
use super::world::{BotApi, server, with_database};
use gofrobot_shared::config::Telegram;
use gofrobot_shared::queue::{Queue, QueueConfig};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Child;

/// A worker as a process, and its side door.
struct Worker {
    process: Child,
    admin: SocketAddr,
}

impl Worker {
    /// Starts it with variables that are right but for `other`.
    async fn start(place: &Place, database: &str, api_url: &str, other: &[(&str, &str)]) -> Self {
        let (mut program, admin) = program(place, database, api_url);
        let process = program.envs(other.iter().copied()).spawn();
        let process = process.unwrap();
        Self { process, admin }
    }

    /// The status of `/ready` and its body.
    async fn ready(&self) -> Option<(u16, String)> {
        let mut stream = tokio::net::TcpStream::connect(self.admin).await.ok()?;
        let request = b"GET /ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// Waits until `/ready` answers so, with all of these words.
    async fn until(&mut self, status: u16, words: &[&str]) {
        let mut last = None;
        loop {
            assert!(
                self.process.try_wait().unwrap().is_none(),
                "it ended: {last:?}"
            );
            let now = self.ready().await;
            if let Some((code, body)) = &now
                && *code == status
                && words.iter().all(|word| body.contains(word))
            {
                assert!(!body.contains("s3cret"), "{body}");
                return;
            }
            if now != last {
                // Shown if the test hangs.
                eprintln!("{now:?}");
                last = now;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn a_database_that_lets_nobody_in_is_named_and_awaited() {
    on_broker(|place| async move {
        let api = BotApi::start().await;
        let server = url::Url::parse(&server()).unwrap();
        let (host, port) = (server.host_str().unwrap(), server.port().unwrap_or(5432));
        let right = "are user, password, database and rights right?";
        for (url, words) in [
            (
                format!("postgres://nobody-of-this-name:s3cret@{host}:{port}/postgres"),
                ["DATABASE_URL postgres://nobody-of-this-name:***@", right],
            ),
            (
                format!("{}-that-is-not", server.as_str()),
                ["-that-is-not", right],
            ),
            (
                "postgres://root:s3cret@127.0.0.1:1/gofrobot".to_owned(),
                [
                    "DATABASE_URL postgres://root:***@127.0.0.1:1/gofrobot",
                    "is it running",
                ],
            ),
        ] {
            let mut worker = Worker::start(&place, &url, &api.url, &[]).await;
            let condition = r#""name":"database","ready":false"#;
            worker.until(503, &[condition, words[0], words[1]]).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_redis_that_lets_nobody_in_is_named_by_a_worker_that_works() {
    on_broker(|place| {
        with_database(|database| async move {
            let api = BotApi::start().await;
            let redis = std::env::var("TEST_REDIS_URL");
            let redis = redis.unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
            let wrong = redis.replace("redis://", "redis://:s3cret@");
            for (url, words) in [
                (
                    &*wrong,
                    ["REDIS_URL redis://:***@", "are user and password right?"],
                ),
                (
                    "redis://127.0.0.1:1",
                    ["REDIS_URL redis://127.0.0.1:1", "is it running"],
                ),
            ] {
                let other = [("REDIS_URL", url)];
                let mut worker = Worker::start(&place, &database, &api.url, &other).await;
                let condition = r#""name":"redis","note":"away"#;
                worker.until(200, &[condition, words[0], words[1]]).await;
            }
        })
    })
    .await;
}

#[tokio::test]
async fn a_broker_or_a_bot_api_that_lets_nobody_in_is_named() {
    on_broker(|place| {
        with_database(|database| async move {
            let api = BotApi::start().await;
            let broker = url::Url::parse(&queue_url()).unwrap();
            let mut wrong = broker.clone();
            wrong.set_password(Some("s3cret")).unwrap();
            let other = [("QUEUE_URL", wrong.as_str())];
            let mut worker = Worker::start(&place, &database, &api.url, &other).await;
            for name in ["queue.consume", "queue.publish"] {
                let condition =
                    format!(r#""name":"{name}","ready":false,"reason":"ACCESS_REFUSED"#);
                let words = [
                    &*condition,
                    "are user, password and rights right?",
                    "QUEUE_URL amqp://",
                ];
                worker.until(503, &words).await;
            }

            let refusing = refusing().await;
            let mut worker = Worker::start(&place, &database, &refusing, &[]).await;
            let words = [
                "Invalid bot token",
                &*format!("TELEGRAM_API_URL {refusing}"),
                "is BOT_TOKEN right?",
            ];
            worker.until(503, &words).await;
        })
    })
    .await;
}

/// A Bot API that knows no bot of this token.
async fn refusing() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let refusal = || async {
        let body = r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#;
        (axum::http::StatusCode::UNAUTHORIZED, body)
    };
    let routes = axum::Router::new().fallback(refusal);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    url
}

#[tokio::test]
async fn updates_of_another_bot_are_played_by_nobody_and_named() {
    on_broker(|place| {
        with_database(|database| async move {
            let api = BotApi::start().await;
            let publisher = |token: &str| {
                let bot = Telegram::at(&api.url, token.to_owned().into()).unwrap();
                let config = QueueConfig::new(queue_url().into(), &place.prefix, PARTITIONS);
                let queue = config.serving(bot.own_bot().unwrap());
                Queue::connect(queue, |_, _| {}).unwrap().publisher()
            };
            let (theirs, ours) = (publisher("2:b"), publisher("1:rotated"));
            while theirs.publish(command(1, 1, "/gdavka")).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let mut worker = Worker::start(&place, &database, &api.url, &[]).await;
            let words = [
                "another bot (2)",
                "this worker is bot 1 at http://127",
                "BOT_TOKEN",
            ];
            worker.until(503, &words).await;
            // One of its own makes it ready, with the same words in the note.
            while ours.publish(command(2, 2, "/gdavka")).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let noted =
                r#""name":"queue.consume","note":"4 of 4 partitions; updates for another bot (2)"#;
            worker.until(200, &[noted]).await;
            until("the answer", || api.heard() == [2]).await;
        })
    })
    .await;
}
