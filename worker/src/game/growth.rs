//! Growing: the one place where lengths change, and they only ever become longer.

use super::player::Player;
use super::{energy, level};
use chrono::{DateTime, Utc};

/// Makes a player longer; returns the level he reached by it, if it is a new one. Atmospheres earned so far are granted
/// at the speed he had.
pub fn grow(player: &mut Player, gofra_mm: f64, cable_mm: f64, now: DateTime<Utc>) -> Option<u8> {
    energy::settle(player, now);
    let before = level::of(player.gofra_mm).number;
    player.gofra_mm = clean(player.gofra_mm + gofra_mm.max(0.0));
    player.cable_mm = clean(player.cable_mm + cable_mm.max(0.0));
    let after = level::of(player.gofra_mm).number;
    (after > before).then_some(after)
}

/// Rounds to a thousandth of a millimetre, the finest step of any rule: sums then carry no binary dust that could hold
/// a player just below a level.
pub fn clean(mm: f64) -> f64 {
    (mm * 1_000.0).round() / 1_000.0
}
