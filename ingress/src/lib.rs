//! Ingress: takes updates from Telegram, by webhook or by long polling, and puts them into the queue.
//!
//! It exists to be up. It knows of an update only its id and its key, holds nothing of its own, and says yes to Telegram
//! only after the queue has said yes: whatever happens to a process, the update is with Telegram or in the queue. Any
//! number of ingresses may run; behind a webhook all of them work, of those that poll one does.

mod door;
mod leader;
mod patience;
mod polling;
mod registration;
mod webhook;

use std::time::Duration;

use gofrobot_shared::admin::Readiness;
use gofrobot_shared::bot_api::BotApi;
use gofrobot_shared::queue::Queue;
use gofrobot_shared::shutdown::drain;
use gofrobot_shared::telemetry::Metrics;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use webhook::MAX_UPDATE_BYTES;

/// Kinds of updates that the game has a use for; Telegram sends no others.
const ALLOWED_UPDATES: [&str; 2] = ["message", "callback_query"];

/// How long updates that are on their way may take to reach the queue once the process is asked to stop. Orchestrators
/// kill after 30 s; the promise is 10.
const GRACE: Duration = Duration::from_secs(9);

/// Where updates come from.
pub enum Source {
    /// Telegram posts them to `/telegram` on `listener`, which it knows as `url`.
    Webhook {
        /// Where requests arrive.
        listener: TcpListener,
        /// The public address that is registered with Telegram.
        url: SecretString,
        /// Secrets that a request may carry; the first is registered. At least one.
        secrets: Vec<SecretString>,
    },
    /// Ingress asks for them.
    Polling,
}

/// An ingress, ready to run.
pub struct Ingress {
    /// Where updates come from.
    pub source: Source,
    /// The bot at its Bot API server.
    pub api: BotApi,
    /// Where updates go.
    pub queue: Queue,
    /// Counters.
    pub metrics: Metrics,
    /// Where the condition [`BOT_API`](gofrobot_shared::bot_api::BOT_API) is told.
    pub readiness: Readiness,
}

/// Runs until `shutdown`: then it takes no more, finishes what is on its way and returns within 10 s.
///
/// # Errors
/// A webhook without a secret. A Telegram or a broker that is away is no error but awaited.
pub async fn run(ingress: Ingress, shutdown: CancellationToken) -> anyhow::Result<()> {
    let door = door::Door::new(ingress.queue.publisher(), ingress.metrics);
    let work = async {
        match ingress.source {
            Source::Webhook {
                listener,
                url,
                secrets,
            } => {
                let (api, readiness) = (ingress.api, ingress.readiness);
                let stop = shutdown.clone();
                webhook::run(listener, url, secrets, door, api, readiness, stop).await
            }
            Source::Polling => {
                let (api, readiness) = (&ingress.api, &ingress.readiness);
                leader::run(ingress.queue, api, &door, readiness, &shutdown).await;
                Ok(())
            }
        }
    };
    drain(work, &shutdown, GRACE).await.unwrap_or_else(|| {
        tracing::warn!("some updates did not reach the queue in time; Telegram sends them again");
        Ok(())
    })
}
