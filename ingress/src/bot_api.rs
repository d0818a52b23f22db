//! The few methods of the Bot API that ingress needs, with answers as raw bytes.
//!
//! A bot library would decode updates into its own types and lose what it does not know; here their bytes pass
//! through. The token is part of every address, so no error may hold an address.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gofrobot_shared::backoff::{Delays, delays};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Longest answer that is read: a hundred updates, each ten times as large as Telegram makes them.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Longest that a server is left alone at its own wish. Telegram asks for minutes at most; a mistaken number must not
/// silence the bot until somebody restarts it.
const LONGEST_REST: Duration = Duration::from_secs(60 * 60);

/// For a method that answers at once.
pub(crate) const PROMPT: Duration = Duration::from_secs(15);

/// A bot at a Bot API server.
#[derive(Clone)]
pub struct BotApi {
    http: reqwest::Client,
    /// Address of the bot's methods, with the token and a slash at the end.
    base: SecretString,
}

/// Why a method has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The server was not reached, or broke off.
    #[error("the Bot API server cannot be reached: {0}")]
    Network(String),
    /// The server said no.
    #[error("the Bot API server refuses: {code} {description}")]
    Refused {
        code: u16,
        description: String,
        /// How long it wants to be left alone, [`LONGEST_REST`] at most.
        retry_after: Option<Duration>,
    },
    /// The server said something that is no answer of the Bot API.
    #[error("the Bot API server does not answer as one: {0}")]
    Unreadable(String),
}

/// What every answer looks like.
#[derive(Deserialize)]
pub(crate) struct Answer<T> {
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
    /// The result, or why there is none.
    pub(crate) fn into_result(self) -> Result<T, CallError> {
        match self.result {
            Some(result) if self.ok => Ok(result),
            _ => Err(CallError::Refused {
                code: self.error_code,
                description: self.description,
                retry_after: self
                    .parameters
                    .and_then(|p| p.retry_after)
                    .map(|seconds| Duration::from_secs(seconds).min(LONGEST_REST)),
            }),
        }
    }
}

impl BotApi {
    /// The bot of `token` at the server `url`, such as `https://api.telegram.org`.
    ///
    /// # Errors
    /// The system has no usable TLS or resolver.
    pub fn new(url: &str, token: &SecretString) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .tcp_nodelay(true)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let base = format!(
            "{}/bot{}/",
            url.trim_end_matches('/'),
            token.expose_secret()
        );
        Ok(Self {
            http,
            base: base.into(),
        })
    }

    /// Calls a method and decodes its result.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        parameters: &impl Serialize,
    ) -> Result<T, CallError> {
        let body = self.raw(method, parameters, PROMPT).await?;
        let answer: Answer<T> = serde_json::from_slice(&body)
            .map_err(|error| CallError::Unreadable(error.to_string()))?;
        answer.into_result()
    }

    /// Calls a method and returns its answer as it came.
    pub(crate) async fn raw(
        &self,
        method: &str,
        parameters: &impl Serialize,
        timeout: Duration,
    ) -> Result<Bytes, CallError> {
        let address = format!("{}{method}", self.base.expose_secret());
        let request = self.http.post(address).timeout(timeout).json(parameters);
        let mut response = request.send().await.map_err(network)?;
        let status = response.status();
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(network)? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(CallError::Unreadable(format!(
                    "more than {MAX_ANSWER_BYTES} bytes"
                )));
            }
            body.extend_from_slice(&chunk);
        }
        // A server that fails often answers with a proxy's page instead of JSON.
        if status.is_server_error() {
            return Err(CallError::Refused {
                code: status.as_u16(),
                description: status.canonical_reason().unwrap_or_default().to_owned(),
                retry_after: None,
            });
        }
        Ok(body.freeze())
    }
}

/// The library's error without its address, with its causes.
fn network(error: reqwest::Error) -> CallError {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    CallError::Network(text)
}

/// Patience with Telegram: waits between attempts, and one log line for each change of state.
pub(crate) struct Patience {
    delays: Delays,
    troubled: bool,
    what: &'static str,
}

impl Patience {
    /// `what` names in the log what is being tried.
    pub(crate) fn new(what: &'static str) -> Self {
        Self {
            delays: delays(LONGEST_WAIT),
            troubled: false,
            what,
        }
    }

    /// It worked.
    pub(crate) fn succeeded(&mut self) {
        if std::mem::take(&mut self.troubled) {
            self.delays = delays(LONGEST_WAIT);
            tracing::info!(what = self.what, "works again");
        }
    }

    /// It failed: how long to wait before the next attempt.
    pub(crate) fn failed(&mut self, error: &CallError) -> Duration {
        if !std::mem::replace(&mut self.troubled, true) {
            let hint = match error {
                CallError::Refused {
                    code: 401 | 404, ..
                } => "is BOT_TOKEN right?",
                CallError::Refused { code: 409, .. } => "somebody else polls this bot",
                _ => "it is tried again",
            };
            tracing::warn!(what = self.what, %error, hint, "failed");
        }
        let delay = self.delays.next().unwrap_or_default();
        match error {
            CallError::Refused {
                retry_after: Some(wait),
                ..
            } => delay.max(*wait),
            _ => delay,
        }
    }
}

/// Longest wait between attempts at a Bot API server that is away.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

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

    #[test]
    fn the_server_decides_how_long_it_is_left_alone() {
        let mut patience = Patience::new("a test");
        for (asked, given) in [(37, 37), (3_600, 3_600), (86_400, 3_600), (u64::MAX, 3_600)] {
            let answer = serde_json::json!({
                "ok": false, "error_code": 429, "description": "Too Many Requests",
                "parameters": {"retry_after": asked},
            });
            let answer: Answer<bool> = serde_json::from_value(answer).unwrap();
            let error = answer.into_result().unwrap_err();
            assert_eq!(patience.failed(&error), Duration::from_secs(given));
        }
        let error = CallError::Network("gone".to_owned());
        for _ in 0..20 {
            assert!(patience.failed(&error) <= 2 * LONGEST_WAIT);
        }
    }
}
