//! Callback queries that still wait for their answer.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::locked;

/// Queries remembered at a time: more than a benchmark makes within their lifetime, and some ten megabytes at most.
const REMEMBERED: usize = 200_000;

/// Who pressed what, by the query's id.
pub(super) struct Queries {
    lifetime: Duration,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    by_id: HashMap<String, Query>,
    oldest_first: VecDeque<String>,
}

struct Query {
    user: i64,
    at: Instant,
    answered: bool,
}

/// The answer that a query gets.
#[derive(Debug, PartialEq)]
pub(super) enum Answered {
    /// The first answer: the person with this id sees it.
    First(i64),
    /// Accepted by Telegram, and shown to nobody.
    Again,
    /// Unknown, or older than its lifetime.
    TooOld,
}

impl Queries {
    pub(super) fn new(lifetime: Duration) -> Self {
        Self {
            lifetime,
            open: Mutex::default(),
        }
    }

    pub(super) fn opened(&self, id: &str, user: i64) {
        let mut open = locked(&self.open);
        let now = Instant::now();
        let query = Query {
            user,
            at: now,
            answered: false,
        };
        if open.by_id.insert(id.to_owned(), query).is_none() {
            open.oldest_first.push_back(id.to_owned());
        }
        while let Some(oldest) = open.oldest_first.front() {
            let expired = open
                .by_id
                .get(oldest)
                .is_none_or(|query| now - query.at > self.lifetime);
            if !expired && open.oldest_first.len() <= REMEMBERED {
                break;
            }
            if let Some(oldest) = open.oldest_first.pop_front() {
                open.by_id.remove(&oldest);
            }
        }
    }

    pub(super) fn answer(&self, id: &str) -> Answered {
        let mut open = locked(&self.open);
        match open.by_id.get_mut(id) {
            Some(query) if query.at.elapsed() > self.lifetime => Answered::TooOld,
            Some(query) if query.answered => Answered::Again,
            Some(query) => {
                query.answered = true;
                Answered::First(query.user)
            }
            None => Answered::TooOld,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_shown_once_and_dies_with_age() {
        let queries = Queries::new(Duration::from_secs(60));
        queries.opened("a", 5);
        assert_eq!(queries.answer("a"), Answered::First(5));
        assert_eq!(queries.answer("a"), Answered::Again);
        assert_eq!(queries.answer("b"), Answered::TooOld);

        let brief = Queries::new(Duration::ZERO);
        brief.opened("a", 5);
        std::thread::sleep(Duration::from_millis(1));
        assert_eq!(brief.answer("a"), Answered::TooOld);
        brief.opened("b", 5);
        assert_eq!(locked(&brief.open).by_id.len(), 1);
    }
}
