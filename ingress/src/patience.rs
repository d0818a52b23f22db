//! How long to wait before Telegram is asked again, and one line in the log for each change of state.

use std::time::Duration;

use gofrobot_shared::backoff::{Delays, delays};
use gofrobot_shared::bot_api::CallError;

/// Longest wait between attempts at a Bot API server that is away.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// Patience with Telegram.
pub(crate) struct Patience {
    delays: Delays,
    troubled: bool,
    what: &'static str,
}

impl Patience {
    /// `what` names in the log what is being tried.
    pub(crate) fn new(what: &'static str) -> Self {
        Self {
            delays: delays(LONGEST_WAIT),
            troubled: false,
            what,
        }
    }

    /// It worked.
    pub(crate) fn succeeded(&mut self) {
        if std::mem::take(&mut self.troubled) {
            self.delays = delays(LONGEST_WAIT);
            tracing::info!(what = self.what, "works again");
        }
    }

    /// It failed: how long to wait before the next attempt.
    pub(crate) fn failed(&mut self, error: &CallError) -> Duration {
        if !std::mem::replace(&mut self.troubled, true) {
            let hint = match error {
                CallError::Refused {
                    code: 401 | 404, ..
                } => "is BOT_TOKEN right?",
                CallError::Refused { code: 409, .. } => "somebody else polls this bot",
                _ => "it is tried again",
            };
            tracing::warn!(what = self.what, %error, hint, "failed");
        }
        let delay = self.delays.next().unwrap_or_default();
        delay.max(error.flood_wait().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_decides_how_long_it_is_left_alone() {
        let mut patience = Patience::new("a test");
        let flood = CallError::Refused {
            code: 429,
            description: "Too Many Requests".to_owned(),
            retry_after: Some(Duration::from_secs(37)),
        };
        assert_eq!(patience.failed(&flood), Duration::from_secs(37));
        let error = CallError::Unreachable("gone".to_owned());
        for _ in 0..20 {
            assert!(patience.failed(&error) <= 2 * LONGEST_WAIT);
        }
    }
}
