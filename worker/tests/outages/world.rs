//! What a worker needs around it: a Bot API that can be told to wait, a database of its own, and the worker itself.

use super::harness::{PARTITIONS, Place};
use super::wait::{until, within};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use futures_util::FutureExt;
use gofrobot_shared::admin::Readiness;
use gofrobot_shared::config;
use gofrobot_shared::queue::{Queue, QueueConfig};
use gofrobot_shared::telemetry::Metrics;
use gofrobot_worker::config::Cli;
use serde_json::{Value, json};
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) fn server() -> String {
    std::env::var("TEST_DATABASE_URL")
        .unwrap_or_else(|_| "postgres://root@127.0.0.1:5432/postgres".to_owned())
}

pub(crate) async fn sql(url: &str, statement: &str) -> Vec<PgRow> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let rows = sqlx::query(statement).fetch_all(&mut connection).await;
    connection.close().await.unwrap();
    rows.unwrap()
}

/// Runs `test` with the address of a database of its own.
pub(crate) async fn with_database<F: Future<Output = ()>>(test: impl FnOnce(String) -> F) {
    let name = format!("gofrobot_outages_{:016x}", rand::random::<u64>());
    sql(&server(), &format!("CREATE DATABASE {name}")).await;
    let url = format!("{}/{name}", server().rsplit_once('/').unwrap().0);
    let outcome = AssertUnwindSafe(test(url)).catch_unwind().await;
    sql(&server(), &format!("DROP DATABASE {name} WITH (FORCE)")).await;
    outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

/// Grants every call of the Bot API, and tells which messages were answered. Shut, it hears but does not answer.
pub(crate) struct BotApi {
    pub(crate) url: String,
    pub(crate) open: watch::Sender<bool>,
    /// Under flood control messages are refused, with a wish to be left alone for so many seconds.
    pub(crate) flood: watch::Sender<Option<u64>>,
    heard: Heard,
    presses: Heard,
}

/// The messages that were answered, by their ids, as the calls came in.
type Heard = Arc<Mutex<Vec<i64>>>;

#[derive(Clone)]
struct Ear {
    open: watch::Receiver<bool>,
    flood: watch::Receiver<Option<u64>>,
    heard: Heard,
    presses: Heard,
}

impl BotApi {
    pub(crate) async fn start() -> Self {
        let ((open, is_open), (flood, is_flooded)) = (watch::channel(true), watch::channel(None));
        let (heard, presses) = (Heard::default(), Heard::default());
        let ear = Ear {
            open: is_open,
            flood: is_flooded,
            heard: Arc::clone(&heard),
            presses: Arc::clone(&presses),
        };
        let router = axum::Router::new()
            .route("/{bot}/{method}", axum::routing::any(call))
            .with_state(ear);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            url,
            open,
            flood,
            heard,
            presses,
        }
    }

    /// What was said: answers to messages by their ids, edits by the negative ids of the messages that were edited.
    pub(crate) fn heard(&self) -> Vec<i64> {
        self.heard.lock().unwrap().clone()
    }

    /// The presses that were answered, by their ids.
    pub(crate) fn presses(&self) -> Vec<i64> {
        self.presses.lock().unwrap().clone()
    }
}

async fn call(
    State(mut ear): State<Ear>,
    Path((_, method)): Path<(String, String)>,
    body: String,
) -> (StatusCode, Json<Value>) {
    let body: Value = serde_json::from_str(&body).unwrap_or_default();
    let said = match method.to_lowercase().as_str() {
        "getme" => {
            let me = json!({"id": 1, "is_bot": true, "first_name": "G", "username": "gofrobot", "can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": false, "can_connect_to_business": false, "has_main_web_app": false});
            return (StatusCode::OK, Json(json!({"ok": true, "result": me})));
        }
        "answercallbackquery" => {
            let id = body["callback_query_id"].as_str().unwrap();
            ear.presses.lock().unwrap().push(id.parse().unwrap());
            None
        }
        "sendmessage" => body["reply_parameters"]["message_id"].as_i64(),
        "editmessagetext" => body["message_id"].as_i64().map(|id| -id),
        _ => None,
    };
    if let Some(said) = said {
        ear.heard.lock().unwrap().push(said);
        let _ = ear.open.wait_for(|open| *open).await;
        if let Some(seconds) = *ear.flood.borrow() {
            let refused = json!({"ok": false, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": seconds}});
            return (StatusCode::TOO_MANY_REQUESTS, Json(refused));
        }
    }
    let message = json!({"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}});
    (StatusCode::OK, Json(json!({"ok": true, "result": message})))
}

/// A worker in this process.
pub(crate) struct Worker {
    pub(crate) readiness: Readiness,
    pub(crate) metrics: Metrics,
    stop: CancellationToken,
    work: JoinHandle<anyhow::Result<()>>,
}

impl Worker {
    pub(crate) fn start(place: &Place, queue_url: &str, database: &str, api: &BotApi) -> Self {
        Self::begin(place, queue_url, database, &api.url, true)
    }

    /// As [`Worker::start`]; `migrate`: makes the tables.
    pub(crate) fn begin(
        place: &Place,
        queue_url: &str,
        database: &str,
        api_url: &str,
        migrate: bool,
    ) -> Self {
        let partitions = PARTITIONS.to_string();
        let settings = [
            ("--queue-url", queue_url),
            ("--queue-prefix", &place.prefix),
            ("--partitions", &partitions),
            ("--database-url", database),
            ("--telegram-api-url", api_url),
            ("--bot-token", "1:a"),
            ("--max-requests-per-minute", "1000"),
        ];
        let settings = settings.iter().flat_map(|(name, value)| [*name, *value]);
        let cli: Cli = config::try_parse(["gofrobot-worker"].into_iter().chain(settings)).unwrap();
        let (readiness, metrics) = (Readiness::new(["database"]), Metrics::new());
        let stop = CancellationToken::new();
        let work = {
            let queue = QueueConfig::from(&cli.config.broker);
            let queue = Queue::connect(queue, |_, _| {}).unwrap();
            let (readiness, metrics) = (readiness.clone(), metrics.clone());
            let stop = stop.clone();
            async move {
                gofrobot_worker::run(&cli.config, migrate, &queue, metrics, readiness, stop).await
            }
        };
        Self {
            readiness,
            metrics,
            stop,
            work: tokio::spawn(work),
        }
    }

    pub(crate) async fn until_ready(&self) {
        until("a worker that is ready", || self.readiness.is_ready()).await;
    }

    pub(crate) async fn until_unready(&self) {
        until("a worker that is not ready", || !self.readiness.is_ready()).await;
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        within("the worker's end", self.work)
            .await
            .unwrap()
            .unwrap();
    }
}
