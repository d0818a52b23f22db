//! What a Bot API call is answered with: Telegram's envelope, for results and for refusals.
//!
//! The words of a refusal are part of the interface: bot libraries match on them. So they are written out here and at
//! their callers exactly as Telegram writes them.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;

/// An accepted call: the whole body of the response, and the message it made or changed.
pub(super) struct Answer {
    pub(super) body: Bytes,
    pub(super) message_id: Option<i64>,
}

impl Answer {
    /// `{"ok":true,"result":...}`.
    pub(super) fn of(result: &impl Serialize) -> Result<Self, ApiError> {
        #[derive(Serialize)]
        struct Envelope<'a, T> {
            ok: bool,
            result: &'a T,
        }
        let body =
            serde_json::to_vec(&Envelope { ok: true, result }).map_err(|_| ApiError::internal())?;
        Ok(Self {
            body: body.into(),
            message_id: None,
        })
    }

    /// `true` with a sentence, as the webhook methods answer.
    pub(super) fn done(description: &str) -> Self {
        let body = serde_json::json!({ "ok": true, "result": true, "description": description });
        Self {
            body: body.to_string().into(),
            message_id: None,
        }
    }

    /// Plain `true`.
    pub(super) fn yes() -> Self {
        Self {
            body: Bytes::from_static(br#"{"ok":true,"result":true}"#),
            message_id: None,
        }
    }

    /// A batch of updates, joined without being serialised again.
    pub(super) fn updates(bodies: &[Bytes]) -> Self {
        const HEAD: &[u8] = br#"{"ok":true,"result":["#;
        let length = bodies.iter().map(|body| body.len() + 1).sum::<usize>();
        let mut joined = Vec::with_capacity(HEAD.len() + length + 2);
        joined.extend_from_slice(HEAD);
        for (index, body) in bodies.iter().enumerate() {
            if index > 0 {
                joined.push(b',');
            }
            joined.extend_from_slice(body);
        }
        joined.extend_from_slice(b"]}");
        Self {
            body: joined.into(),
            message_id: None,
        }
    }

    pub(super) fn about(mut self, message_id: i64) -> Self {
        self.message_id = Some(message_id);
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        json(StatusCode::OK, self.body)
    }
}

/// A refused call, in Telegram's words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ApiError {
    code: u16,
    description: Cow<'static, str>,
    /// Seconds, for 429 only.
    retry_after: Option<u32>,
}

impl ApiError {
    /// 400, `Bad Request: ` and the reason.
    pub(super) fn bad(reason: impl AsRef<str>) -> Self {
        Self::new(400, format!("Bad Request: {}", reason.as_ref()))
    }

    /// 403, `Forbidden: ` and the reason.
    pub(super) fn forbidden(reason: &str) -> Self {
        Self::new(403, format!("Forbidden: {reason}"))
    }

    /// 409, `Conflict: ` and the reason.
    pub(super) fn conflict(reason: &str) -> Self {
        Self::new(409, format!("Conflict: {reason}"))
    }

    /// 429 with the seconds to wait.
    pub(super) fn too_many(retry_after: u32) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(429, format!("Too Many Requests: retry after {retry_after}"))
        }
    }

    pub(super) fn too_large() -> Self {
        Self::new(413, "Request Entity Too Large")
    }

    pub(super) fn internal() -> Self {
        Self::new(500, "Internal Server Error")
    }

    pub(super) fn new(code: u16, description: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            description: description.into(),
            retry_after: None,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut body = serde_json::json!({
            "ok": false,
            "error_code": self.code,
            "description": self.description,
        });
        if let Some(seconds) = self.retry_after {
            body["parameters"] = serde_json::json!({ "retry_after": seconds });
        }
        let status = StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = json(status, body.to_string().into());
        if let Some(seconds) = self.retry_after {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

fn json(status: StatusCode, body: Bytes) -> Response {
    let kind = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}
