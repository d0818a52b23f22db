//! An orderly stop: the first SIGTERM or SIGINT asks, a second one insists, and nobody waits for ever.
//!
//! A program passes clones of one token to everything that takes work in. What is under way when the token falls is
//! given a period of grace with [`drain`].

use std::{future::Future, io, process, time::Duration};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that the first SIGTERM or SIGINT cancels. A second signal ends the process at once, with the exit code that
/// a shell expects of it (128 + its number).
///
/// Call it within a Tokio runtime, before the work starts: from then on the signals no longer kill.
pub fn on_signals() -> CancellationToken {
    let token = CancellationToken::new();
    match signals() {
        Ok((terminate, interrupt)) => {
            drop(tokio::spawn(watch(terminate, interrupt, token.clone())))
        }
        Err(error) => {
            tracing::warn!(%error, "signals cannot be watched: they will kill without a graceful stop")
        }
    }
    token
}

fn signals() -> io::Result<(Signal, Signal)> {
    Ok((
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    ))
}

async fn watch(mut terminate: Signal, mut interrupt: Signal, token: CancellationToken) {
    let name = next(&mut terminate, &mut interrupt).await.0;
    tracing::info!(
        signal = name,
        "stopping; a second signal ends the process at once"
    );
    token.cancel();
    let (name, number) = next(&mut terminate, &mut interrupt).await;
    tracing::warn!(signal = name, "ended by a second signal");
    process::exit(128 + number);
}

async fn next(terminate: &mut Signal, interrupt: &mut Signal) -> (&'static str, i32) {
    tokio::select! {
        _ = terminate.recv() => ("SIGTERM", SignalKind::terminate().as_raw_value()),
        _ = interrupt.recv() => ("SIGINT", SignalKind::interrupt().as_raw_value()),
    }
}

/// Runs `work` to its end, but once `stop` is cancelled for no longer than `grace`: `None` means that it was cut off.
///
/// `work` is expected to watch `stop` itself and to finish what it holds; the grace is for what hangs.
pub async fn drain<T>(
    work: impl Future<Output = T>,
    stop: &CancellationToken,
    grace: Duration,
) -> Option<T> {
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => return Some(done),
        () = stop.cancelled() => {}
    }
    tokio::time::timeout(grace, work).await.ok()
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    const GRACE: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn work_that_ends_in_its_grace_is_kept_and_what_hangs_is_cut_off() {
        let stop = CancellationToken::new();
        assert_eq!(drain(async { 7 }, &stop, GRACE).await, Some(7));
        stop.cancel();
        let slow = tokio::time::sleep(GRACE - Duration::from_secs(1));
        assert_eq!(drain(slow, &stop, GRACE).await, Some(()));
        assert_eq!(drain(pending::<()>(), &stop, GRACE).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn grace_starts_with_the_stop() {
        let stop = CancellationToken::new();
        let cancel = stop.clone();
        tokio::spawn(async move {
            tokio::time::sleep(GRACE * 3).await;
            cancel.cancel();
        });
        let work = tokio::time::sleep(GRACE * 3 + GRACE / 2);
        assert_eq!(drain(work, &stop, GRACE).await, Some(()));
    }
}
