//! HTTP to methods: one route for the whole Bot API, and one for the fault switches.

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use secrecy::ExposeSecret;

use crate::chatpage::guard::local_only;

use super::answer::ApiError;
use super::faults::{Fate, Faults};
use super::observer::Call;
use super::params::{Params, UPLOAD_LIMIT};
use super::{Simulator, methods, read};

pub(super) fn router(simulator: Simulator) -> Router {
    Router::new()
        .route("/bot{token}/{method}", get(call).post(call))
        .route("/bot{token}", any(not_found))
        // Room for the rest of the form around the largest file.
        .layer(DefaultBodyLimit::max(UPLOAD_LIMIT + (1 << 20)))
        .route(
            "/simulator/faults",
            get(faults).post(set_faults).layer(from_fn(local_only)),
        )
        .fallback(not_found)
        .with_state(simulator)
}

async fn not_found() -> ApiError {
    ApiError::new(404, "Not Found")
}

async fn call(
    State(simulator): State<Simulator>,
    Path((token, method)): Path<(String, String)>,
    request: Request,
) -> Response {
    if token != simulator.state.options.token.expose_secret() {
        return ApiError::new(401, "Unauthorized").into_response();
    }
    let delay = simulator.state.faults.delay();
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    match simulator.state.faults.roll() {
        Fate::Pass => answer(&simulator, &method, request).await,
        Fate::Refuse(error) => error.into_response(),
        Fate::Drop { after_effect } => {
            if after_effect {
                answer(&simulator, &method, request).await;
            }
            no_answer()
        }
    }
}

async fn answer(simulator: &Simulator, method: &str, request: Request) -> Response {
    let params = match Params::read(request).await {
        Ok(params) => params,
        Err(error) => return error.into_response(),
    };
    let name = method.to_ascii_lowercase();
    read(&simulator.state.observers)
        .iter()
        .for_each(|observer| observer.arrived(&name));
    match methods::call(simulator, method, &name, &params).await {
        Ok(answer) => {
            let observers = read(&simulator.state.observers);
            if !observers.is_empty() {
                let (query, text) = (params.text("callback_query_id"), params.text("text"));
                let call = Call {
                    method: &name,
                    chat_id: params.integer("chat_id"),
                    callback_query_id: query.as_deref(),
                    message_id: answer.message_id,
                    reply_to: methods::replied_to(&params),
                    thread_id: params.integer("message_thread_id"),
                    text: text.as_deref(),
                };
                observers
                    .iter()
                    .for_each(|observer| observer.accepted(&call));
            }
            answer.into_response()
        }
        Err(error) => error.into_response(),
    }
}

/// A body that breaks before its first byte makes the server close the connection.
fn no_answer() -> Response {
    let broken = std::io::Error::other("dropped on demand");
    Body::from_stream(futures_util::stream::iter([Err::<bytes::Bytes, _>(broken)])).into_response()
}

async fn faults(State(simulator): State<Simulator>) -> Json<Faults> {
    Json(simulator.faults())
}

async fn set_faults(State(simulator): State<Simulator>, Json(faults): Json<Faults>) -> Response {
    match simulator.set_faults(faults) {
        Ok(()) => Json(simulator.faults()).into_response(),
        Err(error) => {
            let complaint = serde_json::json!({ "error": error.to_string() });
            (StatusCode::UNPROCESSABLE_ENTITY, Json(complaint)).into_response()
        }
    }
}
