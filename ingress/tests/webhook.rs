//! The webhook over real sockets, with a stand-in of Telegram and a real broker.
#![allow(clippy::unwrap_used, reason = "what a test needs must be there")]

#[path = "../../shared/tests/broker/mod.rs"]
mod broker;
mod telegram;

use std::net::SocketAddr;
use std::time::Duration;

use broker::wait::{until, until_answered};
use broker::{
    Link, Proxy, amqp, connect, ids, on_broker, publish, ready_in, take, update, updates_queue,
    within_patience,
};
use gofrobot_ingress::{MAX_UPDATE_BYTES, Source};
use gofrobot_shared::admin::Readiness;
use gofrobot_shared::envelope::partition;
use gofrobot_shared::queue::{Queue, QueueConfig};
use reqwest::StatusCode;
use serde_json::json;
use telegram::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

struct Running {
    address: SocketAddr,
    readiness: Readiness,
    shutdown: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
    http: reqwest::Client,
}

impl Running {
    async fn start(server: &Server, queue: &Queue) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let source = Source::Webhook {
            listener,
            url: "https://bot.example/telegram".into(),
            secrets: vec!["new-secret".into(), "old-secret".into()],
        };
        let ingress = server.ingress(source, queue);
        let (readiness, shutdown) = (ingress.readiness.clone(), CancellationToken::new());
        let task = tokio::spawn(gofrobot_ingress::run(ingress, shutdown.clone()));
        Self {
            address,
            readiness,
            shutdown,
            task,
            http: reqwest::Client::new(),
        }
    }

    fn request(&self, secret: &str) -> reqwest::RequestBuilder {
        let url = format!("http://{}/telegram", self.address);
        self.http
            .post(url)
            .header("X-Telegram-Bot-Api-Secret-Token", secret)
    }

    async fn post(&self, body: impl Into<reqwest::Body>) -> reqwest::Response {
        self.request("new-secret").body(body).send().await.unwrap()
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap().unwrap();
    }
}

fn in_process() -> Queue {
    connect(QueueConfig::new("memory:".into(), "test", 4))
}

