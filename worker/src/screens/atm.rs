//! Screens of the atmospheres: how many there are, and when there are more.

use super::Screen;
use super::page::Page;
use super::scene::Stage;
use super::units::bar_of;
use crate::game::balance::MAX_ATM;
use crate::game::energy::{self, Energy};
use crate::game::player::Player;

/// Atmospheres as a bar, a cell each.
pub(super) fn bar(atm: i32) -> String {
    let cells = |atm: i32| usize::try_from(atm).unwrap_or_default();
    bar_of(cells(atm), cells(MAX_ATM))
}

pub(super) fn all(stage: &Stage<'_>, player: &Player) -> Screen {
    let energy = energy::at(player, stage.scene.now);
    if energy.is_full() {
        return is_full(stage);
    }
    let values = [
        ("atm", energy.atm.into()),
        ("max", MAX_ATM.into()),
        ("bar", bar(energy.atm).into()),
    ];
    let times = [
        ("next", stage.units.duration(energy.next_in_s).into()),
        ("full", stage.units.duration(energy.full_in_s).into()),
    ];
    Page::with(stage.words, "atm", values)
        .gap()
        .line("atm-times", times)
        .under(stage.keyboards.atm(false))
}

pub(super) fn time_to(
    stage: &Stage<'_>,
    player: &Player,
    key: &str,
    seconds: fn(Energy) -> i64,
) -> Screen {
    let energy = energy::at(player, stage.scene.now);
    if energy.is_full() {
        return is_full(stage);
    }
    let values = [
        ("time", stage.units.duration(seconds(energy)).into()),
        ("bar", bar(energy.atm).into()),
        ("atm", energy.atm.into()),
        ("max", MAX_ATM.into()),
    ];
    Page::with(stage.words, key, values).under(stage.keyboards.atm(false))
}

fn is_full(stage: &Stage<'_>) -> Screen {
    let values = [("max", MAX_ATM.into()), ("bar", bar(MAX_ATM).into())];
    Page::with(stage.words, "atm-is-full", values).under(stage.keyboards.atm(true))
}
