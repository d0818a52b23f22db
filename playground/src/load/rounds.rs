//! Rounds on request, for a bot on a cluster: the generator stays, as Telegram does, while the bot is scaled, upgraded
//! and broken, and whoever tries that asks for a round of updates at his moment:
//!
//! ```text
//! POST /load {"updates": 9000, "rate": 300}
//! DELETE /load
//! ```
//!
//! The answer comes when everything is answered, and is the report as JSON. DELETE sends nothing more of the round, for
//! one who does not know beforehand how long he will take. What the body is called is not looked at: `kubectl create
//! --raw` calls it nothing.

use super::generator::Generator;
use super::{Crowd, Load};
use crate::chatpage::guard::local_only;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// A round is a few words.
const BODY_LIMIT: usize = 1 << 10;

/// A round that somebody asks for; what he leaves out is as on the command line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Round {
    updates: Option<u64>,
    rate: Option<u32>,
    patience: Option<u64>,
}

impl Round {
    /// The crowd's figures with these put in, within the bounds of the command line.
    fn of(self, crowd: &Crowd) -> Result<Crowd, String> {
        let updates = self.updates.unwrap_or(crowd.updates);
        let rate = self.rate.or(crowd.rate);
        if updates == 0 {
            return Err("updates: at least 1".to_owned());
        }
        if rate.is_some_and(|rate| !(1..=100_000).contains(&rate)) {
            return Err("rate: 1 to 100000 updates a second".to_owned());
        }
        Ok(Crowd {
            updates,
            rate,
            patience: self.patience.unwrap_or(crowd.patience),
            ..crowd.clone()
        })
    }
}

struct Desk {
    generator: Generator,
    crowd: Crowd,
    shutdown: CancellationToken,
    /// Ends the round that is being played, or was played last.
    enough: Mutex<CancellationToken>,
}

/// The Bot API, and the route by which a round is asked for.
pub(super) fn router(generator: Generator, load: &Load, shutdown: CancellationToken) -> Router {
    let bot_api = generator.simulator.router();
    let desk = Arc::new(Desk {
        generator,
        crowd: load.crowd.clone(),
        enough: Mutex::new(shutdown.child_token()),
        shutdown,
    });
    let rounds = Router::new()
        .route("/load", post(round).delete(enough))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn(local_only))
        .with_state(desk);
    bot_api.merge(rounds)
}

impl Desk {
    fn begin(&self) -> CancellationToken {
        let token = self.shutdown.child_token();
        self.enough().clone_from(&token);
        token
    }

    fn enough(&self) -> MutexGuard<'_, CancellationToken> {
        self.enough.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn enough(State(desk): State<Arc<Desk>>) -> Json<Value> {
    desk.enough().cancel();
    Json(json!({"ok": true}))
}

async fn round(State(desk): State<Arc<Desk>>, body: Bytes) -> Response {
    let round = serde_json::from_slice::<Round>(&body).map_err(|error| error.to_string());
    let crowd = match round.and_then(|round| round.of(&desk.crowd)) {
        Ok(crowd) => crowd,
        Err(complaint) => return refusal(StatusCode::UNPROCESSABLE_ENTITY, &complaint),
    };
    tracing::info!(updates = crowd.updates, rate = crowd.rate, "a round begins");
    match desk.generator.play(&crowd, || desk.begin()).await {
        Ok(Some(report)) => {
            tracing::info!("the round ends: {}", report.json());
            Json(report.json()).into_response()
        }
        Ok(None) => refusal(StatusCode::CONFLICT, "another round is being played"),
        Err(error) => refusal(StatusCode::SERVICE_UNAVAILABLE, &format!("{error:#}")),
    }
}

fn refusal(status: StatusCode, sentence: &str) -> Response {
    (status, Json(json!({ "error": sentence }))).into_response()
}
