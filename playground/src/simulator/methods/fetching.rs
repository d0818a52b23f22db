//! How the bot gets its updates: long polling or a webhook.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::simulator::answer::{Answer, ApiError};
use crate::simulator::params::Params;
use crate::simulator::queue::KINDS;
use crate::simulator::updates::Poll;
use crate::simulator::webhook::Hook;
use crate::simulator::{Simulator, locked};

/// Updates in one answer.
const BATCH_LIMIT: u32 = 100;
/// The longest long poll, in seconds.
const TIMEOUT_LIMIT: u32 = 50;
/// Connections to a webhook: the default and the most.
const CONNECTIONS: (u32, u32) = (40, 100);

pub(super) async fn get_updates(
    simulator: &Simulator,
    params: &Params,
) -> Result<Answer, ApiError> {
    let limit = params.clamped("limit", BATCH_LIMIT, 1..=BATCH_LIMIT);
    let timeout = params.clamped("timeout", 0, 0..=TIMEOUT_LIMIT);
    let poll = Poll {
        offset: params.integer("offset").unwrap_or(0),
        limit: limit as usize,
        timeout: Duration::from_secs(timeout.into()),
        allowed: allowed(params),
    };
    let bodies = simulator
        .state
        .updates
        .poll(poll, &simulator.state.closing)
        .await?;
    Ok(Answer::updates(&bodies))
}

/// The kinds that the call asks for, of those there are. What is not a list of names asks for nothing.
fn allowed(params: &Params) -> Option<Vec<&'static str>> {
    let named: Vec<String> = params.nested("allowed_updates", "").ok()??;
    let named = |kind: &&str| named.iter().any(|name| name.eq_ignore_ascii_case(kind));
    Some(KINDS.into_iter().filter(named).collect())
}

pub(super) fn set_webhook(simulator: &Simulator, params: &Params) -> Result<Answer, ApiError> {
    let address = params.text("url").unwrap_or_default();
    if address.is_empty() {
        return Ok(delete_webhook(simulator, params));
    }
    let url = address
        .parse::<reqwest::Url>()
        .map_err(|_| ApiError::bad("bad webhook: invalid webhook URL specified"))?;
    let plain = simulator.state.options.local || on_loopback(&url);
    if !(url.scheme() == "https" || url.scheme() == "http" && plain) {
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
    let (default, most) = CONNECTIONS;
    let connections = params.clamped("max_connections", default, 1..=most) as usize;
    let hook = Hook::new(
        address.into_owned(),
        url,
        secret.map(Cow::into_owned),
        connections,
        simulator.state.options.webhook_backoff,
        &simulator.state.closing,
    )
    .map_err(|_| ApiError::internal())?;
    let drop_pending = params.flag("drop_pending_updates");
    let updates = &simulator.state.updates;
    let changed = updates.set_hook(Some(Arc::new(hook)), allowed(params), drop_pending);
    Ok(Answer::done(if changed {
        "Webhook was set"
    } else {
        "Webhook is already set"
    }))
}

/// Plain http is for a bot on the same machine, or behind a server run with --local: Telegram itself wants https everywhere.
fn on_loopback(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

pub(super) fn delete_webhook(simulator: &Simulator, params: &Params) -> Answer {
    let drop_pending = params.flag("drop_pending_updates");
    let updates = &simulator.state.updates;
    let changed = updates.set_hook(None, allowed(params), drop_pending);
    Answer::done(if changed {
        "Webhook was deleted"
    } else {
        "Webhook is already deleted"
    })
}

pub(super) fn get_webhook_info(simulator: &Simulator) -> Result<Answer, ApiError> {
    let queue = locked(&simulator.state.updates.queue);
    let mut info = json!({
        "url": queue.hook.as_ref().map_or("", |hook| hook.address.as_str()),
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
