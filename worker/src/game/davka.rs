//! Davka: all atmospheres for one catch.

use super::balance::{CABLE_MM_PER_GRAM, DAVKA_ATM, GOFRA_MM_PER_GRAM};
use super::chance::Chance;
use super::outcome::{Catch, Outcome};
use super::player::Player;
use super::{energy, growth, level};
use chrono::{DateTime, Utc};

/// Tries a davka: refused below 12 atmospheres, else a catch by the level's range.
pub fn davka(player: &mut Player, now: DateTime<Utc>, chance: &mut dyn Chance) -> Outcome {
    let energy = energy::at(player, now);
    if energy.atm < DAVKA_ATM {
        return Outcome::DavkaRefused {
            atm: energy.atm,
            full_in_s: energy.full_in_s,
        };
    }
    let level = level::of(player.gofra_mm);
    let grams = chance.between(level.grams_low, level.grams_high);
    let gofra_grown_mm = growth::clean(grams as f64 * GOFRA_MM_PER_GRAM);
    let cable_grown_mm = growth::clean(grams as f64 * CABLE_MM_PER_GRAM);

    energy::spend(player, now);
    let new_level = growth::grow(player, gofra_grown_mm, cable_grown_mm, now);
    player.zmiy_g = player.zmiy_g.saturating_add(grams);
    player.total_zmiy_g = player.total_zmiy_g.saturating_add(grams);
    player.davkas = player.davkas.saturating_add(1);
    player.best_g = player.best_g.max(grams);

    Outcome::Davka(Catch {
        grams,
        gofra_grown_mm,
        cable_grown_mm,
        gofra_mm: player.gofra_mm,
        cable_mm: player.cable_mm,
        zmiy_g: player.zmiy_g,
        new_level,
        full_in_s: energy::at(player, now).full_in_s,
    })
}
