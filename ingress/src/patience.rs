//! How long to wait before Telegram is asked again, and what the readiness is told of it: one line in the log for each
//! change of state.

use std::time::Duration;

use gofrobot_shared::admin::Readiness;
use gofrobot_shared::backoff::{Delays, delays};
use gofrobot_shared::bot_api::{BOT_API, CallError};

/// Longest wait between attempts at a Bot API server that is away.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// Patience with Telegram.
pub(crate) struct Patience {
    delays: Delays,
    troubled: bool,
    what: &'static str,
    readiness: Readiness,
    /// Whether the work goes on without it once it has succeeded.
    once: bool,
    worked: bool,
}

impl Patience {
    /// `what` names what is being tried, without which there is no work.
    pub(crate) fn new(what: &'static str, readiness: Readiness) -> Self {
        Self {
            delays: delays(LONGEST_WAIT),
            troubled: false,
            what,
            readiness,
            once: false,
            worked: false,
        }
    }

    /// With what need succeed but once: a later failure is only noted.
    pub(crate) fn once(what: &'static str, readiness: Readiness) -> Self {
        Self {
            once: true,
            ..Self::new(what, readiness)
        }
    }

    /// It worked.
    pub(crate) fn succeeded(&mut self) {
        if std::mem::take(&mut self.troubled) {
            self.delays = delays(LONGEST_WAIT);
            if self.once && self.worked {
                self.readiness.note(BOT_API, None);
                tracing::info!(what = self.what, "works again");
            }
        }
        self.worked = true;
        self.readiness.set(BOT_API, Ok::<(), String>(()));
    }

    /// It failed: how long to wait before the next attempt.
    pub(crate) fn failed(&mut self, error: &CallError) -> Duration {
        let hint = match error {
            CallError::Refused {
                code: 401 | 404, ..
            } => "is BOT_TOKEN right?",
            CallError::Refused { code: 409, .. } => "somebody else polls this bot",
            _ => "it is tried again",
        };
        let first = !std::mem::replace(&mut self.troubled, true);
        let reason = format!("{} failed: {error}; {hint}", self.what);
        if self.once && self.worked {
            if first {
                tracing::warn!(what = self.what, %error, hint, "failed");
            }
            self.readiness.note(BOT_API, Some(reason));
        } else {
            self.readiness.set(BOT_API, Err(reason));
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
        let mut patience = Patience::new("a test", Readiness::default());
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

    #[test]
    fn what_need_succeed_but_once_hinders_nobody_afterwards() {
        let error = CallError::Unreachable("gone".to_owned());
        for (once, afterwards) in [(false, false), (true, true)] {
            let readiness = Readiness::new([BOT_API]);
            let mut patience = Patience::new("a test", readiness.clone());
            patience.once = once;
            patience.failed(&error);
            assert!(!readiness.is_ready());
            patience.succeeded();
            assert!(readiness.is_ready());
            patience.failed(&error);
            assert_eq!(readiness.is_ready(), afterwards);
            patience.succeeded();
            assert!(readiness.is_ready());
        }
    }
}
