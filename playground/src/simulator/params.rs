//! Parameters of a Bot API call, however they arrive.
//!
//! Telegram takes them from the query, a urlencoded form, a multipart form or JSON, and does not mind a number written as
//! a string. Nested values such as `reply_markup` are strings of JSON in forms and plain JSON in JSON. All of them are
//! brought into one map here, nested ones as strings, so that no method knows how it was called.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::RangeInclusive;

use axum::RequestExt;
use axum::body::to_bytes;
use axum::extract::{FromRequest, Multipart, Query, Request};
use axum::http::{Method, header};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::answer::ApiError;

/// What a bot may upload in one call; the limit that Telegram documents.
pub(super) const UPLOAD_LIMIT: usize = 50 << 20;

type Pairs = Vec<(String, String)>;

/// The parameters of one call.
pub(super) struct Params {
    fields: Map<String, Value>,
    files: Vec<Upload>,
}

/// A file that came with a multipart form. Its bytes were counted and let go: nobody downloads them again.
#[derive(Clone, Debug)]
pub(super) struct Upload {
    pub(super) field: String,
    pub(super) name: String,
    pub(super) content_type: Option<String>,
    pub(super) size: usize,
}

impl Params {
    /// Reads query and body; the body wins where both name a parameter.
    pub(super) async fn read(request: Request) -> Result<Self, ApiError> {
        let mut params = Self {
            fields: Map::new(),
            files: Vec::new(),
        };
        if request.uri().query().is_some() {
            let Query(pairs) = Query::<Pairs>::try_from_uri(request.uri())
                .map_err(|_| ApiError::bad("can't parse the query string"))?;
            params.add(pairs);
        }
        if request.method() == Method::GET {
            return Ok(params);
        }
        let kind = request.headers().get(header::CONTENT_TYPE).cloned();
        let kind = kind
            .as_ref()
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        // The whole body, whatever is in it: a connection with an unread rest cannot be used again.
        let (head, body) = request.with_limited_body().into_parts();
        let body = to_bytes(body, usize::MAX)
            .await
            .map_err(|_| ApiError::too_large())?;
        if body.is_empty() {
            return Ok(params);
        }
        let whole = || Request::from_parts(head, body.clone().into());
        let kind = kind.split(';').next().unwrap_or_default();
        match kind.trim().to_ascii_lowercase().as_str() {
            "application/json" => {
                let fields = serde_json::from_slice::<HashMap<String, &RawValue>>(&body);
                let fields = fields.map_err(|_| ApiError::bad("can't parse JSON object"))?;
                params.fields.extend(fields.into_iter().map(flat));
            }
            "multipart/form-data" => {
                // Boxed: most calls have no file, and should not make room for one.
                Box::pin(params.read_multipart(whole())).await?;
            }
            "application/x-www-form-urlencoded" => {
                let form = axum::Form::<Pairs>::from_request(whole(), &()).await;
                params.add(form.map_err(broken_form)?.0);
            }
            _ => {}
        }
        Ok(params)
    }

    fn add(&mut self, pairs: Pairs) {
        self.fields.extend(
            pairs
                .into_iter()
                .map(|(name, value)| (name, Value::String(value))),
        );
    }

    async fn read_multipart(&mut self, request: Request) -> Result<(), ApiError> {
        let form = Multipart::from_request(request, &()).await;
        let mut form = form.map_err(broken_form)?;
        while let Some(mut part) = form.next_field().await.map_err(broken_form)? {
            let field = part.name().unwrap_or_default().to_owned();
            let Some(name) = part.file_name().map(str::to_owned) else {
                let text = part.text().await.map_err(broken_form)?;
                self.fields.insert(field, Value::String(text));
                continue;
            };
            let content_type = part.content_type().map(str::to_owned);
            let mut size = 0;
            while let Some(chunk) = part.chunk().await.map_err(broken_form)? {
                size += chunk.len();
            }
            self.files.push(Upload {
                field,
                name,
                content_type,
                size,
            });
        }
        Ok(())
    }

    /// A parameter as text; a number is written out.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        match self.fields.get(name)? {
            Value::String(text) => Some(Cow::Borrowed(text)),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }

    /// A parameter as a whole number, written as one or as a string.
    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        match self.fields.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A parameter as a number within limits; what is no number counts as 0.
    pub(super) fn clamped(&self, name: &str, default: u32, range: RangeInclusive<u32>) -> u32 {
        let number = match self.fields.get(name) {
            None | Some(Value::Null) => return default,
            Some(Value::String(text)) if text.is_empty() => return default,
            Some(_) => self.integer(name).unwrap_or(0),
        };
        let number = number.clamp((*range.start()).into(), (*range.end()).into());
        u32::try_from(number).unwrap_or(default)
    }

    /// A parameter as a flag: `true`, `yes` and `1` are true, in any case.
    pub(super) fn flag(&self, name: &str) -> bool {
        match self.fields.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::Number(number)) => number.as_i64() == Some(1),
            Some(Value::String(text)) => ["true", "yes", "1"]
                .iter()
                .any(|yes| text.eq_ignore_ascii_case(yes)),
            _ => false,
        }
    }

    /// A nested parameter. `None` when it is absent, null or an empty string.
    ///
    /// # Errors
    /// `complaint`, as a 400, when the value has another shape.
    pub(super) fn nested<T: DeserializeOwned>(
        &self,
        name: &str,
        complaint: &str,
    ) -> Result<Option<T>, ApiError> {
        let value = match self.fields.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) if text.is_empty() => return Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text).ok(),
            Some(_) => None,
        };
        value.map(Some).ok_or_else(|| ApiError::bad(complaint))
    }

    /// The chat that the call is about.
    ///
    /// # Errors
    /// Telegram's words for a missing id and for one that names nothing (there are no public usernames of chats here).
    pub(super) fn chat_id(&self) -> Result<i64, ApiError> {
        let text = self.text("chat_id").filter(|text| !text.is_empty());
        let text = text.ok_or_else(|| ApiError::bad("chat_id is empty"))?;
        text.parse().map_err(|_| ApiError::bad("chat not found"))
    }

    /// The message that the call is about.
    pub(super) fn message_id(&self) -> Result<i64, ApiError> {
        self.integer("message_id")
            .ok_or_else(|| ApiError::bad("message identifier is not specified"))
    }

    /// The file uploaded as `field`, directly or by way of `attach://`.
    pub(super) fn upload(&self, field: &str) -> Option<&Upload> {
        let named = self.text(field);
        let name = named
            .as_deref()
            .and_then(|text| text.strip_prefix("attach://"));
        self.files
            .iter()
            .find(|file| file.field == name.unwrap_or(field))
    }
}

/// A whole number inside of a nested parameter, written as one or as a string.
pub(super) fn whole<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(i64),
        Text(String),
    }
    let number = match Written::deserialize(deserializer)? {
        Written::Number(number) => Some(number),
        Written::Text(text) => text.trim().parse().ok(),
    };
    number
        .and_then(|number| number.try_into().ok())
        .ok_or_else(|| D::Error::custom("not a whole number in range"))
}

/// A parameter out of a JSON object; what is nested stays text until somebody asks for it.
fn flat((name, raw): (String, &RawValue)) -> (String, Value) {
    let text = raw.get();
    let value = if text.starts_with(['{', '[']) {
        Value::String(text.to_owned())
    } else {
        serde_json::from_str(text).unwrap_or_default()
    };
    (name, value)
}

fn broken_form(error: impl std::fmt::Display) -> ApiError {
    ApiError::bad(format!("can't parse the form: {error}"))
}