#[tokio::test]
async fn every_request_gets_its_answer() {
    within_patience(async {
        let (server, queue) = (Server::start().await, in_process());
        let ingress = Running::start(&server, &queue).await;
        let good = update(1, 7).body;
        let large = format!(
            r#"{{"update_id":2,"message":{{"from":{{"id":7}},"text":"{}"}}}}"#,
            "\\u0434".repeat(512 * 1024)
        );
        let oversized = vec![b'x'; MAX_UPDATE_BYTES + 1];
        let url = format!("http://{}/telegram", ingress.address);
        for (status, what, request) in [
            (
                200,
                "the new secret",
                ingress.request("new-secret").body(good.clone()),
            ),
            (
                200,
                "the old secret",
                ingress.request("old-secret").body(good.clone()),
            ),
            (
                200,
                "a mebibyte of escaped text",
                ingress.request("new-secret").body(large),
            ),
            (
                401,
                "a wrong secret",
                ingress.request("new-secreT").body(good.clone()),
            ),
            (
                401,
                "a part of the secret",
                ingress.request("new").body(good.clone()),
            ),
            (
                401,
                "an empty secret",
                ingress.request("").body(good.clone()),
            ),
            (401, "no secret", ingress.http.post(&url).body(good.clone())),
            (
                401,
                "a wrong secret before a body that is too large",
                ingress.request("x").body(oversized.clone()),
            ),
            (
                413,
                "too large a body",
                ingress.request("new-secret").body(oversized),
            ),
            (405, "a wrong method", ingress.http.get(&url)),
            (
                404,
                "another path",
                ingress.http.post(format!("{url}/x")).body(good.clone()),
            ),
            (
                200,
                "what nobody can read, from Telegram itself",
                ingress.request("new-secret").body("{broken"),
            ),
            (
                200,
                "an update without an id",
                ingress.request("new-secret").body("{}"),
            ),
            (
                200,
                "and then one more",
                ingress.request("new-secret").body(good.clone()),
            ),
        ] {
            assert_eq!(request.send().await.unwrap().status(), status, "{what}");
        }
        let taken = take(&mut queue.consumer(), 4).await;
        assert_eq!(ids(&taken), [1, 1, 2, 1]);
        assert_eq!(taken[0].envelope.body, good);
        let reasons: Vec<String> = queue
            .dead_letters(10)
            .await
            .unwrap()
            .into_iter()
            .map(|letter| letter.reason)
            .collect();
        assert_eq!(reasons, ["broken_json", "no_update_id"]);
        ingress.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_body_of_unknown_length_is_bounded_too_and_connections_are_kept() {
    within_patience(async {
        let (server, queue) = (Server::start().await, in_process());
        let ingress = Running::start(&server, &queue).await;
        let mut socket = TcpStream::connect(ingress.address).await.unwrap();
        let mut answer = [0; 4096];
        for _ in 0..2 {
            let body = update(1, 7).body;
            let head = "POST /telegram HTTP/1.1\r\nhost: x\r\nx-telegram-bot-api-secret-token: new-secret\r\n";
            let request = format!("{head}content-length: {}\r\n\r\n{}", body.len(), String::from_utf8_lossy(&body));
            socket.write_all(request.as_bytes()).await.unwrap();
            let count = socket.read(&mut answer).await.unwrap();
            assert!(answer[..count].starts_with(b"HTTP/1.1 200"), "on the same connection");
        }
        let head = "POST /telegram HTTP/1.1\r\nhost: x\r\nx-telegram-bot-api-secret-token: new-secret\r\n";
        socket.write_all(format!("{head}transfer-encoding: chunked\r\n\r\n").as_bytes()).await.unwrap();
        let (mut read, mut write) = socket.into_split();
        let flood = tokio::spawn(async move {
            let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
            while write.write_all(chunk.as_bytes()).await.is_ok() {}
        });
        let count = read.read(&mut answer).await.unwrap();
        assert!(answer[..count].starts_with(b"HTTP/1.1 413"), "{}", String::from_utf8_lossy(&answer[..count]));
        drop(read);
        flood.abort();
        ingress.stop().await;
    })
    .await;
}

#[tokio::test]
async fn telegram_keeps_the_update_while_the_broker_is_away() {
    on_broker(|config| async move {
        let (server, proxy) = (Server::start().await, Proxy::start(Link::Cut).await);
        let queue = connect(amqp(proxy.address, &config.prefix));
        let ingress = Running::start(&server, &queue).await;
        let body = update(1, 7).body;
        let answer = ingress.post(body.clone()).await;
        assert_eq!(answer.status(), 503);
        let seconds: u32 = answer.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=3600).contains(&seconds));
        proxy.set(Link::Open);
        let accepts = || async { ingress.post(body.clone()).await.status() == 200 };
        until_answered("an ingress that accepts again", accepts).await;
        assert_eq!(ids(&take(&mut queue.consumer(), 1).await), [1]);
        ingress.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_full_queue_is_told_to_telegram() {
    within_patience(async {
        let mut config = QueueConfig::new("memory:".into(), "test", 4);
        config.max_length = 2;
        let (server, queue) = (Server::start().await, connect(config));
        let ingress = Running::start(&server, &queue).await;
        for (id, status) in [(1, 200), (2, 200), (3, 503)] {
            let answer = ingress.post(update(id, 7).body).await;
            assert_eq!(answer.status(), status);
            assert_eq!(answer.headers().contains_key("retry-after"), status == 503);
        }
        ingress.stop().await;
    })
    .await;
}

/// An update that the broker has accepted, though it says nothing any more.
struct Unconfirmed {
    proxy: Proxy,
    ingress: Running,
    answer: JoinHandle<StatusCode>,
    _server: Server,
}

impl Unconfirmed {
    async fn post(config: &QueueConfig) -> Self {
        let (server, proxy) = (Server::start().await, Proxy::start(Link::Open).await);
        let queue = connect(amqp(proxy.address, &config.prefix));
        publish(&queue.publisher(), update(1, 7)).await;
        let ingress = Running::start(&server, &queue).await;
        proxy.set(Link::Deaf);
        let request = ingress.request("new-secret").body(update(2, 7).body);
        let answer = tokio::spawn(async move { request.send().await.unwrap().status() });
        let name = updates_queue(config, partition(7, config.partitions));
        let arrived = || async { ready_in(&name).await >= 2 };
        until_answered("the update on the broker", arrived).await;
        assert!(!answer.is_finished());
        Self {
            proxy,
            ingress,
            answer,
            _server: server,
        }
    }
}

#[tokio::test]
async fn nobody_is_told_200_before_the_confirm() {
    on_broker(|config| async move {
        let update = Unconfirmed::post(&config).await;
        update.proxy.set(Link::Cut);
        assert_eq!(update.answer.await.unwrap(), 503);
        update.ingress.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_broker_that_falls_silent_keeps_nobody_waiting_for_ever() {
    on_broker(|config| async move {
        let silent = Unconfirmed::post(&config).await;
        assert_eq!(silent.answer.await.unwrap(), 503);
        silent.proxy.set(Link::Open);
        let accepts = || async { silent.ingress.post(update(3, 7).body).await.status() == 200 };
        until_answered("an ingress that accepts again", accepts).await;
        silent.ingress.stop().await;
    })
    .await;
}

#[tokio::test]
async fn requests_under_way_are_finished_before_the_end() {
    on_broker(|config| async move {
        let update = Unconfirmed::post(&config).await;
        update.ingress.shutdown.cancel();
        let closed = || async { TcpStream::connect(update.ingress.address).await.is_err() };
        until_answered("a closed door", closed).await;
        update.proxy.set(Link::Open);
        assert_eq!(update.answer.await.unwrap(), 200);
        update.ingress.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_webhook_is_registered_once_and_again_when_it_must_be() {
    within_patience(async {
        let (server, queue) = (Server::start().await, in_process());
        let first = Running::start(&server, &queue).await;
        server.until_called("setWebhook", 1).await;
        assert_eq!(
            server.calls("setWebhook")[0],
            json!({
                "url": "https://bot.example/telegram",
                "secret_token": "new-secret",
                "allowed_updates": ["message", "callback_query"],
                "max_connections": 100,
            })
        );
        let second = Running::start(&server, &queue).await;
        until("a second that has looked", || second.readiness.is_ready()).await;
        assert_eq!(second.post(update(1, 7).body).await.status(), 200);
        assert_eq!(
            server.calls("setWebhook").len(),
            1,
            "the second finds it in order"
        );

        // A request with the older secret shows that Telegram has not learnt the new one.
        let request = second.request("old-secret").body(update(1, 7).body);
        assert_eq!(request.send().await.unwrap().status(), 200);
        server.until_called("setWebhook", 2).await;
        first.stop().await;
        second.stop().await;

        // So does its note of a 401, to an ingress that knows only one secret.
        server.state().webhook["last_error_date"] = json!(1);
        server.state().webhook["last_error_message"] =
            json!("Wrong response from the webhook: 401 Unauthorized");
        let third = Running::start(&server, &queue).await;
        server.until_called("setWebhook", 3).await;
        third.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_stream_of_old_secrets_registers_the_webhook_once_in_a_while() {
    within_patience(async {
        let (server, queue) = (Server::start().await, in_process());
        let ingress = Running::start(&server, &queue).await;
        let old_secrets = async || {
            for id in 0..50 {
                let request = ingress.request("old-secret").body(update(id, 7).body);
                assert_eq!(request.send().await.unwrap().status(), 200);
            }
        };
        server.until_called("setWebhook", 1).await;
        old_secrets().await;
        assert_eq!(server.calls("setWebhook").len(), 1);
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(31)).await;
        tokio::time::resume();
        old_secrets().await;
        server.until_called("setWebhook", 2).await;
        old_secrets().await;
        assert_eq!(server.calls("setWebhook").len(), 2);
        ingress.stop().await;
    })
    .await;
}
