//! Screens of one's own figures at a glance: the menu, the profile, the menu of duels, history, settings.

use super::page::Page;
use super::scene::Stage;
use super::units::percent;
use super::{Screen, atm, cable, gofra};
use crate::game::action::View;
use crate::game::balance::{
    CHANCE_MAX, CHANCE_MIN, DUEL_WINDOW_S, DUELS_PER_WINDOW, DUELS_PER_WINDOW_AGAINST_ONE, LEVELS,
    MAX_ATM,
};
use crate::game::player::Player;
use crate::game::{energy, level};

/// The screen of a view that needs the player and nothing else; `None` for any other view.
pub(super) fn own(stage: &Stage<'_>, player: &Player, view: View) -> Option<Screen> {
    Some(match view {
        View::Menu => menu(stage, player),
        View::Profile => profile(stage, player),
        View::Gofra => gofra::all(stage, player),
        View::GofraProgress => gofra::progress(stage, player),
        View::GofraSpeed => gofra::speed(stage, player),
        View::GofraNext => gofra::next(stage, player),
        View::Cable => cable::all(stage, player),
        View::CableUse => cable::use_of(stage, player),
        View::CableDuel => cable::in_duels(stage, player),
        View::Atm => atm::all(stage, player),
        View::AtmNext => atm::time_to(stage, player, "atm-next", |energy| energy.next_in_s),
        View::AtmFull => atm::time_to(stage, player, "atm-full", |energy| energy.full_in_s),
        View::Rademka => rademka(stage, player),
        View::Stats => stats(stage, player),
        _ => return None,
    })
}

fn menu(stage: &Stage<'_>, player: &Player) -> Screen {
    let energy = energy::at(player, stage.scene.now);
    let values = [
        ("nickname", stage.nickname().into()),
        (
            "level",
            gofra::level_name(stage.words, level::of(player.gofra_mm).number).into(),
        ),
        ("gofra", stage.units.length(player.gofra_mm).into()),
        ("cable", stage.units.length(player.cable_mm).into()),
        ("bar", atm::bar(energy.atm).into()),
        ("atm", energy.atm.into()),
        ("max", MAX_ATM.into()),
    ];
    let page = Page::with(stage.words, "menu", values);
    let page = if energy.is_full() {
        page.line("davka-ready", [])
    } else {
        page.line(
            "davka-wait",
            [("time", stage.units.duration(energy.full_in_s).into())],
        )
    };
    zmiy_held(page, stage, player).under(stage.keyboards.main())
}

fn zmiy_held(page: Page, stage: &Stage<'_>, player: &Player) -> Page {
    if player.zmiy_g <= 0 {
        return page;
    }
    page.line(
        "zmiy-held",
        [("held", stage.units.mass(player.zmiy_g).into())],
    )
}

fn profile(stage: &Stage<'_>, player: &Player) -> Screen {
    let level = level::of(player.gofra_mm);
    let values = [
        ("nickname", stage.nickname().into()),
        ("level", gofra::level_name(stage.words, level.number).into()),
        ("number", level.number.into()),
        ("levels", LEVELS.len().into()),
        ("gofra", stage.units.length(player.gofra_mm).into()),
        ("cable", stage.units.length(player.cable_mm).into()),
        ("atm", energy::at(player, stage.scene.now).atm.into()),
        ("max", MAX_ATM.into()),
        ("held", stage.units.mass(player.zmiy_g).into()),
        ("total", stage.units.mass(player.total_zmiy_g).into()),
        ("duels", stage.units.count("duels", player.duels).into()),
        ("wins", stage.units.count("wins", player.duel_wins).into()),
    ];
    Page::with(stage.words, "profile", values).under(stage.keyboards.profile())
}

fn rademka(stage: &Stage<'_>, player: &Player) -> Screen {
    let values = [
        ("gofra", stage.units.length(player.gofra_mm).into()),
        ("cable", stage.units.length(player.cable_mm).into()),
        ("least", CHANCE_MIN.into()),
        ("most", CHANCE_MAX.into()),
        ("limit", DUELS_PER_WINDOW.into()),
        ("limit_one", DUELS_PER_WINDOW_AGAINST_ONE.into()),
        ("window", stage.units.duration(DUEL_WINDOW_S).into()),
    ];
    let page = Page::with(stage.words, "rademka", values);
    let page = if stage.in_group() {
        page.line("rademka-group", [])
    } else {
        page
    };
    page.under(stage.keyboards.rademka())
}

#[expect(clippy::cast_precision_loss, reason = "whole percents are shown")]
fn stats(stage: &Stage<'_>, player: &Player) -> Screen {
    let won = player.duel_wins as f64 / player.duels.max(1) as f64;
    let days = (stage.scene.now - player.created_at).num_days().max(0) + 1;
    let values = [
        ("nickname", stage.nickname().into()),
        ("davkas", stage.units.count("davkas", player.davkas).into()),
        ("mean", (player.total_zmiy_g / player.davkas.max(1)).into()),
        ("best", player.best_g.into()),
        ("unit", stage.words.plain("unit-g").into()),
        ("total", stage.units.mass(player.total_zmiy_g).into()),
        ("duels", stage.units.count("duels", player.duels).into()),
        ("wins", stage.units.count("wins", player.duel_wins).into()),
        ("percent", percent(won).into()),
        ("days", stage.units.count("days", days).into()),
    ];
    Page::with(stage.words, "stats", values).under(stage.keyboards.profile())
}

pub(super) fn settings(stage: &Stage<'_>) -> Screen {
    Page::with(stage.words, "settings", []).under(stage.keyboards.settings(stage.language))
}
