//! Screens of the cable: how long it is, what it is good for, what it adds in a duel.

use super::Screen;
use super::page::Page;
use super::scene::Stage;
use super::units::decimal;
use crate::game::balance::{
    CABLE_MM_PER_GRAM, CHANCE_BASE, CHANCE_MAX, CHANCE_MIN, CHANCE_PER_CABLE_MM, GOFRA_MM_PER_GRAM,
    START_CABLE_MM,
};
use crate::game::level;
use crate::game::player::Player;

/// What the cable adds to the chance against a newcomer's, percent: never more than the chance can rise.
fn bonus(player: &Player) -> String {
    let bonus = (player.cable_mm - START_CABLE_MM) * CHANCE_PER_CABLE_MM;
    decimal(bonus.clamp(0.0, CHANCE_MAX - CHANCE_BASE))
}

pub(super) fn all(stage: &Stage<'_>, player: &Player) -> Screen {
    let values = [
        ("cable", stage.units.length(player.cable_mm).into()),
        ("bonus", bonus(player).into()),
    ];
    Page::with(stage.words, "cable", values).under(stage.keyboards.cable())
}

#[expect(clippy::cast_precision_loss, reason = "grams of one catch")]
pub(super) fn use_of(stage: &Stage<'_>, player: &Player) -> Screen {
    let sample_g = level::of(player.gofra_mm).grams_high;
    let values = [
        ("cable", stage.units.length(player.cable_mm).into()),
        ("sample", stage.units.mass(sample_g).into()),
        (
            "gofra_grown",
            stage
                .units
                .length(sample_g as f64 * GOFRA_MM_PER_GRAM)
                .into(),
        ),
        (
            "cable_grown",
            stage
                .units
                .length(sample_g as f64 * CABLE_MM_PER_GRAM)
                .into(),
        ),
        (
            "length",
            stage.units.length(1.0 / CHANCE_PER_CABLE_MM).into(),
        ),
        ("percent", 1.into()),
    ];
    Page::with(stage.words, "cable-use", values).under(stage.keyboards.cable())
}

pub(super) fn in_duels(stage: &Stage<'_>, player: &Player) -> Screen {
    let values = [
        ("cable", stage.units.length(player.cable_mm).into()),
        ("bonus", bonus(player).into()),
        ("start", stage.units.length(START_CABLE_MM).into()),
        ("least", CHANCE_MIN.into()),
        ("most", CHANCE_MAX.into()),
    ];
    Page::with(stage.words, "cable-duel", values).under(stage.keyboards.cable())
}
