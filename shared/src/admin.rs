//! The operator's side door: `/health`, `/ready`, `/metrics` and `/stats`, on an address of their own.
//!
//! `/health` says that the process lives and nothing else: a process that waits for its database must not be killed for
//! it. `/ready` says whether it does its work, condition by condition.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Context;
use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::server;
use crate::telemetry::{Metrics, uptime};

/// Longest that [`check_health`] waits; below the time that orchestrators give a probe.
const CHECK_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest that open requests hold up the end of the process: whoever asks slowly, or stops half-way, asks in vain.
const FAREWELL: Duration = Duration::from_secs(1);
/// Connections at a time: Prometheus, an orchestrator's probes and some people.
const CONNECTIONS: u16 = 64;
/// Why a condition does not hold of which nothing is known yet.
const STARTING: &str = "starting";
/// Most that [`check_health`] reads of an answer: the whole list of conditions is a few hundred bytes.
const CHECK_BYTES: u64 = 64 * 1024;

/// Named conditions that all have to hold. Clones share them.
#[derive(Clone, Default)]
pub struct Readiness(Arc<Mutex<Conditions>>);

type Conditions = BTreeMap<&'static str, Known>;

/// What is known of a condition.
struct Known {
    /// It holds, or why it does not.
    state: Result<(), String>,
    /// Shown while it holds.
    note: Note,
    /// Whether it has ever held.
    has_held: bool,
}

/// What an operator may want to know of a condition that holds.
type Note = Option<String>;

#[derive(Serialize)]
struct Condition {
    name: &'static str,
    ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Note,
}

impl Readiness {
    /// Conditions that do not hold yet: each waits for its component's first [`set`](Self::set).
    pub fn new(names: impl IntoIterator<Item = &'static str>) -> Self {
        let starting = || Known {
            state: Err(STARTING.to_owned()),
            note: None,
            has_held: false,
        };
        let all = names.into_iter().map(|name| (name, starting()));
        Self(Arc::new(Mutex::new(all.collect())))
    }

    /// Says that the condition `name` holds, or why not. A change of state is logged, and the first. A mere change of
    /// reason is logged only until the condition first holds: what was wrong then hid what is wrong now, as a server that
    /// is not up yet hides a wrong password.
    pub fn set(&self, name: &'static str, state: Result<(), impl Into<String>>) {
        let state = state.map_err(Into::into);
        let mut conditions = self.lock();
        let before = conditions.get(name);
        let has_held = before.is_some_and(|known| known.has_held);
        let (changed, other_reason) = match (before.map(|known| &known.state), &state) {
            (Some(Ok(())), Ok(())) => (false, false),
            (Some(Err(was)), Err(is)) if was != STARTING => (false, !has_held && was != is),
            _ => (true, false),
        };
        let known = Known {
            state: state.clone(),
            note: before.and_then(|known| known.note.clone()),
            has_held: has_held || state.is_ok(),
        };
        conditions.insert(name, known);
        drop(conditions);
        match state {
            Ok(()) if changed => tracing::info!(condition = name, "ready"),
            Err(reason) if changed => tracing::warn!(condition = name, reason, "not ready"),
            Err(reason) if other_reason => {
                tracing::warn!(part = name, reason, "not ready for another reason now")
            }
            _ => {}
        }
    }

    /// As [`Readiness::set`] for what a process needs to begin but goes on without: once the condition has held, trouble is
    /// noted and logged, and the process stays ready.
    pub fn set_to_begin(&self, name: &'static str, state: Result<(), impl Into<String>>) {
        let state = state.map_err(Into::into);
        let before = {
            let conditions = self.lock();
            let holding = conditions.get(name).filter(|known| known.state.is_ok());
            holding.map(|known| known.note.clone())
        };
        let Some(before) = before else {
            return self.set(name, state);
        };
        match (&before, &state) {
            (None, Err(reason)) => {
                tracing::warn!(
                    condition = name,
                    reason,
                    "in trouble; this process stays ready"
                )
            }
            (Some(_), Ok(())) => tracing::info!(condition = name, "works again"),
            _ => {}
        }
        self.note(name, state.err());
    }

    /// Says more about the condition `name`, for whenever it holds.
    pub fn note(&self, name: &'static str, note: Option<String>) {
        if let Some(known) = self.lock().get_mut(name) {
            known.note = note;
        }
    }

    /// Whether every condition holds.
    pub fn is_ready(&self) -> bool {
        self.lock().values().all(|known| known.state.is_ok())
    }

