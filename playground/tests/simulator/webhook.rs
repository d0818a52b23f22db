//! Webhooks: registration, lanes, retries, secrets.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use gofrobot::simulator::Options;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Duration, Instant};

use crate::wait::{until, until_answered, within};
use crate::world::{GOSHA, GROUP, LENA, World};

/// A delivery that the test answers by hand.
struct Delivery {
    update: Value,
    secret: Option<String>,
    answer: oneshot::Sender<(StatusCode, Option<u32>)>,
}

struct Bot {
    url: String,
    deliveries: mpsc::UnboundedReceiver<Delivery>,
}

async fn receive(
    State(out): State<mpsc::UnboundedSender<Delivery>>,
    headers: HeaderMap,
    body: String,
) -> impl IntoResponse {
    let (answer, answered) = oneshot::channel();
    let secret = headers
        .get("X-Telegram-Bot-Api-Secret-Token")
        .map(|secret| secret.to_str().unwrap().to_owned());
    let update = serde_json::from_str(&body).unwrap();
    out.send(Delivery {
        update,
        secret,
        answer,
    })
    .unwrap();
    let (status, retry_after) = answered.await.unwrap_or((StatusCode::IM_A_TEAPOT, None));
    let headers = retry_after.map(|seconds| [("Retry-After", seconds.to_string())]);
    (
        status,
        headers.map_or_else(HeaderMap::new, |headers| {
            headers
                .into_iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect()
        }),
    )
}

impl Bot {
    async fn new() -> Self {
        let (out, deliveries) = mpsc::unbounded_channel();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().route("/hook", post(receive)).with_state(out);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, deliveries }
    }

    async fn next(&mut self) -> Delivery {
        within("a delivery", self.deliveries.recv()).await.unwrap()
    }
}

impl Delivery {
    fn text(&self) -> &str {
        self.update["message"]["text"].as_str().unwrap_or_default()
    }

    fn accept(self) {
        self.answer.send((StatusCode::OK, None)).unwrap();
    }

    fn refuse(self, status: StatusCode, retry_after: Option<u32>) {
        self.answer.send((status, retry_after)).unwrap();
    }
}

async fn quick() -> World {
    let webhook_backoff = Duration::from_millis(20);
    World::with(Options {
        webhook_backoff,
        ..Options::default()
    })
    .await
}

#[tokio::test]
async fn a_lane_has_one_update_in_flight_and_other_lanes_do_not_wait() {
    let world = quick().await;
    let mut bot = Bot::new().await;
    world
        .ok(
            "setWebhook",
            json!({ "url": bot.url, "secret_token": "s3-cret_" }),
        )
        .await;
    world.simulator.say(GOSHA, GOSHA, "first", None).unwrap();
    world.simulator.say(GOSHA, GOSHA, "second", None).unwrap();
    let first = bot.next().await;
    assert_eq!(
        (first.text(), first.secret.as_deref()),
        ("first", Some("s3-cret_"))
    );

    // The same person's press and another chat pass by what waits.
    world.simulator.press(GOSHA, GOSHA, 1, "x").unwrap();
    let press = bot.next().await;
    assert_eq!(press.update["callback_query"]["data"], "x");
    world.simulator.say(LENA, GROUP, "elsewhere", None).unwrap();
    let elsewhere = bot.next().await;
    assert_eq!(elsewhere.text(), "elsewhere");
    // Presses of one person follow one another, wherever they happen.
    world.simulator.press(GOSHA, GROUP, 1, "y").unwrap();
    world.simulator.say(LENA, LENA, "later", None).unwrap();
    let later = bot.next().await;
    assert_eq!(later.text(), "later");
    press.accept();
    let press = bot.next().await;
    assert_eq!(press.update["callback_query"]["data"], "y");
    first.accept();
    let second = bot.next().await;
    assert_eq!(second.text(), "second");
    // What is dropped without an answer would be tried again, before the end or after it.
    for delivery in [elsewhere, later, press, second] {
        delivery.accept();
    }
}

#[tokio::test]
async fn refused_updates_are_tried_again_in_order_and_told_of() {
    let world = quick().await;
    let mut bot = Bot::new().await;
    world
        .simulator
        .say(GOSHA, GOSHA, "before the webhook", None)
        .unwrap();
    world.simulator.say(GOSHA, GOSHA, "second", None).unwrap();
    world
        .ok(
            "setWebhook",
            json!({ "url": bot.url, "max_connections": 5 }),
        )
        .await;
    for _ in 0..4 {
        let delivery = bot.next().await;
        assert_eq!(delivery.text(), "before the webhook");
        assert_eq!(delivery.secret, None);
        delivery.refuse(StatusCode::SERVICE_UNAVAILABLE, None);
    }
    bot.next().await.accept();
    let second = bot.next().await;
    assert_eq!(second.text(), "second");
    let info = world.ok("getWebhookInfo", json!({})).await;
    assert_eq!(info["url"], bot.url.as_str());
    assert_eq!(
        (&info["max_connections"], &info["pending_update_count"]),
        (&json!(5), &json!(1))
    );
    assert_eq!(
        info["last_error_message"],
        "Wrong response from the webhook: 503 Service Unavailable"
    );
    assert!(info["last_error_date"].is_i64());
    second.accept();
    until("the last delivery", || world.simulator.undelivered() == 0).await;
}

