//! Waiting for a condition. The deadline only ends a test that hangs; nothing is measured against it.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Ends a wait for what never comes, on however busy a machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

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
