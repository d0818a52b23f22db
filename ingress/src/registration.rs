//! Keeps the webhook registered with Telegram, and only speaks up when it is not.
//!
//! setWebhook more than once a second is refused, and every replica of ingress runs this. So it looks first and sets
//! only what differs. Telegram never tells which secret it uses; a request that carries the older of two does, and
//! so does its note that the webhook answered 401.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use gofrobot_shared::admin::Readiness;
use gofrobot_shared::bot_api::{BotApi, CallError};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::ALLOWED_UPDATES;
use crate::patience::Patience;

/// How often to look whether the registration still stands: somebody may have polled this bot by hand.
const CHECK_EVERY: Duration = Duration::from_secs(60);

/// How long an old secret is no news after a registration: Telegram still sends what it had under way, while every
/// setWebhook beyond one a second is refused.
const SETTLING: Duration = Duration::from_secs(30);

/// Telegram's greatest value. It is what limits throughput: each connection carries one update at a time.
const MAX_CONNECTIONS: u32 = 100;

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct WebhookInfo {
    url: String,
    max_connections: Option<u32>,
    allowed_updates: Option<Vec<String>>,
    last_error_date: Option<i64>,
    last_error_message: Option<String>,
}

#[derive(Serialize)]
struct SetWebhook<'a> {
    url: &'a str,
    secret_token: &'a str,
    allowed_updates: [&'static str; 2],
    max_connections: u32,
}

/// Registers `url` with `secret` and keeps it so. `outdated` says that Telegram still sends an older secret.
pub(crate) async fn keep(
    api: BotApi,
    url: SecretString,
    secret: SecretString,
    outdated: Arc<Notify>,
    readiness: Readiness,
) -> Infallible {
    // Telegram posts to a webhook that it knows, whatever becomes of our own calls.
    let mut patience = Patience::once("registering the webhook", api.server(), readiness);
    let mut handled_error = None;
    let mut stale_secret = false;
    loop {
        match check(&api, &url, &secret, stale_secret, &mut handled_error).await {
            Ok(registered) => {
                patience.succeeded();
                if registered {
                    tokio::time::sleep(SETTLING).await;
                    // What was said of an old secret in the meantime.
                    let _ = outdated.notified().now_or_never();
                }
            }
            Err(error) => {
                tokio::time::sleep(patience.failed(&error)).await;
                continue;
            }
        }
        stale_secret = tokio::select! {
            () = outdated.notified() => true,
            () = tokio::time::sleep(CHECK_EVERY) => false,
        };
    }
}

/// Looks, and sets the webhook if it differs; true if it did.
async fn check(
    api: &BotApi,
    url: &SecretString,
    secret: &SecretString,
    stale_secret: bool,
    handled_error: &mut Option<i64>,
) -> Result<bool, CallError> {
    let info: WebhookInfo = api.call("getWebhookInfo", &serde_json::json!({})).await?;
    let refused = info
        .last_error_message
        .as_deref()
        .is_some_and(|message| message.contains("401"));
    let refused_anew = refused && *handled_error != info.last_error_date;
    let allowed = info.allowed_updates.unwrap_or_default();
    let differs = info.url != url.expose_secret()
        || info.max_connections != Some(MAX_CONNECTIONS)
        || allowed.len() != ALLOWED_UPDATES.len()
        || !ALLOWED_UPDATES
            .iter()
            .all(|kind| allowed.iter().any(|known| known == kind));
    let due = differs || refused_anew || stale_secret;
    if due {
        let parameters = SetWebhook {
            url: url.expose_secret(),
            secret_token: secret.expose_secret(),
            allowed_updates: ALLOWED_UPDATES,
            max_connections: MAX_CONNECTIONS,
        };
        let _: bool = api.call("setWebhook", &parameters).await?;
        *handled_error = info.last_error_date;
        tracing::info!("webhook registered");
    }
    Ok(due)
}
