//! Errors of the page's API: a status and `{"error":"sentence"}`, fit to be shown as they are.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::simulator::{PersonError, RateOutOfRange};

/// Why a request of the page was refused.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    sentence: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self {
            status,
            sentence: sentence.into(),
        }
    }
}

/// For addresses under `/api` that mean nothing.
pub(super) async fn nothing_here() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "there is nothing at this address")
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (
            self.status,
            Json(serde_json::json!({ "error": self.sentence })),
        )
            .into_response()
    }
}

impl From<PersonError> for Refusal {
    fn from(error: PersonError) -> Self {
        let status = match error {
            PersonError::Unknown | PersonError::NoSuchMessage => StatusCode::NOT_FOUND,
            PersonError::NotInChat | PersonError::Blocked => StatusCode::FORBIDDEN,
            PersonError::EmptyText | PersonError::TextTooLong | PersonError::NoSuchButton => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
        };
        Self::new(status, error.to_string())
    }
}

impl From<RateOutOfRange> for Refusal {
    fn from(error: RateOutOfRange) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for Refusal {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}
