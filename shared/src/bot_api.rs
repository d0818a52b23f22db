//! Calls to the Bot API with answers as raw bytes: the one place that knows Telegram's envelope, its refusals, and how to
//! keep the token out of errors.
//!
//! A bot library would decode everything into its own types: an update would lose what the library does not know, and
//! the message that a reply becomes would cost more to read than all else, though nobody looks at it. The token is part
//! of every address, so no error may hold an address.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::config::SecretUrl;

/// Name of the condition that says whether the Bot API does what a process cannot work without.
pub const BOT_API: &str = "bot_api";

/// A server that does not even take a connection is given up sooner than one that is slow to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest that a server is left alone at its own wish. Telegram asks for minutes at most; a mistaken number must not
/// silence the bot until somebody restarts it.
const LONGEST_REST: Duration = Duration::from_secs(60 * 60);

/// The rest after a 429 that names none.
const SHORTEST_REST: Duration = Duration::from_secs(1);

/// A bot at a Bot API server.
#[derive(Clone)]
pub struct BotApi {
    http: reqwest::Client,
    /// Address of the bot's methods, with the token and a slash at the end.
    base: SecretString,
    /// Address of the server without any password.
    server: String,
}

/// What one call may cost.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Until the last byte of the answer.
    pub time: Duration,
    /// Of the answer.
    pub bytes: usize,
}

impl Bounds {
    /// For a method that answers at once, with at most the message it made: some ten kilobytes.
    pub const PROMPT: Self = Self {
        time: Duration::from_secs(15),
        bytes: 1024 * 1024,
    };
}

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No answer, or a 5xx: the same call may succeed later.
    #[error("no answer from the Bot API: {0}")]
    Unreachable(String),
    /// Telegram understood and said no; the same call would be refused again.
    #[error("the Bot API refuses: {code} {description}")]
    Refused {
        /// HTTP status.
        code: u16,
        /// Telegram's sentence.
        description: String,
        /// How long it wants to be left alone, an hour at most.
        retry_after: Option<Duration>,
    },
    /// The server said something that is no answer of the Bot API.
    #[error("the server does not answer as a Bot API: {0}")]
    Unreadable(String),
}

impl CallError {
    /// How long flood control asks to wait, if that is what it is.
    #[must_use]
    pub fn flood_wait(&self) -> Option<Duration> {
        match self {
            Self::Refused {
                retry_after: Some(wait),
                ..
            } => Some(*wait),
            Self::Refused { code: 429, .. } => Some(SHORTEST_REST),
            _ => None,
        }
    }

    /// Whether the person has blocked the bot, left, or never talked to it.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        matches!(self, Self::Refused { code: 403, .. }) || self.says("chat not found")
    }

    /// Whether the message already looks like that.
    #[must_use]
    pub fn is_unmodified(&self) -> bool {
        self.says("message is not modified")
    }

    /// Whether the message can no longer be edited.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.says("message to edit not found") || self.says("message can't be edited")
    }

    /// Whether the press is too old for an answer.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.says("query is too old")
    }

    fn says(&self, words: &str) -> bool {
        matches!(self, Self::Refused { description, .. } if description.contains(words))
    }
}

/// Telegram's envelope.
#[derive(Deserialize)]
struct Answer<T> {
    ok: bool,
    result: Option<T>,
    #[serde(default)]
    error_code: u16,
    #[serde(default)]
    description: String,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
}

impl<T> Answer<T> {
    fn into_result(self) -> Result<T, CallError> {
        match self.result {
            Some(result) if self.ok => Ok(result),
            _ => Err(CallError::Refused {
                code: self.error_code,
                description: self.description,
                retry_after: self
                    .parameters
                    .and_then(|parameters| parameters.retry_after)
                    .map(|seconds| Duration::from_secs(seconds).min(LONGEST_REST)),
            }),
        }
    }
}

/// The result within an answer; it may borrow from the answer's bytes.
///
/// # Errors
/// The answer is a refusal, or none of the Bot API.
pub fn result_of<'a, T: Deserialize<'a>>(answer: &'a [u8]) -> Result<T, CallError> {
    let answer: Answer<T> =
        serde_json::from_slice(answer).map_err(|error| CallError::Unreadable(error.to_string()))?;
    answer.into_result()
}

