//! A stand-in for the Bot API server: the methods that ingress calls, with a record of the calls.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "a part of several test binaries, each of which uses some of it"
)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use gofrobot_ingress::{Ingress, Source};
use gofrobot_shared::admin::Readiness;
use gofrobot_shared::bot_api::{BOT_API, BotApi};
use gofrobot_shared::queue::Queue;
use gofrobot_shared::telemetry::Metrics;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::broker::wait::until;

pub const TOKEN: &str = "123456:token-of-the-tests";

#[derive(Default)]
pub struct Telegram {
    /// Unconfirmed updates, as the bytes to send.
    pub updates: VecDeque<(i64, String)>,
    pub calls: Vec<(String, Value)>,
    /// Answers to the next calls of getUpdates, instead of updates.
    pub refusals: VecDeque<(u16, Value)>,
    pub webhook: Value,
    /// Requests of getUpdates that are open now, and the most that ever were.
    pub pollers: (usize, usize),
}

#[derive(Clone, Default)]
pub struct Server {
    state: Arc<Mutex<Telegram>>,
    arrived: Arc<Notify>,
    pub url: String,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self {
            url,
            ..Self::default()
        };
        server.state().webhook = json!({"url": "", "pending_update_count": 0});
        let routes = Router::new()
            .route("/{bot}/{method}", post(answer))
            .with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        server
    }

    pub fn state(&self) -> MutexGuard<'_, Telegram> {
        self.state.lock().unwrap()
    }

    pub fn send(&self, update_id: i64, json: String) {
        self.state().updates.push_back((update_id, json));
        self.arrived.notify_waiters();
    }

    /// The parameters of the calls of `method` so far.
    pub fn calls(&self, method: &str) -> Vec<Value> {
        self.state()
            .calls
            .iter()
            .filter(|call| call.0 == method)
            .map(|call| call.1.clone())
            .collect()
    }

    /// Waits until `method` has been called so often.
    pub async fn until_called(&self, method: &str, times: usize) {
        let called = || self.calls(method).len() >= times;
        until(&format!("{times} calls of {method}"), called).await;
    }

    /// Waits for a call of getUpdates with this offset.
    pub async fn until_confirmed(&self, offset: i64) {
        let calls = || self.calls("getUpdates");
        let confirmed = || calls().iter().any(|with| with["offset"] == offset);
        until(&format!("a poll with the offset {offset}"), confirmed).await;
    }

    pub fn ingress(&self, source: Source, queue: &Queue) -> Ingress {
        let api = BotApi::new(&self.url, &TOKEN.into()).unwrap();
        Ingress {
            source,
            api,
            queue: queue.clone(),
            metrics: Metrics::new(),
            readiness: Readiness::new([BOT_API]),
        }
    }

    /// Runs an ingress that polls, until the token is cancelled.
    pub fn poll(
        &self,
        queue: &Queue,
    ) -> (
        CancellationToken,
        tokio::task::JoinHandle<anyhow::Result<()>>,
    ) {
        let shutdown = CancellationToken::new();
        let running = gofrobot_ingress::run(self.ingress(Source::Polling, queue), shutdown.clone());
        (shutdown, tokio::spawn(running))
    }
}

/// One open request of getUpdates.
struct Poller(Arc<Mutex<Telegram>>);

impl Drop for Poller {
    fn drop(&mut self) {
        self.0.lock().unwrap().pollers.0 -= 1;
    }
}

async fn answer(
    State(server): State<Server>,
    Path((bot, method)): Path<(String, String)>,
    body: String,
) -> Response {
    assert_eq!(bot, format!("bot{TOKEN}"));
    let parameters: Value = serde_json::from_str(&body).unwrap();
    server
        .state()
        .calls
        .push((method.clone(), parameters.clone()));
    match &*method {
        "getUpdates" => updates(&server, &parameters).await,
        "getWebhookInfo" => ok(&server.state().webhook.to_string()),
        "deleteWebhook" => {
            server.state().webhook = json!({"url": ""});
            ok("true")
        }
        "setWebhook" => {
            let mut webhook = parameters;
            webhook.as_object_mut().unwrap().remove("secret_token");
            server.state().webhook = webhook;
            ok("true")
        }
        _ => refusal(
            404,
            &json!({"ok": false, "error_code": 404, "description": "Not Found"}),
        ),
    }
}

async fn updates(server: &Server, parameters: &Value) -> Response {
    let _poller = {
        let mut state = server.state();
        if let Some((code, body)) = state.refusals.pop_front() {
            return refusal(code, &body);
        }
        if state.webhook["url"] != "" {
            let description = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first";
            return refusal(
                409,
                &json!({"ok": false, "error_code": 409, "description": description}),
            );
        }
        state.pollers.0 += 1;
        state.pollers.1 = state.pollers.1.max(state.pollers.0);
        Poller(Arc::clone(&server.state))
    };
    let deadline = tokio::time::Instant::now()
        + Duration::from_secs(parameters["timeout"].as_u64().unwrap_or(0));
    loop {
        let arrived = server.arrived.notified();
        {
            let mut state = server.state();
            let offset = parameters["offset"].as_i64().unwrap_or(i64::MIN);
            state.updates.retain(|(id, _)| *id >= offset);
            let limit = usize::try_from(parameters["limit"].as_u64().unwrap_or(100)).unwrap();
            let waiting: Vec<&str> = state
                .updates
                .iter()
                .take(limit)
                .map(|(_, json)| json.as_str())
                .collect();
            if !waiting.is_empty() || tokio::time::Instant::now() >= deadline {
                return ok(&format!("[{}]", waiting.join(" , ")));
            }
        }
        let _ = tokio::time::timeout_at(deadline, arrived).await;
    }
}

fn ok(result: &str) -> Response {
    format!(r#"{{"ok":true,"result":{result}}}"#).into_response()
}

fn refusal(code: u16, body: &Value) -> Response {
    (StatusCode::from_u16(code).unwrap(), body.to_string()).into_response()
}
