//! How the bot gets its updates: long polling or a webhook.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::simulator::answer::{Answer, ApiError};
use crate::simulator::params::Params;
use crate::simulator::updates::Poll;
use crate::simulator::webhook::Hook;
use crate::simulator::{Simulator, locked};

/// Updates in one answer.
const BATCH_LIMIT: i64 = 100;
/// The longest long poll, in seconds.
const TIMEOUT_LIMIT: i64 = 50;
/// Connections to a webhook: the default and the most.
const CONNECTIONS: (i64, i64) = (40, 100);

pub(super) async fn get_updates(
    simulator: &Simulator,
    params: &Params,
) -> Result<Answer, ApiError> {
    let limit = params
        .integer("limit")
        .filter(|limit| *limit > 0)
        .unwrap_or(BATCH_LIMIT);
    let timeout = params
        .integer("timeout")
        .unwrap_or(0)
        .clamp(0, TIMEOUT_LIMIT);
    let poll = Poll {
        offset: params.integer("offset").unwrap_or(0),
        // Both were clamped to small positive numbers.
        limit: limit.min(BATCH_LIMIT) as usize,
        timeout: Duration::from_secs(timeout.unsigned_abs()),
        allowed: allowed(params)?,
    };
    let bodies = simulator
        .state
        .updates
        .poll(poll, &simulator.state.closing)
        .await?;
    Ok(Answer::updates(&bodies))
}

fn allowed(params: &Params) -> Result<Option<Vec<String>>, ApiError> {
    params.nested("allowed_updates", "can't parse allowed_updates JSON object")
}

pub(super) fn set_webhook(simulator: &Simulator, params: &Params) -> Result<Answer, ApiError> {
    let address = params.text("url").unwrap_or_default();
    if address.is_empty() {
        return Ok(delete_webhook(simulator, params));
    }
    let url = address
        .parse::<reqwest::Url>()
        .map_err(|_| ApiError::bad("bad webhook: invalid webhook URL specified"))?;
    if !(url.scheme() == "https" || url.scheme() == "http" && on_loopback(&url)) {
        return Err(ApiError::bad(
            "bad webhook: An HTTPS URL must be provided for webhook",
        ));
    }
    let secret = params
        .text("secret_token")
        .filter(|secret| !secret.is_empty());
    if let Some(secret) = &secret {
        if secret.len() > 256 {
            return Err(ApiError::bad("secret token is too long"));
        }
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if !secret.bytes().all(legal) {
            return Err(ApiError::bad("secret token contains unallowed characters"));
        }
    }
    let connections = params
        .integer("max_connections")
        .filter(|number| *number > 0);
    // Clamped to 1..=100, so it fits.
    let connections = connections.unwrap_or(CONNECTIONS.0).clamp(1, CONNECTIONS.1) as usize;
    let hook = Hook::new(
        url,
        secret.map(|secret| secret.into_owned()),
        connections,
        simulator.state.options.webhook_backoff,
        &simulator.state.closing,
    )
    .map_err(|_| ApiError::internal())?;
    let drop_pending = params.flag("drop_pending_updates");
    simulator
        .state
        .updates
        .set_hook(Some(Arc::new(hook)), allowed(params)?, drop_pending);
    Ok(Answer::done("Webhook was set"))
}

/// Plain http is for a bot on the same machine: Telegram itself wants https everywhere.
fn on_loopback(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

pub(super) fn delete_webhook(simulator: &Simulator, params: &Params) -> Answer {
    let was_set = locked(&simulator.state.updates.queue).hook.is_some();
    simulator
        .state
        .updates
        .set_hook(None, None, params.flag("drop_pending_updates"));
    Answer::done(if was_set {
        "Webhook was deleted"
    } else {
        "Webhook is already deleted"
    })
}

pub(super) fn get_webhook_info(simulator: &Simulator) -> Result<Answer, ApiError> {
    let queue = locked(&simulator.state.updates.queue);
    let mut info = json!({
        "url": queue.hook.as_ref().map_or("", |hook| hook.url.as_str()),
        "has_custom_certificate": false,
        "pending_update_count": queue.pending.len(),
    });
    if !queue.allowed.is_empty() {
        info["allowed_updates"] = json!(queue.allowed);
    }
    if let Some(hook) = &queue.hook {
        info["max_connections"] = hook.max_connections.into();
        if let Some((date, message)) = hook.last_error() {
            info["last_error_date"] = date.into();
            info["last_error_message"] = message.into();
        }
    }
    Answer::of(&info)
}
