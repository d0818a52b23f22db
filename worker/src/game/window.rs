//! Quotas in a rolling window: so many times within the last so many seconds.

use chrono::{DateTime, TimeDelta, Utc};

/// Seconds, rounded up, until the next time is allowed; 0 if it is allowed now. A time leaves the window when it is
/// exactly `window_s` old. Times may come in any order.
pub(super) fn wait_s(
    times: impl IntoIterator<Item = DateTime<Utc>>,
    limit: u32,
    window_s: i64,
    now: DateTime<Utc>,
) -> i64 {
    let window = TimeDelta::seconds(window_s);
    let mut leaves: Vec<_> = times
        .into_iter()
        .map(|at| at + window)
        .filter(|leaves| *leaves > now)
        .collect();
    leaves.sort_unstable();
    // With the limit reached, there is room again when all but `limit - 1` of them have left.
    let last_to_leave = leaves
        .len()
        .checked_sub(limit as usize)
        .and_then(|index| leaves.get(index));
    last_to_leave.map_or(0, |leaves| {
        let wait = *leaves - now;
        wait.num_seconds() + i64::from(wait.subsec_nanos() > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(s: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(s)
    }

    fn check(times: &[i64], now: i64, expected: i64) {
        let times = times.iter().copied().map(second);
        assert_eq!(wait_s(times, 3, 3_600, second(now)), expected);
    }

    #[test]
    fn the_wait_ends_when_the_oldest_leaves() {
        check(&[], 0, 0);
        check(&[0, 10], 20, 0);
        check(&[0, 10, 20], 30, 3_570);
        check(&[20, 0, 10], 30, 3_570);
        check(&[0, 10, 20], 3_599, 1);
        check(&[0, 10, 20], 3_600, 0);
    }

    #[test]
    fn more_than_the_limit_waits_until_enough_have_left() {
        check(&[0, 10, 20, 30], 40, 3_570);
    }

    #[test]
    fn a_clock_that_went_back_still_counts() {
        check(&[100, 100, 100], 90, 3_610);
    }

    #[test]
    fn parts_of_a_second_are_rounded_up() {
        let now = second(3_599) + TimeDelta::milliseconds(1);
        assert_eq!(wait_s([second(0)], 1, 3_600, now), 1);
        assert_eq!(wait_s([second(1)], 1, 3_600, now), 2);
    }
}
