//! Calls to the Bot API: teloxide-core's payloads and types, sent by the thin call that ingress uses too.
//!
//! teloxide's own sending is not used for replies, for two reasons. It sleeps ten seconds inside the call after every
//! 5xx, which would hold a sending place that other chats need; and it parses the whole sent `Message` back, which
//! costs more than everything else a reply needs, for a value nobody reads.

use gofrobot_shared::bot_api::{BotApi, Bounds, CallError};
use gofrobot_shared::config::Telegram as TelegramConfig;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use teloxide_core::Bot;
use teloxide_core::requests::Payload;
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};

/// Calls in flight at once. Telegram answers a reply in 50 to 100 ms, so this many places carry about 3,000 replies a
/// second over the internet; on loopback the processor is the bound long before.
const CALLS_IN_FLIGHT: usize = 256;

/// The Bot API of one bot.
pub(crate) struct Telegram {
    api: BotApi,
    places: Semaphore,
    bot: Bot,
}

impl Telegram {
    /// Prepares the client; opens no connection yet.
    ///
    /// # Errors
    /// The system's TLS set-up is broken, or the address is none.
    pub(crate) fn new(config: &TelegramConfig, token: &SecretString) -> anyhow::Result<Self> {
        let api_url = config.telegram_api_url.expose();
        let api = BotApi::new(api_url, token)?;
        let bot = Bot::with_client(token.expose_secret(), api.http().clone())
            .set_api_url(Url::parse(api_url)?);
        Ok(Self {
            api,
            places: Semaphore::new(CALLS_IN_FLIGHT),
            bot,
        })
    }

    /// Address of the server, without any password.
    pub(crate) fn server(&self) -> &str {
        self.api.server()
    }

    /// teloxide's own client, for calls whose results matter and whose speed does not.
    pub(crate) fn bot(&self) -> &Bot {
        &self.bot
    }

    /// Waits for a place among the calls in flight.
    pub(crate) async fn place(&self) -> Place<'_> {
        Place {
            api: &self.api,
            _taken: self.places.acquire().await,
        }
    }
}

/// A place for one call.
pub(crate) struct Place<'a> {
    api: &'a BotApi,
    _taken: Result<SemaphorePermit<'a>, AcquireError>,
}

impl Place<'_> {
    /// Calls one method and reads no more of the answer than whether it succeeded.
    ///
    /// # Errors
    /// See [`CallError`].
    pub(crate) async fn call<P: Payload + Serialize>(self, payload: &P) -> Result<(), CallError> {
        self.api
            .raw(P::NAME, payload, Bounds::PROMPT)
            .await
            .map(drop)
    }
}
