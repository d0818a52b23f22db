//! One ingress polls, the others stand by: Telegram answers a second poller with 409 and cuts off the first.
//!
//! The lock lives on the broker, where the updates go anyway: a process that has lost the broker has no business
//! polling. The new leader needs nothing from the old one, because Telegram keeps what no offset has confirmed; what
//! comes twice is recognised by the worker's ledger.

use gofrobot_shared::admin::Readiness;
use gofrobot_shared::bot_api::{BOT_API, BotApi};
use gofrobot_shared::queue::Queue;
use tokio_util::sync::CancellationToken;

use crate::door::Door;
use crate::polling;

/// Name of the lock, and with the queue's prefix and version of its queue: `gofrobot.poller.v1`.
const LOCK: &str = "poller";

/// Polls whenever this process leads, until `shutdown`.
pub(crate) async fn run(
    queue: Queue,
    api: &BotApi,
    door: &Door,
    readiness: &Readiness,
    shutdown: &CancellationToken,
) {
    loop {
        // Whoever stands by needs nothing of it.
        readiness.set(BOT_API, Ok::<(), String>(()));
        let lock = tokio::select! {
            lock = queue.lock(LOCK) => lock,
            () = shutdown.cancelled() => return,
        };
        tracing::info!("this ingress polls");
        tokio::select! {
            () = polling::poll(api, door, readiness, shutdown) => return,
            // Dropping the poller in the middle loses nothing: its offset has not moved.
            () = lock.lost() => tracing::warn!("the lock is lost with the broker: another ingress may poll now"),
        }
    }
}
