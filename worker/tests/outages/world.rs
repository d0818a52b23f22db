//! What a worker needs around it: a Bot API that can be told to wait, a database of its own, and the worker itself.

use super::harness::{PARTITIONS, Place};
use super::wait::{until, within};
use axum::Json;
use axum::extract::{Path, State};
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
    heard: Heard,
}

/// The messages that were answered, by their ids, as the calls came in.
type Heard = Arc<Mutex<Vec<i64>>>;

impl BotApi {
    pub(crate) async fn start() -> Self {
        let (open, is_open) = watch::channel(true);
        let heard = Heard::default();
        let router = axum::Router::new()
            .route("/{bot}/{method}", axum::routing::any(call))
            .with_state((is_open, Arc::clone(&heard)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, open, heard }
    }

    pub(crate) fn heard(&self) -> Vec<i64> {
        self.heard.lock().unwrap().clone()
    }
}

async fn call(
    State((mut open, heard)): State<(watch::Receiver<bool>, Heard)>,
    Path((_, method)): Path<(String, String)>,
    body: String,
) -> Json<Value> {
    let body: Value = serde_json::from_str(&body).unwrap_or_default();
    let result = match method.to_lowercase().as_str() {
        "getme" => {
            json!({"id": 1, "is_bot": true, "first_name": "G", "username": "gofrobot", "can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": false, "can_connect_to_business": false, "has_main_web_app": false})
        }
        "sendmessage" => {
            let answered = body["reply_parameters"]["message_id"].as_i64();
            heard.lock().unwrap().extend(answered);
            let _ = open.wait_for(|open| *open).await;
            json!({"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}})
        }
        _ => json!(true),
    };
    Json(json!({"ok": true, "result": result}))
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
