//! Atmospheres. Nothing ticks: what a player has now follows from what he had at `atm_since`, whenever somebody looks.
//!
//! Time is counted in whole microseconds and a level's period is a whole number of them, so writing down what is due
//! ([`settle`]) any number of times gives exactly what one look at the end gives: no remainder is ever lost.

use super::balance::{ATM_PERIOD_S, Level, MAX_ATM};
use super::level;
use super::player::Player;
use chrono::{DateTime, TimeDelta, Utc};

const MICROS: i64 = 1_000_000;

/// A player's atmospheres at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Energy {
    /// Whole atmospheres, 0..=12.
    pub atm: i32,
    /// Seconds until the next, rounded up; 0 when there are 12.
    pub next_in_s: i64,
    /// Seconds until there are 12, rounded up; 0 when there are.
    pub full_in_s: i64,
}

impl Energy {
    /// Whether there are as many as there can be.
    pub fn is_full(self) -> bool {
        self.atm == MAX_ATM
    }
}

/// What the player has at `now`. A `now` before `atm_since` (clocks of two machines differ) counts as that moment.
pub fn at(player: &Player, now: DateTime<Utc>) -> Energy {
    let due = due(player, now);
    if due.atm == MAX_ATM {
        return Energy {
            atm: MAX_ATM,
            next_in_s: 0,
            full_in_s: 0,
        };
    }
    let next_in = due.period_us - due.rest_us;
    let full_in = next_in + due.period_us * i64::from(MAX_ATM - due.atm - 1);
    Energy {
        atm: due.atm,
        next_in_s: whole_seconds(next_in),
        full_in_s: whole_seconds(full_in),
    }
}

/// Writes down what is due at `now` and keeps the elapsed rest of the period. To be called before the gofra grows: so
/// what was earned at the old speed is granted at the old speed, and the rest counts towards the next atmosphere.
pub fn settle(player: &mut Player, now: DateTime<Utc>) {
    let due = due(player, now);
    player.atm = due.atm;
    if due.atm == MAX_ATM {
        player.atm_since = now;
    } else if player.atm_since < now {
        player.atm_since = now - TimeDelta::microseconds(due.rest_us);
    }
}

/// Takes all atmospheres away. The clock of the next one starts here, since it stands still at 12.
pub fn spend(player: &mut Player, now: DateTime<Utc>) {
    player.atm = 0;
    player.atm_since = now;
}

/// Microseconds for one atmosphere at a level. Rounded down: so no atmosphere that is due at a whole second comes late.
pub fn period_us(level: &Level) -> i64 {
    ATM_PERIOD_S * MICROS * 10 / level.speed_tenths
}

struct Due {
    atm: i32,
    rest_us: i64,
    period_us: i64,
}

fn due(player: &Player, now: DateTime<Utc>) -> Due {
    let period_us = period_us(level::of(player.gofra_mm));
    let elapsed_us = (now - player.atm_since)
        .num_microseconds()
        .unwrap_or(i64::MAX)
        .max(0);
    let stored = player.atm.clamp(0, MAX_ATM);
    let gained = elapsed_us / period_us;
    if gained >= i64::from(MAX_ATM - stored) {
        return Due {
            atm: MAX_ATM,
            rest_us: 0,
            period_us,
        };
    }
    // Below 12 here, so the conversion cannot fail; the fallback keeps the arithmetic total.
    let gained_atm = i32::try_from(gained).unwrap_or(MAX_ATM);
    Due {
        atm: stored + gained_atm,
        rest_us: elapsed_us % period_us,
        period_us,
    }
}

fn whole_seconds(us: i64) -> i64 {
    us / MICROS + i64::from(us % MICROS > 0)
}
