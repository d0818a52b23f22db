//! Faults on demand: a slow, deaf, crowded or broken Telegram, switched at run time and repeatable by its seed.

use std::sync::{Mutex, RwLock};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use super::answer::ApiError;
use super::{locked, read, write};

/// What goes wrong, for every Bot API call alike. All off by default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Every call waits this long first, in milliseconds.
    pub delay_ms: u64,
    /// Share of calls (0..1) whose connection is closed without an answer. Half of them take effect before.
    pub drop_rate: f64,
    /// Share of calls (0..1) answered with 429.
    pub too_many_rate: f64,
    /// Seconds that such a 429 asks for.
    pub retry_after: u32,
    /// Share of calls (0..1) answered with 500.
    pub error_rate: f64,
}

/// A fault switch out of range.
#[derive(Debug, thiserror::Error)]
#[error("{0} must be a number from 0 to 1")]
pub struct RateOutOfRange(&'static str);

impl Faults {
    /// Checks that the rates are shares.
    ///
    /// # Errors
    /// Names the first rate that is not within 0..=1.
    pub fn check(&self) -> Result<(), RateOutOfRange> {
        let rates = [
            ("drop_rate", self.drop_rate),
            ("too_many_rate", self.too_many_rate),
            ("error_rate", self.error_rate),
        ];
        match rates.iter().find(|(_, rate)| !(0.0..=1.0).contains(rate)) {
            Some((name, _)) => Err(RateOutOfRange(name)),
            None => Ok(()),
        }
    }
}

/// What becomes of one call.
#[derive(Debug, PartialEq)]
pub(super) enum Fate {
    Pass,
    Refuse(ApiError),
    /// The connection dies before the call takes effect, or after.
    Drop {
        after_effect: bool,
    },
}

/// The switches and the dice.
pub(super) struct FaultSwitches {
    faults: RwLock<Faults>,
    dice: Mutex<StdRng>,
}

impl FaultSwitches {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            faults: RwLock::new(Faults::default()),
            dice: Mutex::new(StdRng::seed_from_u64(seed)),
        }
    }

    pub(super) fn set(&self, faults: Faults) {
        *write(&self.faults) = faults;
    }

    pub(super) fn get(&self) -> Faults {
        read(&self.faults).clone()
    }

    pub(super) fn delay(&self) -> Duration {
        Duration::from_millis(read(&self.faults).delay_ms)
    }

    /// Rolls for one call. One roll decides, so that rates that sum to 1 leave nothing untouched.
    pub(super) fn roll(&self) -> Fate {
        let faults = read(&self.faults);
        if faults.drop_rate + faults.too_many_rate + faults.error_rate <= 0.0 {
            return Fate::Pass;
        }
        let mut dice = locked(&self.dice);
        let roll = dice.random_range(0.0..1.0);
        if roll < faults.drop_rate {
            return Fate::Drop {
                after_effect: dice.random_bool(0.5),
            };
        }
        if roll < faults.drop_rate + faults.too_many_rate {
            return Fate::Refuse(ApiError::too_many(faults.retry_after.max(1)));
        }
        if roll < faults.drop_rate + faults.too_many_rate + faults.error_rate {
            return Fate::Refuse(ApiError::internal());
        }
        Fate::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rolls(seed: u64) -> Vec<Fate> {
        let switches = FaultSwitches::new(seed);
        switches.set(Faults {
            drop_rate: 0.3,
            error_rate: 0.3,
            ..Faults::default()
        });
        (0..200).map(|_| switches.roll()).collect()
    }

    #[test]
    fn the_seed_decides_and_every_kind_comes() {
        assert_eq!(rolls(7), rolls(7));
        assert_ne!(rolls(7), rolls(8));
        let fates = rolls(7);
        assert!(fates.contains(&Fate::Pass));
        assert!(fates.contains(&Fate::Drop { after_effect: true }));
        assert!(fates.contains(&Fate::Drop {
            after_effect: false
        }));
        assert!(fates.contains(&Fate::Refuse(ApiError::internal())));
    }

    #[test]
    fn rates_are_shares() {
        assert!(
            Faults {
                drop_rate: 1.0,
                ..Faults::default()
            }
            .check()
            .is_ok()
        );
        for rate in [-0.1, 1.5, f64::NAN] {
            let faults = Faults {
                error_rate: rate,
                ..Faults::default()
            };
            assert_eq!(
                faults.check().unwrap_err().to_string(),
                "error_rate must be a number from 0 to 1"
            );
        }
    }
}