    fn list(&self) -> Vec<Condition> {
        let conditions = self.lock();
        let tell = |(name, known): (&&'static str, &Known)| Condition {
            name,
            ready: known.state.is_ok(),
            reason: known.state.clone().err(),
            note: known.note.clone().filter(|_| known.state.is_ok()),
        };
        conditions.iter().map(tell).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Conditions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone)]
struct Admin {
    readiness: Readiness,
    metrics: Metrics,
}

/// The side door while it is open. A process closes it last: while it drains, it is alive but not ready, and operators
/// want to watch it.
pub struct SideDoor {
    serving: JoinHandle<()>,
    closing: CancellationToken,
}

impl SideDoor {
    /// Opens it at `address`.
    ///
    /// # Errors
    /// The address is taken or not ours.
    pub async fn open(
        address: SocketAddr,
        readiness: &Readiness,
        metrics: &Metrics,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("ADMIN_ADDR: cannot listen on {address}"))?;
        let closing = CancellationToken::new();
        let serving = serve(
            listener,
            readiness.clone(),
            metrics.clone(),
            closing.clone(),
        );
        Ok(Self {
            serving: tokio::spawn(serving),
            closing,
        })
    }

    /// Closes it; requests that are open are answered for a second longer.
    ///
    /// # Errors
    /// It had broken.
    pub async fn close(self) -> anyhow::Result<()> {
        self.closing.cancel();
        self.serving.await.context("the side door")
    }
}

/// Serves `listener` until `shutdown`, and requests that are open then for a second longer.
pub async fn serve(
    listener: TcpListener,
    readiness: Readiness,
    metrics: Metrics,
    shutdown: CancellationToken,
) {
    let routes = Router::new()
        .route("/health", get(async || "alive\n"))
        .route("/ready", get(ready))
        .route("/metrics", get(prometheus_text))
        .route("/stats", get(stats))
        .with_state(Admin { readiness, metrics });
    let overdue = {
        let shutdown = shutdown.clone();
        async move {
            shutdown.cancelled().await;
            tokio::time::sleep(FAREWELL).await;
        }
    };
    tokio::select! {
        () = server::serve(listener, routes, CONNECTIONS, shutdown) => {}
        () = overdue => {}
    }
}

async fn ready(State(admin): State<Admin>) -> Response {
    let conditions = admin.readiness.list();
    let ready = conditions.iter().all(|condition| condition.ready);
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (
        status,
        Json(serde_json::json!({ "ready": ready, "conditions": conditions })),
    )
        .into_response()
}

async fn prometheus_text(State(admin): State<Admin>) -> Response {
    match admin.metrics.text() {
        Ok(text) => (
            [(
                header::CONTENT_TYPE,
                "text/plain; version=0.0.4; charset=utf-8",
            )],
            text,
        )
            .into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn stats(State(admin): State<Admin>) -> Response {
    Json(serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "uptime_seconds": uptime().as_secs(),
        "ready": admin.readiness.is_ready(),
        "conditions": admin.readiness.list(),
        "totals": admin.metrics.totals(),
    }))
    .into_response()
}

/// Why a process is not well.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// Nobody answers.
    #[error("{address} does not answer: {source}")]
    Unreachable {
        /// Who was asked.
        address: SocketAddr,
        /// What happened instead.
        source: io::Error,
    },
    /// It answers, but not with 200: the body of `/ready` says why.
    #[error("not ready: {0}")]
    NotReady(String),
}

/// Asks the process at `admin_addr`, the address that it listens on, whether it is ready.
///
/// # Errors
/// It does not answer, or it is not ready.
pub async fn check_health(admin_addr: SocketAddr) -> Result<(), CheckError> {
    let address = reachable(admin_addr);
    let late = || io::Error::from(io::ErrorKind::TimedOut);
    let answer = tokio::time::timeout(CHECK_TIMEOUT, ask(address))
        .await
        .unwrap_or_else(|_| Err(late()));
    let answer = answer.map_err(|source| CheckError::Unreachable { address, source })?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1);
    if status == Some("200") {
        Ok(())
    } else {
        Err(CheckError::NotReady(body.trim().to_owned()))
    }
}

