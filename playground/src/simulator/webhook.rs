//! Delivery by webhook, as Telegram does it: lanes with one update in flight each, retries that back off, a secret header.
//!
//! Not simulated: a webhook removed after a day of 410, and a method call in the response.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::queue::Lane;
use super::updates::Updates;
use super::{locked, now};

/// Telegram waits this long for an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// Back-off doubles up to here.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The longest `Retry-After` that counts, in seconds.
const LONGEST_RETRY_AFTER: u64 = 3600;

/// Where and how updates are posted.
pub(super) struct Hook {
    /// The address as it was given.
    pub(super) address: String,
    url: reqwest::Url,
    pub(super) max_connections: usize,
    secret: Option<String>,
    client: reqwest::Client,
    connections: Semaphore,
    /// The first wait but one after a failure; the very first retry comes at once.
    backoff: Duration,
    runtime: Handle,
    closed: CancellationToken,
    last_error: Mutex<Option<(i64, String)>>,
}

struct Failure {
    reason: String,
    retry_after: Option<Duration>,
}

impl Hook {
    pub(super) fn new(
        address: String,
        url: reqwest::Url,
        secret: Option<String>,
        max_connections: usize,
        backoff: Duration,
        closing: &CancellationToken,
    ) -> reqwest::Result<Self> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(READ_TIMEOUT)
            .pool_max_idle_per_host(max_connections)
            .build()?;
        Ok(Self {
            address,
            url,
            max_connections,
            secret,
            client,
            connections: Semaphore::new(max_connections),
            backoff,
            runtime: Handle::current(),
            closed: closing.child_token(),
            last_error: Mutex::default(),
        })
    }

    pub(super) fn close(&self) {
        self.closed.cancel();
    }

    /// Time (Unix seconds) and words of the newest failure.
    pub(super) fn last_error(&self) -> Option<(i64, String)> {
        locked(&self.last_error).clone()
    }

    /// Starts a lane. It ends when it has nothing left or the webhook goes.
    pub(super) fn run_lane(self: &Arc<Self>, updates: Arc<Updates>, lane: Lane) {
        let hook = self.clone();
        self.runtime.spawn(async move {
            let closed = hook.closed.clone();
            closed
                .run_until_cancelled(hook.deliver(&updates, lane))
                .await;
        });
    }

    async fn deliver(&self, updates: &Updates, lane: Lane) {
        let mut failures = 0;
        while let Some((sequence, body)) = self.head_of(updates, lane) {
            match self.post(body).await {
                Ok(()) => {
                    failures = 0;
                    locked(&updates.queue).delivered(lane, sequence);
                }
                Err(failure) => {
                    *locked(&self.last_error) = Some((now(), failure.reason));
                    let wait = failure.retry_after.unwrap_or(self.wait_after(failures));
                    failures += 1;
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    fn head_of(&self, updates: &Updates, lane: Lane) -> Option<(u64, Bytes)> {
        let mut queue = locked(&updates.queue);
        // After a change of the webhook the lanes are another one's.
        if self.closed.is_cancelled() {
            None
        } else {
            queue.head_of(lane)
        }
    }

    fn wait_after(&self, failures: u32) -> Duration {
        match failures.checked_sub(1) {
            None => Duration::ZERO,
            Some(doublings) => self
                .backoff
                .saturating_mul(2u32.saturating_pow(doublings))
                .min(LONGEST_WAIT),
        }
    }

    async fn post(&self, body: Bytes) -> Result<(), Failure> {
        // Never closed, so the permit always comes.
        let _connection = self.connections.acquire().await;
        let mut request = self
            .client
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .body(body);
        if let Some(secret) = &self.secret {
            request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
        }
        let response = request.send().await.map_err(|error| Failure::of(&error))?;
        let status = response.status();
        let retry_after = response
            .headers()
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse::<u64>().ok())
            .map(|seconds| Duration::from_secs(seconds.min(LONGEST_RETRY_AFTER)));
        // Read to its end, so that the connection can be used again.
        let read = response.bytes().await;
        if status.is_success() {
            return read.map(drop).map_err(|error| Failure::of(&error));
        }
        let reason = format!("Wrong response from the webhook: {status}");
        Err(Failure {
            reason,
            retry_after,
        })
    }
}

impl PartialEq for Hook {
    /// Whether the same was asked for.
    fn eq(&self, other: &Self) -> bool {
        self.address == other.address
            && self.secret == other.secret
            && self.max_connections == other.max_connections
    }
}

impl Failure {
    fn of(error: &reqwest::Error) -> Self {
        let reason = if error.is_timeout() {
            "Read timeout expired"
        } else if error.is_connect() {
            "Connection refused"
        } else {
            "Connection closed"
        };
        Self {
            reason: reason.to_owned(),
            retry_after: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_retry_comes_at_once_and_then_waits_double_up_to_a_minute() {
        let address = "http://127.0.0.1:1/";
        let backoff = Duration::from_secs(2);
        let closing = CancellationToken::new();
        let url = address.parse().unwrap();
        let hook = Hook::new(address.to_owned(), url, None, 1, backoff, &closing).unwrap();
        let waits: Vec<_> = (0..8)
            .map(|failures| hook.wait_after(failures).as_secs())
            .collect();
        assert_eq!(waits, [0, 2, 4, 8, 16, 32, 60, 60]);
    }
}
