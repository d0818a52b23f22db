//! Waiting for what must come, with an end.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// Asks until there is an answer, and gives it; panics after `limit` with what was waited for.
///
/// # Panics
/// When nothing comes in time.
pub fn until_some<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < limit, "not within {limit:?}: {what}");
        sleep(Duration::from_millis(200));
    }
}