#[tokio::test]
async fn retry_after_overrides_the_back_off() {
    let world = quick().await;
    let mut bot = Bot::new().await;
    world.ok("setWebhook", json!({ "url": bot.url })).await;
    world.simulator.say(GOSHA, GOSHA, "later", None).unwrap();
    // Without the header the first retry would come at once.
    let delivery = bot.next().await;
    let begun = Instant::now();
    delivery.refuse(StatusCode::SERVICE_UNAVAILABLE, Some(1));
    assert_eq!(bot.next().await.text(), "later");
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn what_a_webhook_did_not_take_can_be_polled() {
    let world = quick().await;
    world
        .ok("setWebhook", json!({ "url": "http://127.0.0.1:1/nobody" }))
        .await;
    let said = world.simulator.say(GOSHA, GOSHA, "anybody?", None).unwrap();
    let refused = || async {
        let info = world.ok("getWebhookInfo", json!({})).await;
        info["last_error_message"] == "Connection refused"
    };
    until_answered("a refused connection", refused).await;
    let answer = world.call("deleteWebhook", json!({})).await;
    assert_eq!(answer["description"], "Webhook was deleted");
    let batch = world.ok("getUpdates", json!({})).await;
    assert_eq!(batch[0]["update_id"], said.update_id);
    let hook = json!({ "url": "https://localhost/x", "drop_pending_updates": true });
    world.ok("setWebhook", hook).await;
    assert_eq!(world.simulator.undelivered(), 0);
}

#[tokio::test]
async fn a_webhook_is_told_as_it_was_set() {
    let world = World::new().await;
    let cases = [
        (json!({ "url": "HTTPS://LocalHost" }), 40, "Webhook was set"),
        (
            json!({ "url": "HTTPS://LocalHost", "max_connections": 40 }),
            40,
            "Webhook is already set",
        ),
        (
            json!({ "url": "HTTPS://LocalHost", "max_connections": 0 }),
            1,
            "Webhook was set",
        ),
        (
            json!({ "url": "HTTPS://LocalHost", "max_connections": "-1" }),
            1,
            "Webhook is already set",
        ),
        (
            json!({ "url": "HTTPS://LocalHost", "max_connections": "abc", "secret_token": "x" }),
            1,
            "Webhook was set",
        ),
        (
            json!({ "url": "HTTPS://LocalHost", "max_connections": 1000 }),
            100,
            "Webhook was set",
        ),
    ];
    for (params, connections, words) in cases {
        let answer = world.call("setWebhook", params.clone()).await;
        assert_eq!(answer["description"], words, "{params}");
        let info = world.ok("getWebhookInfo", json!({})).await;
        assert_eq!(info["url"], "HTTPS://LocalHost");
        assert_eq!(info["max_connections"], connections, "{params}");
    }
    for words in ["Webhook was deleted", "Webhook is already deleted"] {
        let answer = world.call("deleteWebhook", json!({})).await;
        assert_eq!(answer["description"], words);
    }
}

#[tokio::test]
async fn impossible_webhooks_are_refused() {
    let world = World::new().await;
    let cases = [
        (
            json!({ "url": "http://example.org/hook" }),
            "Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
        ),
        (
            json!({ "url": "not an address" }),
            "Bad Request: bad webhook: invalid webhook URL specified",
        ),
        (
            json!({ "url": "https://localhost/", "secret_token": "white space" }),
            "Bad Request: secret token contains unallowed characters",
        ),
    ];
    for (params, words) in cases {
        assert_eq!(world.refused("setWebhook", params).await, words);
    }
    assert_eq!(world.ok("getWebhookInfo", json!({})).await["url"], "");
}

#[tokio::test]
async fn every_update_arrives_once_under_load_and_in_the_order_of_its_chat() {
    const PEOPLE: i64 = 50;
    const EACH: usize = 20;
    let world = quick().await;
    let seen: Arc<Mutex<Vec<(i64, i64)>>> = Arc::default();
    let done = Arc::new(Notify::new());
    let router = Router::new().route(
        "/hook",
        post({
            let (seen, done) = (seen.clone(), done.clone());
            async move |body: String| {
                let update: Value = serde_json::from_str(&body).unwrap();
                let message = &update["message"];
                let mut seen = seen.lock().unwrap();
                seen.push((
                    message["chat"]["id"].as_i64().unwrap(),
                    message["message_id"].as_i64().unwrap(),
                ));
                if seen.len() == PEOPLE as usize * EACH {
                    done.notify_one();
                }
            }
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let people: Vec<i64> = (0..PEOPLE)
        .map(|_| world.simulator.new_person("Crowd", "en").id)
        .collect();
    world
        .ok("setWebhook", json!({ "url": url, "max_connections": 8 }))
        .await;
    for _ in 0..EACH {
        for person in &people {
            world
                .simulator
                .say(*person, *person, "/davka", None)
                .unwrap();
        }
    }
    within("all deliveries", done.notified()).await;
    let seen = seen.lock().unwrap().clone();
    for person in people {
        let numbers: Vec<i64> = seen
            .iter()
            .filter(|(chat, _)| *chat == person)
            .map(|(_, number)| *number)
            .collect();
        assert_eq!(numbers, (1..=EACH as i64).collect::<Vec<_>>());
    }
}
