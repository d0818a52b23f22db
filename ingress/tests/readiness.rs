//! What `/ready` of an ingress says of its broker and of the Bot API, as an orchestrator and an operator read it.
#![allow(clippy::unwrap_used, reason = "what a test needs must be there")]

#[path = "../../shared/tests/broker/mod.rs"]
mod broker;
mod telegram;

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use broker::{Link, Proxy, free_address, on_broker, publish, update};
use gofrobot_shared::queue::QueueConfig;
use telegram::{Server, TOKEN};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

const SECRET: &str = "secret";

/// An ingress as a process.
struct Ingress {
    _process: Child,
    listen: SocketAddr,
    admin: SocketAddr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Webhook,
    Polling,
}

impl Ingress {
    async fn start(mode: Mode, api_url: &str, queue_url: &str, config: &QueueConfig) -> Self {
        let (listen, admin) = (free_address(), free_address());
        let mut command = Command::new(env!("CARGO_BIN_EXE_gofrobot-ingress"));
        command
            .env_clear()
            .envs([
                ("BOT_TOKEN", TOKEN),
                ("TELEGRAM_API_URL", api_url),
                ("QUEUE_URL", queue_url),
                ("QUEUE_PREFIX", &config.prefix),
                ("PARTITIONS", &config.partitions.to_string()),
                ("WEBHOOK_URL", "https://bot.example/telegram"),
                ("WEBHOOK_SECRET", SECRET),
                ("LISTEN_ADDR", &listen.to_string()),
                ("ADMIN_ADDR", &admin.to_string()),
            ])
            .current_dir(std::env::temp_dir())
            .stderr(Stdio::inherit())
            .kill_on_drop(true);
        if mode == Mode::Polling {
            command.env("INGRESS_MODE", "polling");
        }
        Self {
            _process: command.spawn().unwrap(),
            listen,
            admin,
        }
    }