async fn ask(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(b"GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .await?;
    let mut answer = Vec::new();
    stream.take(CHECK_BYTES).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Who listens on all addresses is reached on loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Running {
        address: SocketAddr,
        readiness: Readiness,
        metrics: Metrics,
        shutdown: CancellationToken,
        server: tokio::task::JoinHandle<()>,
    }

    async fn run() -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (readiness, metrics) = (Readiness::new(["queue", "database"]), Metrics::new());
        let shutdown = CancellationToken::new();
        let server = tokio::spawn(serve(
            listener,
            readiness.clone(),
            metrics.clone(),
            shutdown.clone(),
        ));
        Running {
            address,
            readiness,
            metrics,
            shutdown,
            server,
        }
    }

    async fn get(address: SocketAddr, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (
            head.split(' ').nth(1).unwrap().parse().unwrap(),
            body.to_owned(),
        )
    }

    #[tokio::test]
    async fn who_asks_half_a_question_does_not_hold_up_the_end() {
        let running = run().await;
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(b"GET /health HTTP/1.1\r\n").await.unwrap();
        // Asked later and answered: so the half question has been taken in.
        assert_eq!(get(running.address, "/health").await.0, 200);
        running.shutdown.cancel();
        let patience = Duration::from_secs(60);
        let ended = tokio::time::timeout(patience, running.server).await;
        ended.expect("it waits").unwrap();
    }

    #[tokio::test]
    async fn readiness_is_the_sum_of_its_conditions() {
        let running = run().await;
        let (address, readiness) = (running.address, &running.readiness);
        assert_eq!(get(address, "/health").await.0, 200);
        readiness.set("queue", Ok::<(), String>(()));
        let (status, body) = get(address, "/ready").await;
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        let conditions = serde_json::json!([
            {"name": "database", "ready": false, "reason": "starting"},
            {"name": "queue", "ready": true},
        ]);
        assert_eq!(
            (status, &body["ready"], &body["conditions"]),
            (503, &false.into(), &conditions)
        );
        let error = check_health(address).await.unwrap_err().to_string();
        assert!(
            error.starts_with("not ready: ") && error.contains("starting"),
            "{error}"
        );
        readiness.set("database", Ok::<(), String>(()));
        assert_eq!(get(address, "/ready").await.0, 200);
        check_health(SocketAddr::new(
            Ipv4Addr::UNSPECIFIED.into(),
            address.port(),
        ))
        .await
        .unwrap();
        readiness.note("queue", Some("spare".to_owned()));
        readiness.set("queue", Ok::<(), String>(()));
        let (status, body) = get(address, "/ready").await;
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        let spare = serde_json::json!({"name": "queue", "ready": true, "note": "spare"});
        assert_eq!((status, &body["conditions"][1]), (200, &spare));
        readiness.set("queue", Err("broker away"));
        assert!(
            check_health(address)
                .await
                .unwrap_err()
                .to_string()
                .contains("broker away")
        );
        assert_eq!(get(address, "/health").await.0, 200);
    }

    #[test]
    fn what_is_needed_to_begin_is_only_noted_afterwards() {
        let readiness = Readiness::new(["queue"]);
        let told = |readiness: &Readiness| {
            let condition = readiness.list().remove(0);
            (condition.ready, condition.reason.or(condition.note))
        };
        readiness.set_to_begin("queue", Err("wrong password"));
        assert_eq!(told(&readiness), (false, Some("wrong password".to_owned())));
        readiness.set_to_begin("queue", Ok::<(), String>(()));
        assert_eq!(told(&readiness), (true, None));
        readiness.set_to_begin("queue", Err("away"));
        assert_eq!(told(&readiness), (true, Some("away".to_owned())));
        readiness.set_to_begin("queue", Ok::<(), String>(()));
        assert_eq!(told(&readiness), (true, None));
        readiness.set("queue", Err("stopping"));
        readiness.set_to_begin("queue", Err("away"));
        assert_eq!(told(&readiness), (false, Some("away".to_owned())));
    }

    #[tokio::test]
    async fn figures_are_served_to_machines_and_people() {
        let running = run().await;
        running.metrics.request("davka", "done");
        running.metrics.request("top", "done");
        let (status, text) = get(running.address, "/metrics").await;
        assert_eq!(status, 200);
        assert!(
            text.contains(r#"bot_requests_total{handler="davka",outcome="done"} 1"#),
            "{text}"
        );
        let (status, stats) = get(running.address, "/stats").await;
        let stats: serde_json::Value = serde_json::from_str(&stats).unwrap();
        assert_eq!(
            (status, &stats["totals"]["bot_requests_total"]),
            (200, &2.into())
        );
        assert_eq!(stats["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(get(running.address, "/elsewhere").await.0, 404);
    }

    #[tokio::test]
    async fn it_stops_when_told_and_a_check_then_says_so() {
        let running = run().await;
        running.shutdown.cancel();
        running.server.await.unwrap();
        let error = check_health(running.address).await.unwrap_err();
        assert!(matches!(error, CheckError::Unreachable { .. }), "{error}");
    }
}
