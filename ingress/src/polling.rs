//! Long polling: fetch, publish, and only then move the offset.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use gofrobot_shared::admin::Readiness;
use gofrobot_shared::backoff::delays;
use gofrobot_shared::bot_api::{BotApi, Bounds, CallError, result_of};
use gofrobot_shared::envelope::Envelope;
use gofrobot_shared::queue::PublishError;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use crate::ALLOWED_UPDATES;
use crate::door::{self, Door};
use crate::patience::Patience;

/// How long Telegram holds a request without updates. Below the idle timeouts of usual proxies.
const HOLD_SECONDS: u64 = 25;

/// Most updates in one answer; Telegram's own maximum.
const LIMIT: u32 = 100;

/// Longest wait between attempts to publish: short, for Telegram already has a backlog when the queue comes back.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Longest wait for the last call of a stopping process. Without it the next leader gets the batch again.
const FAREWELL: Bounds = Bounds {
    time: Duration::from_secs(2),
    ..FETCH
};

/// A fetch may take as long as Telegram holds it and a margin, and bring a hundred updates, each ten times as large as
/// Telegram makes them.
const FETCH: Bounds = Bounds {
    time: Duration::from_secs(HOLD_SECONDS + 10),
    bytes: 64 * 1024 * 1024,
};

#[derive(Serialize)]
struct GetUpdates {
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<i64>,
    limit: u32,
    timeout: u64,
    allowed_updates: [&'static str; 2],
}

/// Polls until `shutdown`. To be dropped when another process may poll.
pub(crate) async fn poll(
    api: &BotApi,
    door: &Door,
    readiness: &Readiness,
    shutdown: &CancellationToken,
) {
    let mut patience = Patience::new("polling", api.server(), readiness.clone());
    let mut offset = None;
    let mut webhook_checked = false;
    while !shutdown.is_cancelled() {
        let fetched = async {
            if !webhook_checked {
                remove_webhook(api).await?;
            }
            fetch(api, offset).await
        };
        let updates = tokio::select! {
            updates = fetched => updates,
            () = shutdown.cancelled() => break,
        };
        let trouble = match updates {
            Ok(updates) => {
                webhook_checked = true;
                let empty = updates.is_empty();
                let next = publish(door, updates).await;
                let confirms = next.is_some() && next != offset;
                // An offset has done its work once a call with it has succeeded. Kept, it would hide what comes after
                // a week of silence, when Telegram draws a new id, perhaps a lower one.
                offset = next;
                // What nothing confirms comes again at once, as fast as the server can send it.
                let words = "it sends updates that no offset confirms";
                (!empty && !confirms).then(|| CallError::Unreadable(words.to_owned()))
            }
            Err(error) => {
                // A webhook that somebody has set in the meantime is a 409 as well.
                webhook_checked = !matches!(error, CallError::Refused { code: 409, .. });
                Some(error)
            }
        };
        let Some(trouble) = trouble else {
            patience.succeeded();
            continue;
        };
        tokio::select! {
            () = tokio::time::sleep(patience.failed(&trouble)) => {}
            () = shutdown.cancelled() => break,
        }
    }
    if offset.is_some() {
        let farewell = GetUpdates {
            offset,
            limit: 1,
            timeout: 0,
            allowed_updates: ALLOWED_UPDATES,
        };
        let _ = api.raw("getUpdates", &farewell, FAREWELL).await;
    }
}

/// Telegram answers no poller while a webhook is set.
async fn remove_webhook(api: &BotApi) -> Result<(), CallError> {
    #[derive(serde::Deserialize)]
    struct Info {
        url: String,
    }
    let info: Info = api.call("getWebhookInfo", &serde_json::json!({})).await?;
    if !info.url.is_empty() {
        let _: bool = api.call("deleteWebhook", &serde_json::json!({})).await?;
        tracing::info!("the webhook was removed: this bot is polled now");
    }
    Ok(())
}

/// The updates that wait, each as the bytes that came, sharing the memory of the answer.
async fn fetch(api: &BotApi, offset: Option<i64>) -> Result<Vec<Bytes>, CallError> {
    let parameters = GetUpdates {
        offset,
        limit: LIMIT,
        timeout: HOLD_SECONDS,
        allowed_updates: ALLOWED_UPDATES,
    };
    let body = api.raw("getUpdates", &parameters, FETCH).await?;
    let updates: Vec<&RawValue> = result_of(&body)?;
    Ok(updates
        .iter()
        .map(|update| body.slice_ref(update.get().as_bytes()))
        .collect())
}

/// Publishes a batch until all of it has been accepted; returns the offset that confirms it. Updates of one key go one
/// after another, in their order; those of different keys together.
async fn publish(door: &Door, updates: Vec<Bytes>) -> Option<i64> {
    let mut next = None;
    let mut lanes: HashMap<i64, Vec<Envelope>> = HashMap::new();
    for body in updates {
        match Envelope::read(body.clone()) {
            Ok(envelope) => {
                next = next.max(Some(envelope.update_id.saturating_add(1)));
                lanes.entry(envelope.key).or_default().push(envelope);
            }
            Err(problem) => {
                let outcome = match insist(door, || door.put_aside(body.clone(), &problem)).await {
                    Ok(()) => problem.reason(),
                    Err(TooLarge) => too_large(None, body.len()),
                };
                door.metrics.request("polling", outcome);
            }
        }
    }
    join_all(lanes.into_values().map(|lane| async move {
        for envelope in lane {
            publish_one(door, envelope).await;
        }
    }))
    .await;
    next
}

async fn publish_one(door: &Door, envelope: Envelope) {
    let outcome = match insist(door, || door.publish(envelope.clone())).await {
        Ok(()) => "accepted",
        Err(TooLarge) => too_large(Some(envelope.update_id), envelope.body.len()),
    };
    door.metrics.request("polling", outcome);
}

/// No queue ever takes it.
struct TooLarge;

/// Tries until the queue accepts, however long it is away or full, and counts the refusals.
async fn insist<F>(door: &Door, attempt: impl Fn() -> F) -> Result<(), TooLarge>
where
    F: Future<Output = Result<(), PublishError>>,
{
    let mut delays = delays(LONGEST_WAIT);
    loop {
        match attempt().await {
            Ok(()) => return Ok(()),
            Err(PublishError::TooLarge) => return Err(TooLarge),
            Err(error) => {
                door.metrics.request("polling", door::refusal(&error));
                tokio::time::sleep(delays.next().unwrap_or_default()).await;
            }
        }
    }
}

/// Gives up on an update that would otherwise hold up all that come after it; returns the outcome to count.
fn too_large(update_id: Option<i64>, bytes: usize) -> &'static str {
    tracing::warn!(
        update.id = update_id,
        update.bytes = bytes,
        "an update is larger than the queue takes; it is dropped"
    );
    "too_large"
}
