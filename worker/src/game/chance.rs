//! Chance as an argument: the caller owns the dice, tests bring loaded ones.

/// A source of chance.
pub trait Chance {
    /// A number from `low` to `high`, both included, each as likely as any other. The rules never ask with
    /// `low` above `high`.
    fn between(&mut self, low: i64, high: i64) -> i64;
}