impl BotApi {
    /// The bot of `token` at the server `url`, such as `https://api.telegram.org`. Opens no connection yet.
    ///
    /// # Errors
    /// The system has no usable TLS or resolver.
    pub fn new(url: &str, token: &SecretString) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .tcp_nodelay(true)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(Bounds::PROMPT.time)
            // Following one would tell another server the token, which is part of the address.
            .redirect(Policy::none())
            // Callers try again; a copy of each request for the client's own tries would be made in vain.
            .retry(reqwest::retry::never().max_retries_per_request(0))
            .build()?;
        let (url, token) = (url.trim_end_matches('/'), token.expose_secret());
        Ok(Self {
            http,
            base: format!("{url}/bot{token}/").into(),
            server: url
                .parse::<SecretUrl>()
                .map_or_else(|_| String::new(), |url| url.to_string()),
        })
    }

    /// Address of the server, without any password, for those who have to see to it.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The HTTP client, for a library that brings its own calls.
    #[must_use]
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Calls a method that answers at once and decodes its result.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        parameters: &impl Serialize,
    ) -> Result<T, CallError> {
        result_of(&self.raw(method, parameters, Bounds::PROMPT).await?)
    }

    /// Calls a method and returns its whole answer as it came, unless the answer is a refusal.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn raw(
        &self,
        method: &str,
        parameters: &impl Serialize,
        bounds: Bounds,
    ) -> Result<Bytes, CallError> {
        let body = serde_json::to_vec(parameters).map_err(|error| CallError::Refused {
            code: 0,
            description: format!("not sent: {error}"),
            retry_after: None,
        })?;
        let request = self
            .http
            .post(format!("{}{method}", self.base.expose_secret()))
            .timeout(bounds.time)
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let body = reqwest::Body::from(response);
        // Read to its end, so that the connection can be used again.
        let answer = Limited::new(body, bounds.bytes).collect().await;
        let answer = answer.map_err(broken_off)?.to_bytes();
        if status.is_success() {
            return Ok(answer);
        }
        Err(refusal(status, &answer))
    }
}

/// What an answer with a status of failure says. Behind a proxy it is often a page instead of JSON.
fn refusal(status: StatusCode, answer: &[u8]) -> CallError {
    let said = result_of::<serde::de::IgnoredAny>(answer).err();
    match said {
        Some(CallError::Refused {
            description,
            retry_after,
            ..
        }) if retry_after.is_some() || !status.is_server_error() => CallError::Refused {
            code: status.as_u16(),
            description,
            retry_after,
        },
        Some(CallError::Refused { description, .. }) => {
            CallError::Unreachable(format!("HTTP {status}: {description}"))
        }
        _ if status.is_server_error() => CallError::Unreachable(format!("HTTP {status}")),
        _ => CallError::Unreadable(format!("HTTP {status} without Telegram's JSON")),
    }
}

/// Why an answer was not read to its end.
fn broken_off(error: Box<dyn std::error::Error + Send + Sync>) -> CallError {
    match error.downcast::<reqwest::Error>() {
        Ok(error) => unreachable(*error),
        Err(too_long) => CallError::Unreadable(too_long.to_string()),
    }
}

/// The library's error without its address, with its causes.
fn unreachable(error: reqwest::Error) -> CallError {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    CallError::Unreachable(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_error_holds_the_token() {
        // Port 1 is closed; the other two are no servers at all.
        for url in [
            "http://127.0.0.1:1",
            "http://no-such-host.invalid",
            "nonsense://x",
        ] {
            let api = BotApi::new(url, &"123:top-secret".into()).unwrap();
            let error = api
                .call::<bool>("getMe", &serde_json::json!({}))
                .await
                .unwrap_err();
            assert!(
                !format!("{error} {error:?}").contains("top-secret"),
                "{error}"
            );
        }
    }

    #[tokio::test]
    async fn an_answer_that_is_too_long_is_not_kept() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let long = || async { "x".repeat(Bounds::PROMPT.bytes + 1) };
        let server = axum::Router::new().fallback(long);
        tokio::spawn(async { axum::serve(listener, server).await });
        let api = BotApi::new(&url, &"1:a".into()).unwrap();
        let error = api.call::<bool>("getMe", &()).await.unwrap_err();
        assert!(matches!(error, CallError::Unreadable(_)), "{error}");
    }

    #[test]
    fn every_kind_of_failure_is_told_apart() {
        let refused = |code, description: &str, seconds: Option<u64>| CallError::Refused {
            code,
            description: description.to_owned(),
            retry_after: seconds.map(Duration::from_secs),
        };
        for (status, answer, error, flood_wait) in [
            (
                400,
                r#"{"ok":false,"error_code":400,"description":"Bad Request: message is not modified"}"#,
                refused(400, "Bad Request: message is not modified", None),
                None,
            ),
            (
                429,
                r#"{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":37}}"#,
                refused(429, "Too Many Requests", Some(37)),
                Some(37),
            ),
            (
                429,
                r#"{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":18446744073709551615}}"#,
                refused(429, "Too Many Requests", Some(3_600)),
                Some(3_600),
            ),
            (
                429,
                r#"{"ok":false,"description":"slow down"}"#,
                refused(429, "slow down", None),
                Some(1),
            ),
            (
                502,
                r#"{"ok":false,"error_code":502,"description":"Bad Gateway"}"#,
                CallError::Unreachable("HTTP 502 Bad Gateway: Bad Gateway".to_owned()),
                None,
            ),
            (
                503,
                "<html>",
                CallError::Unreachable("HTTP 503 Service Unavailable".to_owned()),
                None,
            ),
            (
                404,
                "<html>",
                CallError::Unreadable("HTTP 404 Not Found without Telegram's JSON".to_owned()),
                None,
            ),
        ] {
            let told = refusal(StatusCode::from_u16(status).unwrap(), answer.as_bytes());
            assert_eq!(told, error);
            assert_eq!(told.flood_wait(), flood_wait.map(Duration::from_secs));
        }
    }
}
