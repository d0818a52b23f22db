//! Calls to the Bot API: teloxide-core's payloads and types, sent by a thin call of our own.
//!
//! teloxide's own sending is not used for replies, for two reasons. It sleeps ten seconds inside the call after every
//! 5xx, which would hold a sending place that other chats need; and it parses the whole sent `Message` back, which
//! costs more than everything else a reply needs, for a value nobody reads.

use gofrobot_shared::config::Telegram as TelegramConfig;
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use teloxide_core::Bot;
use teloxide_core::requests::Payload;
use tokio::sync::Semaphore;

/// Calls in flight at once. Telegram answers a reply in 50 to 100 ms, so this many places carry about 3,000 replies a
/// second over the internet; on loopback the processor is the bound long before.
const CALLS_IN_FLIGHT: usize = 256;

/// A call without an answer is given up after this time and tried again by its lane.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);

/// Bytes of an answer. Telegram repeats the sent message, at most some ten kilobytes.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// Why a call did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    /// 429: nothing may be sent to this chat for that long.
    #[error("flood control: retry after {} s", .0.as_secs())]
    Flood(Duration),
    /// Telegram understood and said no; the same call would be refused again.
    #[error("refused with {code}: {description}")]
    Refused {
        /// HTTP status.
        code: u16,
        /// Telegram's sentence.
        description: String,
    },
    /// No answer, or a 5xx: the same call may succeed later.
    #[error("no answer from the Bot API: {0}")]
    Unreachable(String),
}

impl CallError {
    /// Whether the person has blocked the bot, left, or never talked to it.
    pub(crate) fn is_blocked(&self) -> bool {
        matches!(self, Self::Refused { code: 403, .. })
    }

    /// Whether the message already looks like that.
    pub(crate) fn is_unmodified(&self) -> bool {
        self.says("message is not modified")
    }

    /// Whether the message can no longer be edited.
    pub(crate) fn is_gone(&self) -> bool {
        self.says("message to edit not found") || self.says("message can't be edited")
    }

    /// Whether the press is too old for an answer.
    pub(crate) fn is_late(&self) -> bool {
        self.says("query is too old")
    }

    fn says(&self, words: &str) -> bool {
        matches!(self, Self::Refused { description, .. } if description.contains(words))
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    error_code: u16,
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Deserialize, Default)]
struct Parameters {
    retry_after: Option<u64>,
}

/// The Bot API of one bot.
pub(crate) struct Telegram {
    client: reqwest::Client,
    /// `https://server/bot<token>/`: a secret as a whole.
    base: SecretString,
    places: Semaphore,
    bot: Bot,
}

impl Telegram {
    /// Prepares the client; opens no connection yet.
    ///
    /// # Errors
    /// The system's TLS set-up is broken, or the address is none.
    pub(crate) fn new(config: &TelegramConfig, token: &SecretString) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .tcp_nodelay(true)
            .connect_timeout(Duration::from_secs(5))
            .timeout(CALL_TIMEOUT)
            .pool_max_idle_per_host(CALLS_IN_FLIGHT)
            // Following one would tell another server the token, which is part of the address.
            .redirect(Policy::none())
            // The lanes try again; keeping a copy of each request for the client's own tries would be in vain.
            .retry(reqwest::retry::never().max_retries_per_request(0))
            .build()?;
        let api_url = config.telegram_api_url.expose();
        let base = format!(
            "{}/bot{}/",
            api_url.trim_end_matches('/'),
            token.expose_secret()
        );
        let api_url = Url::parse(api_url)?;
        let bot = Bot::with_client(token.expose_secret(), client.clone()).set_api_url(api_url);
        Ok(Self {
            client,
            base: base.into(),
            places: Semaphore::new(CALLS_IN_FLIGHT),
            bot,
        })
    }

    /// teloxide's own client, for calls whose results matter and whose speed does not.
    pub(crate) fn bot(&self) -> &Bot {
        &self.bot
    }

    /// Calls one method and reads no more of the answer than whether it succeeded.
    ///
    /// # Errors
    /// See [`CallError`].
    pub(crate) async fn call<P: Payload + Serialize>(&self, payload: &P) -> Result<(), CallError> {
        let body = serde_json::to_vec(payload).map_err(|error| CallError::Refused {
            code: 0,
            description: format!("not sent: {error}"),
        })?;
        let _place = self.places.acquire().await;
        let url = format!("{}{}", self.base.expose_secret(), P::NAME);
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let mut answer = Vec::new();
        // Read to its end, so that the connection can be used again.
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if answer.len() + chunk.len() > LONGEST_ANSWER {
                return Err(CallError::Unreachable("the answer is too long".to_owned()));
            }
            answer.extend_from_slice(&chunk);
        }
        if status.is_success() {
            return Ok(());
        }
        let answer: Answer = serde_json::from_slice(&answer).map_err(|_| {
            CallError::Unreachable(format!("HTTP {status} without Telegram's JSON"))
        })?;
        Err(answer.error(status.as_u16()))
    }
}

impl Answer {
    fn error(self, status: u16) -> CallError {
        let code = if self.error_code == 0 {
            status
        } else {
            self.error_code
        };
        match (code, self.parameters.retry_after) {
            (_, Some(seconds)) => CallError::Flood(Duration::from_secs(seconds)),
            (429, None) => CallError::Flood(Duration::from_secs(1)),
            (500.., _) => CallError::Unreachable(format!("HTTP {code}: {}", self.description)),
            _ => CallError::Refused {
                code,
                description: self.description,
            },
        }
    }
}

/// reqwest's errors name the URL, and the URL holds the token.
fn unreachable(error: reqwest::Error) -> CallError {
    let error = error.without_url();
    let cause = std::error::Error::source(&error)
        .map(|source| format!(": {source}"))
        .unwrap_or_default();
    CallError::Unreachable(format!("{error}{cause}"))
}
