//! How many different users were seen lately, in a bounded amount of memory: each window is a ring of small sketches
//! (HyperLogLog, exact up to about a hundred users), one a slice of time, merged when somebody asks.
//!
//! A partition's users stay with one worker at a time, so the sum over workers is the figure of the bot, up to
//! partitions that moved within the window.

use cardinality_estimator::CardinalityEstimator;

/// Windows as the label calls them, with the seconds of a slice and the number of slices.
const WINDOWS: [(&str, u64, usize); 3] = [("5m", 60, 5), ("1h", 300, 12), ("24h", 3600, 24)];

/// About 3 KB when full, 2 % of error.
type Sketch = CardinalityEstimator<i64>;

/// The rings of all windows: at most 41 sketches, about 125 KB.
pub(super) struct ActiveUsers([Ring; 3]);

struct Ring {
    slice_s: u64,
    /// Each slot with the slice it counts: slice number = seconds / `slice_s`, slot = slice number modulo length.
    slots: Vec<(u64, Sketch)>,
}

impl ActiveUsers {
    pub(super) fn new() -> Self {
        Self(WINDOWS.map(|(_, slice_s, slices)| Ring {
            slice_s,
            slots: (0..slices).map(|_| (0, Sketch::new())).collect(),
        }))
    }

    /// Counts `user_ids` at `now_s`, seconds of any clock that only goes forward.
    pub(super) fn seen(&mut self, user_ids: impl IntoIterator<Item = i64>, now_s: u64) {
        let mut current = self.0.each_mut().map(|ring| ring.current(now_s));
        for user_id in user_ids {
            for sketch in &mut current {
                sketch.insert(&user_id);
            }
        }
    }

    /// The estimate of each window, by the window's label. A window covers its current slice and the whole ones before.
    pub(super) fn estimates(&self, now_s: u64) -> [(&'static str, u64); 3] {
        let mut estimates = WINDOWS.map(|(window, ..)| (window, 0));
        for (ring, (_, estimate)) in self.0.iter().zip(&mut estimates) {
            *estimate = ring.estimate(now_s);
        }
        estimates
    }
}

impl Ring {
    fn current(&mut self, now_s: u64) -> &mut Sketch {
        let slice = now_s / self.slice_s;
        let place = (slice % self.slots.len() as u64) as usize;
        let (counted, sketch) = &mut self.slots[place];
        if *counted != slice {
            *counted = slice;
            *sketch = Sketch::new();
        }
        sketch
    }

    fn estimate(&self, now_s: u64) -> u64 {
        let newest = now_s / self.slice_s;
        let mut all = Sketch::new();
        for (counted, sketch) in &self.slots {
            if newest < counted + self.slots.len() as u64 {
                all.merge(sketch);
            }
        }
        all.estimate() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_counts_once_and_leaves_each_window_in_time() {
        let mut users = ActiveUsers::new();
        users.seen([1, 2, 2, 3], 0);
        users.seen([3, 4], 59);
        let counts = |users: &ActiveUsers, now_s| users.estimates(now_s).map(|(_, count)| count);
        assert_eq!(counts(&users, 59), [4, 4, 4]);
        users.seen([5], 299);
        assert_eq!(counts(&users, 299), [5, 5, 5]);
        assert_eq!(counts(&users, 300), [1, 5, 5]);
        assert_eq!(counts(&users, 3600), [0, 0, 5]);
        assert_eq!(counts(&users, 86_400), [0, 0, 0]);
        users.seen([6], 86_400);
        assert_eq!(counts(&users, 86_400), [1, 1, 1]);
    }

    #[test]
    fn many_users_are_estimated_closely() {
        let mut users = ActiveUsers::new();
        for minute in 0..5 {
            users.seen(
                (0..20_000).map(|user| user + minute * 10_000),
                u64::try_from(minute).unwrap() * 60,
            );
        }
        for (window, estimate) in users.estimates(299) {
            assert!((57_000..63_000).contains(&estimate), "{window}: {estimate}");
        }
    }
}
