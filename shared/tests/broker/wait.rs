//! Waiting for what a test expects. A bound only ends what hangs, and says what it waited for; nothing is measured
//! against it, because a busy machine may take its time.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "a part of several test binaries, each of which uses some of it"
)]

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// Ends a wait for what never comes, on however busy a machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Ends a test whose single waits all go on for long. Above all that it does on however busy a machine.
pub const WHOLE_TEST: Duration = Duration::from_secs(600);

/// Looks until there is something, and gives it.
pub async fn until_some<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let given_up = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < given_up, "waited in vain for: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// Looks until it is so.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    until_some(what, || is_so().then_some(())).await;
}

/// Asks until the answer is yes.
pub async fn until_answered<F: Future<Output = bool>>(what: &str, mut ask: impl FnMut() -> F) {
    let given_up = Instant::now() + PATIENCE;
    while !ask().await {
        assert!(Instant::now() < given_up, "waited in vain for: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// The result of what must end.
pub async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    let ended = timeout(PATIENCE, work).await;
    ended.unwrap_or_else(|_| panic!("waited in vain for: {what}"))
}
