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
    what: &'static str,
    /// The address of the Bot API server, for those who have to see to it.
    server: String,
    readiness: Readiness,
    /// Whether the work goes on without it once it has succeeded.
    once: bool,
}

impl Patience {
    /// `what` names what is being tried at the Bot API server `server`, without which there is no work.
    pub(crate) fn new(what: &'static str, server: &str, readiness: Readiness) -> Self {
        Self {
            delays: delays(LONGEST_WAIT),
            what,
            server: server.to_owned(),
            readiness,
            once: false,
        }
    }

    /// With what need succeed but once: a later failure is only noted.
    pub(crate) fn once(what: &'static str, server: &str, readiness: Readiness) -> Self {
        Self {
            once: true,
            ..Self::new(what, server, readiness)
        }
    }

    /// It worked.
    pub(crate) fn succeeded(&mut self) {
        self.delays = delays(LONGEST_WAIT);
        self.tell(Ok(()));
    }

    /// It failed: how long to wait before the next attempt.
    pub(crate) fn failed(&mut self, error: &CallError) -> Duration {
        let remedy = match error {
            CallError::Refused {
                code: 401 | 404, ..
            } => "is BOT_TOKEN right?",
            CallError::Refused { code: 409, .. } => "somebody else polls this bot",
            CallError::Refused { .. } => "it is tried again",
            CallError::Unreachable(_) | CallError::Unreadable(_) => {
                "is TELEGRAM_API_URL right, and can the server be reached from here?"
            }
        };
        let (what, server) = (self.what, &self.server);
        self.tell(Err(format!(
            "{what} failed: {error} (TELEGRAM_API_URL {server}); {remedy}"
        )));
        let delay = self.delays.next().unwrap_or_default();
        delay.max(error.flood_wait().unwrap_or_default())
    }

    fn tell(&self, state: Result<(), String>) {
        match self.once {
            true => self.readiness.set_to_begin(BOT_API, state),
            false => self.readiness.set(BOT_API, state),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_decides_how_long_it_is_left_alone() {
        let mut patience = Patience::new("a test", "http://x", Readiness::default());
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
            let mut patience = Patience::new("a test", "http://x", readiness.clone());
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
