//! How long to wait before the next attempt at something that is away: one rule for all who wait.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

/// Waits, one after another, without end.
pub type Delays = backon::ExponentialBackoff;

/// Waits of 100 ms, doubling to `longest`, each lengthened by chance so that replicas do not come together.
#[must_use]
pub fn delays(longest: Duration) -> Delays {
    ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(100))
        .with_max_delay(longest)
        .without_max_times()
        .with_jitter()
        .build()
}