    /// The status of `/ready` and its body.
    async fn ready(&self) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(self.admin).await.ok()?;
        let request = b"GET /ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// Waits until `/ready` answers so, with all of these words.
    async fn until(&self, status: u16, words: &[&str]) {
        let mut last = None;
        loop {
            let now = self.ready().await;
            if let Some((code, body)) = &now
                && *code == status
                && words.iter().all(|word| body.contains(word))
            {
                assert!(
                    !body.contains("s3cret") && !body.contains("token-of"),
                    "{body}"
                );
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

    /// Posts an update; the status, and what `Retry-After` says.
    async fn post(&self, id: i64) -> (u16, Option<String>) {
        let url = format!("http://{}/telegram", self.listen);
        let request = reqwest::Client::new()
            .post(url)
            .header("X-Telegram-Bot-Api-Secret-Token", SECRET)
            .body(update(id, 7).body);
        let answer = request.send().await.unwrap();
        let later = answer.headers().get("retry-after");
        let later = later.map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), later)
    }
}

/// The broker's address with another login, place or vhost.
fn queue_url(login: &str, place: &str, vhost: &str) -> String {
    format!("amqp://{login}@{place}/{vhost}")
}

#[tokio::test]
async fn a_webhook_stays_ready_without_its_broker_and_a_poller_does_not() {
    for mode in [Mode::Webhook, Mode::Polling] {
        on_broker(move |config| async move {
            let server = Server::start().await;
            let proxy = Proxy::start(Link::Cut).await;
            let place = proxy.address.to_string();
            let through = broker::queue_url().replace(&broker::broker(), &place);
            let ingress = Ingress::start(mode, &server.url, &through, &config).await;
            let away = [
                r#""name":"queue.publish","ready":false"#,
                "QUEUE_URL amqp://",
                &*place,
            ];
            ingress.until(503, &away).await;
            proxy.set(Link::Open);
            ingress.until(200, &[]).await;
            proxy.set(Link::Cut);
            if mode == Mode::Polling {
                ingress.until(503, &away).await;
            } else {
                let noted = [
                    r#""name":"queue.publish","note":""#,
                    "QUEUE_URL amqp://",
                    &*place,
                ];
                ingress.until(200, &noted).await;
                assert_eq!(ingress.post(1).await, (503, Some("2".to_owned())));
            }
            proxy.set(Link::Open);
            ingress
                .until(200, &[r#""name":"queue.publish","ready":true}"#])
                .await;
            if mode == Mode::Webhook {
                assert_eq!(ingress.post(2).await, (200, None));
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_broker_that_does_not_let_it_in_is_named_with_what_to_look_at() {
    on_broker(|config| async move {
        let (server, place) = (Server::start().await, broker::broker());
        for (url, words) in [
            (
                queue_url("guest:s3cret", &place, "%2f"),
                [
                    "ACCESS_REFUSED",
                    "are user, password and rights right?",
                    "QUEUE_URL amqp://guest:***@",
                ],
            ),
            (
                queue_url("guest:guest", &place, "no-such-vhost"),
                [
                    "NOT_ALLOWED",
                    "is the vhost right",
                    "QUEUE_URL amqp://guest:***@",
                ],
            ),
            (
                queue_url("guest:s3cret", "127.0.0.1:1", "%2f"),
                [
                    "refused",
                    "is RabbitMQ running",
                    "QUEUE_URL amqp://guest:***@127.0.0.1:1/",
                ],
            ),
            (
                queue_url("guest:s3cret", "nowhere.invalid", "%2f"),
                [
                    "lookup",
                    "can it be reached from here?",
                    "@nowhere.invalid/",
                ],
            ),
        ] {
            let ingress = Ingress::start(Mode::Webhook, &server.url, &url, &config).await;
            ingress.until(503, &words).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_bot_api_that_refuses_or_is_away_is_named_with_what_to_look_at() {
    on_broker(|config| async move {
        let elsewhere = that_refuses().await;
        for (api_url, words) in [
            (
                "http://127.0.0.1:1",
                [
                    "no answer",
                    "TELEGRAM_API_URL http://127.0.0.1:1/",
                    "is TELEGRAM_API_URL right",
                ],
            ),
            (
                &*elsewhere,
                [
                    "401 Unauthorized",
                    &*format!("TELEGRAM_API_URL {elsewhere}"),
                    "is BOT_TOKEN right?",
                ],
            ),
        ] {
            for mode in [Mode::Webhook, Mode::Polling] {
                let ingress = Ingress::start(mode, api_url, &broker::queue_url(), &config).await;
                ingress.until(503, &words).await;
            }
        }
    })
    .await;
}

/// A Bot API that knows no bot of this token.
async fn that_refuses() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
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
async fn another_number_of_partitions_than_the_brokers_takes_nothing_from_telegram() {
    on_broker(|config| async move {
        publish(&broker::connect(config.clone()).publisher(), update(1, 7)).await;
        let server = Server::start().await;
        server.send(2, String::from_utf8(update(2, 7).body.to_vec()).unwrap());
        let wrong = QueueConfig {
            partitions: 2,
            ..config.clone()
        };
        let url = broker::queue_url();
        let both = ["PARTITIONS is 2 here and 4 on the broker"];
        let webhook = Ingress::start(Mode::Webhook, &server.url, &url, &wrong).await;
        let poller = Ingress::start(Mode::Polling, &server.url, &url, &wrong).await;
        webhook.until(503, &both).await;
        poller.until(503, &both).await;
        assert_eq!(webhook.post(3).await, (503, Some("2".to_owned())));
        // The right one takes what the wrong one did not ask for, though that one came first.
        assert!(server.calls("getUpdates").is_empty());
        server.until_called("setWebhook", 1).await;
        let right = Ingress::start(Mode::Polling, &server.url, &url, &config).await;
        right.until(200, &[]).await;
        server.until_confirmed(3).await;
        poller.until(503, &both).await;
    })
    .await;
}
