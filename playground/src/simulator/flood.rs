//! Telegram's flood control, as token buckets. Off unless asked for: its real figures are unpublished and change.

use std::time::Instant;

/// How fast a bucket fills and how much it holds.
#[derive(Clone, Copy)]
pub(super) struct Rate {
    /// Messages at once.
    burst: f64,
    /// Messages a second.
    refill: f64,
}

/// One chat: about a message a second, and short bursts pass.
pub(super) const CHAT: Rate = Rate {
    burst: 3.0,
    refill: 1.0,
};
/// One group: 20 messages a minute.
pub(super) const GROUP: Rate = Rate {
    burst: 20.0,
    refill: 20.0 / 60.0,
};
/// The whole bot: 30 messages a second.
pub(super) const OVERALL: Rate = Rate {
    burst: 30.0,
    refill: 30.0,
};

/// A token bucket that starts full.
pub(super) struct Bucket {
    rate: Rate,
    tokens: f64,
    at: Instant,
}

impl Bucket {
    pub(super) fn new(rate: Rate, now: Instant) -> Self {
        Self {
            rate,
            tokens: rate.burst,
            at: now,
        }
    }

    /// Whole seconds until a message may pass; 0 when one may pass now. Takes nothing.
    pub(super) fn wait(&mut self, now: Instant) -> u32 {
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + elapsed * self.rate.refill).min(self.rate.burst);
        self.at = now;
        let missing = (1.0 - self.tokens).max(0.0);
        // A sum of floats may miss 1.0 by a hair, and that is no reason to make anybody wait for a second.
        if missing < 1e-9 {
            return 0;
        }
        // At most a minute, so it fits.
        (missing / self.rate.refill).ceil() as u32
    }

    /// Takes a token, after [`Bucket::wait`] said 0.
    pub(super) fn take(&mut self) {
        self.tokens -= 1.0;
    }
}

/// Lets a message through all the buckets or through none.
///
/// # Errors
/// The seconds to wait, the longest of them all.
pub(super) fn pass(buckets: &mut [&mut Bucket], now: Instant) -> Result<(), u32> {
    let wait = buckets
        .iter_mut()
        .map(|bucket| bucket.wait(now))
        .max()
        .unwrap_or(0);
    if wait > 0 {
        return Err(wait);
    }
    buckets.iter_mut().for_each(|bucket| bucket.take());
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_passes_and_then_one_a_second() {
        let start = Instant::now();
        let mut bucket = Bucket::new(CHAT, start);
        for _ in 0..3 {
            assert_eq!(pass(&mut [&mut bucket], start), Ok(()));
        }
        assert_eq!(pass(&mut [&mut bucket], start), Err(1));
        let later = start + Duration::from_secs(1);
        assert_eq!(pass(&mut [&mut bucket], later), Ok(()));
        assert_eq!(pass(&mut [&mut bucket], later), Err(1));
    }

    #[test]
    fn a_group_takes_twenty_a_minute_and_a_refusal_takes_nothing() {
        let start = Instant::now();
        let mut group = Bucket::new(GROUP, start);
        for _ in 0..20 {
            assert_eq!(pass(&mut [&mut group], start), Ok(()));
        }
        let mut overall = Bucket::new(OVERALL, start);
        assert_eq!(pass(&mut [&mut group, &mut overall], start), Err(3));
        assert!((overall.tokens - 30.0).abs() < 1e-9);
        let later = start + Duration::from_secs(60);
        let passed = (0..30)
            .filter(|_| pass(&mut [&mut group], later).is_ok())
            .count();
        assert_eq!(passed, 20);
    }
}
