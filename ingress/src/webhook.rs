//! The webhook: Telegram posts an update, the queue confirms it, Telegram hears 200. In this order.
//!
//! | answer | when |
//! |---|---|
//! | 200 | the queue has the update, or the dead letters have what cannot be read |
//! | 401 | the secret is missing or wrong: not Telegram |
//! | 404, 405 | another path, another method |
//! | 408, 413 | a body that does not come to its end, or is larger than [`MAX_UPDATE_BYTES`] |
//! | 503 | the queue is away or full, or too many requests are here: Telegram keeps the update for `Retry-After` |

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use gofrobot_shared::admin::Readiness;
use gofrobot_shared::bot_api::BotApi;
use gofrobot_shared::envelope::Envelope;
use gofrobot_shared::queue::PublishError;
use gofrobot_shared::server;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::door::{self, Door};
use crate::registration;

/// Largest body of a request. An update of Telegram's is some tens of kilobytes; a mebibyte of text with every letter
/// escaped (`\u0434` for two bytes) is three. Beyond that it is no update.
pub const MAX_UPDATE_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of a larger body that are read only to be thrown away, so that the refusal is heard.
const MAX_DISCARDED_BYTES: usize = 16 * MAX_UPDATE_BYTES;

/// Requests under way at a time. Telegram opens at most 100 connections; the rest is room for rolling restarts.
const MAX_REQUESTS: usize = 256;

/// Connections at a time: as many again may rest or say nothing before Telegram's have to wait.
const CONNECTIONS: u16 = 512;

/// Longest wait for the rest of a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);

/// How long Telegram waits after a 503. It would start at 2 s by itself, but double up to 2 minutes.
const RETRY_AFTER_SECONDS: &str = "2";

const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";

/// `traceparent` is 55 characters in its only version.
const TRACEPARENT_LENGTH: usize = 55;

struct Webhook {
    secrets: Vec<SecretString>,
    door: Door,
    places: Semaphore,
    /// Told when Telegram still uses an old secret.
    outdated: Arc<Notify>,
}

/// Serves `/telegram` and keeps the webhook registered, until `shutdown`.
pub(crate) async fn run(
    listener: TcpListener,
    url: SecretString,
    secrets: Vec<SecretString>,
    door: Door,
    api: BotApi,
    readiness: Readiness,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    anyhow::ensure!(
        !secrets.is_empty(),
        "WEBHOOK_SECRET: a webhook needs a secret"
    );
    let outdated = Arc::new(Notify::new());
    let secret = secrets[0].clone();
    let registered = registration::keep(api, url, secret, Arc::clone(&outdated), readiness);
    let webhook = Webhook {
        secrets,
        door,
        places: Semaphore::new(MAX_REQUESTS),
        outdated,
    };
    let routes = Router::new()
        .route("/telegram", any(receive))
        .with_state(Arc::new(webhook));
    tokio::select! {
        () = server::serve(listener, routes, CONNECTIONS, shutdown) => Ok(()),
        // Ends with the shutdown only; the server then still has requests to finish.
        never = registered => match never {},
    }
}

async fn receive(State(webhook): State<Arc<Webhook>>, request: Request) -> Response {
    let (outcome, answer) = webhook.answer(request).await;
    webhook.door.metrics.request("webhook", outcome);
    answer
}

impl Webhook {
    /// The answer to a request, and its name among the outcomes that are counted.
    async fn answer(&self, request: Request) -> (&'static str, Response) {
        if request.method() != Method::POST {
            let answer = (
                StatusCode::METHOD_NOT_ALLOWED,
                [(header::ALLOW, "POST")],
                "POST only\n",
            );
            return ("wrong_method", answer.into_response());
        }
        let Some(place) = self.matching_secret(request.headers()) else {
            return (
                "unauthorized",
                (StatusCode::UNAUTHORIZED, "wrong secret\n").into_response(),
            );
        };
        if place > 0 {
            self.outdated.notify_one();
        }
        let Ok(_place) = self.places.try_acquire() else {
            return ("overloaded", later("too many requests at once\n"));
        };
        let traceparent = traceparent(request.headers());
        let body = match body(request).await {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        let result = match Envelope::read(body.clone()) {
            Ok(mut envelope) => {
                envelope.traceparent = traceparent;
                self.door.publish(envelope).await.map(|()| "accepted")
            }
            Err(problem) => self
                .door
                .put_aside(body, &problem)
                .await
                .map(|()| problem.reason()),
        };
        match result {
            Ok(outcome) => (outcome, StatusCode::OK.into_response()),
            Err(PublishError::TooLarge) => ("too_large", too_large()),
            Err(error) => {
                tracing::debug!(%error, "an update was refused for now");
                (
                    door::refusal(&error),
                    later("the queue takes nothing now\n"),
                )
            }
        }
    }

    /// Which of the secrets the request carries. Every comparison is made in full and takes the same time whatever the
    /// request holds, so that the time of the answer tells nothing about a secret.
    fn matching_secret(&self, headers: &HeaderMap) -> Option<usize> {
        let given = headers
            .get(SECRET_HEADER)
            .map_or(&[][..], |value| value.as_bytes());
        let mut found = None;
        for (place, secret) in self.secrets.iter().enumerate().rev() {
            if bool::from(secret.expose_secret().as_bytes().ct_eq(given)) {
                found = Some(place);
            }
        }
        found
    }
}

/// The body within its bounds, or the refusal.
async fn body(request: Request) -> Result<Bytes, (&'static str, Response)> {
    let announced = request.body().size_hint().lower();
    let asks_first = request.headers().contains_key(header::EXPECT);
    let mut body = request.into_body();
    if announced <= MAX_UPDATE_BYTES as u64 {
        let whole = Limited::new(&mut body, MAX_UPDATE_BYTES).collect();
        match tokio::time::timeout(BODY_TIMEOUT, whole).await {
            Ok(Ok(whole)) => return Ok(whole.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {}
            Ok(Err(_)) => {
                let answer = (StatusCode::BAD_REQUEST, "the body broke off\n");
                return Err(("broken_off", answer.into_response()));
            }
            Err(_) => {
                let answer = (StatusCode::REQUEST_TIMEOUT, "the body did not come\n");
                return Err(("too_slow", answer.into_response()));
            }
        }
    }
    if !asks_first {
        let _ = tokio::time::timeout(BODY_TIMEOUT, discard(body)).await;
    }
    Err(("too_large", too_large()))
}

/// Reads the rest of a body away: most clients look for an answer only when they have sent all, and find a broken
/// connection in its place if nobody listens that long.
async fn discard(mut body: Body) {
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, Bytes::len);
        if bytes > MAX_DISCARDED_BYTES {
            return;
        }
    }
}

fn later(why: &'static str) -> Response<Body> {
    (
        StatusCode::SERVICE_UNAVAILABLE,
        [(header::RETRY_AFTER, RETRY_AFTER_SECONDS)],
        why,
    )
        .into_response()
}

fn too_large() -> Response<Body> {
    (StatusCode::PAYLOAD_TOO_LARGE, "larger than any update\n").into_response()
}

fn traceparent(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("traceparent")?.to_str().ok()?;
    (value.len() == TRACEPARENT_LENGTH).then(|| value.to_owned())
}
