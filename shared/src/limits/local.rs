//! The logs in this process' memory. The clock is the caller's, so they age in two generations instead of by a timer:
//! what nobody touched for a whole window is dropped with its generation.

use std::{
    collections::{HashMap, VecDeque},
    mem,
};

use super::{REFUSALS_KEPT, Request, Verdict, WINDOW_MS};

/// Logs in one generation: with two of them and the default limit about 12 MB at worst. Beyond that the older
/// generation goes early, which can only allow too much.
const MOST_LOGS: usize = 20_000;

type Logs = HashMap<(&'static str, i64), Log>;

#[derive(Default)]
pub(super) struct Local {
    current: Logs,
    previous: Logs,
    turned_ms: i64,
}

/// What one user did in one class.
#[derive(Default)]
struct Log {
    /// Time and update id of what passed.
    allowed: VecDeque<(i64, i64)>,
    /// Update ids of what did not, with the time at which one more would have.
    refused: VecDeque<(i64, i64)>,
}

impl Local {
    pub(super) fn check(&mut self, requests: &[Request], now_ms: i64) -> Vec<Verdict> {
        requests
            .iter()
            .map(|request| self.log(request, now_ms).verdict(request, now_ms))
            .collect()
    }

    fn log(&mut self, request: &Request, now_ms: i64) -> &mut Log {
        if now_ms - self.turned_ms >= WINDOW_MS || self.current.len() >= MOST_LOGS {
            self.previous = mem::take(&mut self.current);
            self.turned_ms = now_ms;
        }
        let key = (request.class, request.user_id);
        let previous = &mut self.previous;
        self.current
            .entry(key)
            .or_insert_with(|| previous.remove(&key).unwrap_or_default())
    }
}

impl Log {
    fn verdict(&mut self, request: &Request, now_ms: i64) -> Verdict {
        if self
            .allowed
            .iter()
            .any(|(_, update_id)| *update_id == request.update_id)
        {
            return Verdict::Allowed;
        }
        if let Some((free_at, _)) = self
            .refused
            .iter()
            .find(|(_, update_id)| *update_id == request.update_id)
        {
            return Verdict::after((free_at - now_ms).max(1));
        }
        while self
            .allowed
            .front()
            .is_some_and(|(at, _)| *at <= now_ms - WINDOW_MS)
        {
            self.allowed.pop_front();
        }
        let limit = request.limit as usize;
        let Some(surplus) = self.allowed.len().checked_sub(limit) else {
            self.allowed.push_back((now_ms, request.update_id));
            return Verdict::Allowed;
        };
        // One more is allowed when all but limit - 1 of them have left the window.
        let free_at = self.allowed.get(surplus).map_or(now_ms, |(at, _)| *at) + WINDOW_MS;
        if self.refused.len() >= REFUSALS_KEPT {
            self.refused.pop_front();
        }
        self.refused.push_back((free_at, request.update_id));
        Verdict::after((free_at - now_ms).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_a_user_who_stays_is_not_forgotten() {
        let mut local = Local::default();
        let request = |user_id, update_id| Request {
            update_id,
            user_id,
            class: "any",
            limit: 1,
        };
        for user_id in 0..100_000 {
            local.check(&[request(user_id, user_id)], 1_000_000);
        }
        assert!(local.current.len() + local.previous.len() <= 2 * MOST_LOGS);
        for at in [1_000_000, 1_059_999] {
            assert_ne!(
                local.check(&[request(99_999, 200_000 + at)], at),
                [Verdict::Allowed]
            );
        }
        assert_eq!(
            local.check(&[request(99_999, 1)], 1_060_000),
            [Verdict::Allowed]
        );
        local.check(&[request(5, 2)], 1_200_000);
        local.check(&[request(5, 3)], 1_300_000);
        assert_eq!(local.current.len() + local.previous.len(), 1);
    }
}
