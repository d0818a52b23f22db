//! Screens of one's own figures: the menu, the profile, gofra, cable, atmospheres, duels, history, settings.

use super::Screen;
use super::page::Page;
use super::scene::Stage;
use super::units::{bar, bar_of, decimal, percent};
use super::words::Words;
use crate::game::action::View;
use crate::game::balance::{
    ATM_PERIOD_S, CABLE_MM_PER_GRAM, CHANCE_BASE, CHANCE_MAX, CHANCE_MIN, CHANCE_PER_CABLE_MM,
    DUEL_WINDOW_S, DUELS_PER_WINDOW, DUELS_PER_WINDOW_AGAINST_ONE, GOFRA_MM_PER_GRAM, LEVELS,
    Level, MAX_ATM, START_CABLE_MM,
};
use crate::game::energy::{self, Energy};
use crate::game::level;
use crate::game::player::Player;
use std::borrow::Cow;

/// The screen of a view that needs the player and nothing else; `None` for any other view.
pub(super) fn own(stage: &Stage<'_>, player: &Player, view: View) -> Option<Screen> {
    Some(match view {
        View::Menu => menu(stage, player),
        View::Profile => profile(stage, player),
        View::Gofra => gofra(stage, player),
        View::GofraProgress => gofra_progress(stage, player),
        View::GofraSpeed => gofra_speed(stage, player),
        View::GofraNext => gofra_next(stage, player),
        View::Cable => cable(stage, player),
        View::CableUse => cable_use(stage, player),
        View::CableDuel => cable_duel(stage, player),
        View::Atm => atm(stage, player),
        View::AtmNext => atm_time(stage, player, "atm-next", |energy| energy.next_in_s),
        View::AtmFull => atm_time(stage, player, "atm-full", |energy| energy.full_in_s),
        View::Rademka => rademka(stage, player),
        View::Stats => stats(stage, player),
        _ => return None,
    })
}

/// The name of a level, with its emoji.
pub(super) fn level_name(words: Words, number: u8) -> Cow<'static, str> {
    words.plain(match number {
        1 => "level-1",
        2 => "level-2",
        3 => "level-3",
        4 => "level-4",
        5 => "level-5",
        6 => "level-6",
        7 => "level-7",
        8 => "level-8",
        9 => "level-9",
        _ => "level-10",
    })
}

/// Seconds for so many atmospheres at a level, rounded up.
pub(super) fn period_s(level: &Level, atm: i32) -> i64 {
    (ATM_PERIOD_S * 10 * i64::from(atm) + level.speed_tenths - 1) / level.speed_tenths
}

/// Atmospheres as a bar, a cell each.
pub(super) fn atm_bar(atm: i32) -> String {
    let cells = |atm: i32| usize::try_from(atm).unwrap_or_default();
    bar_of(cells(atm), cells(MAX_ATM))
}

fn menu(stage: &Stage<'_>, player: &Player) -> Screen {
    let energy = energy::at(player, stage.scene.now);
    let values = [
        ("nickname", stage.nickname().into()),
        (
            "level",
            level_name(stage.words, level::of(player.gofra_mm).number).into(),
        ),
        ("gofra", stage.units.length(player.gofra_mm).into()),
        ("cable", stage.units.length(player.cable_mm).into()),
        ("bar", atm_bar(energy.atm).into()),
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
        ("level", level_name(stage.words, level.number).into()),
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

fn gofra(stage: &Stage<'_>, player: &Player) -> Screen {
    let level = level::of(player.gofra_mm);
    let values = [
        ("gofra", stage.units.length(player.gofra_mm).into()),
        ("level", level_name(stage.words, level.number).into()),
        ("number", level.number.into()),
        ("levels", LEVELS.len().into()),
        ("speed", decimal(level.speed()).into()),
        ("low", level.grams_low.into()),
        ("high", level.grams_high.into()),
        ("unit", stage.words.plain("unit-g").into()),
    ];
    let page = Page::with(stage.words, "gofra", values);
    let page = match level::progress(player.gofra_mm) {
        Some(part) => page.row(&format!("📈 {} {}%", bar(part), percent(part))),
        None => page,
    };
    page.under(stage.keyboards.gofra())
}

fn gofra_progress(stage: &Stage<'_>, player: &Player) -> Screen {
    let level = level::of(player.gofra_mm);
    let (Some(part), Some(next)) = (level::progress(player.gofra_mm), level::after(level)) else {
        return gofra_last(stage, player, level);
    };
    let left_mm = next.from_mm - player.gofra_mm;
    let values = [
        ("percent", percent(part).into()),
        ("bar", bar(part).into()),
        ("level", level_name(stage.words, level.number).into()),
        ("next", level_name(stage.words, next.number).into()),
        ("left", stage.units.length(left_mm).into()),
        (
            "davkas",
            stage
                .units
                .count("davkas", davkas_for(left_mm, level))
                .into(),
        ),
    ];
    Page::with(stage.words, "gofra-progress", values).under(stage.keyboards.gofra())
}

/// How many mean davkas of this level grow the gofra by so much.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "an estimate of small numbers"
)]
fn davkas_for(mm: f64, level: &Level) -> i64 {
    let mean_g = (level.grams_low + level.grams_high) as f64 / 2.0;
    (mm / (mean_g * GOFRA_MM_PER_GRAM)).ceil() as i64
}

fn gofra_last(stage: &Stage<'_>, player: &Player, level: &Level) -> Screen {
    let values = [
        ("gofra", stage.units.length(player.gofra_mm).into()),
        ("level", level_name(stage.words, level.number).into()),
    ];
    Page::with(stage.words, "gofra-last", values).under(stage.keyboards.gofra())
}

fn gofra_speed(stage: &Stage<'_>, player: &Player) -> Screen {
    let level = level::of(player.gofra_mm);
    let values = [
        ("speed", decimal(level.speed()).into()),
        ("level", level_name(stage.words, level.number).into()),
        ("period", stage.units.duration(period_s(level, 1)).into()),
        ("max", MAX_ATM.into()),
        (
            "full",
            stage.units.duration(period_s(level, MAX_ATM)).into(),
        ),
    ];
    let page = Page::with(stage.words, "gofra-speed", values);
    let page = match level::after(level) {
        None => page,
        Some(next) => page.gap().line(
            "gofra-speed-next",
            [
                ("speed", decimal(next.speed()).into()),
                ("from", stage.units.length(next.from_mm).into()),
                ("level", level_name(stage.words, next.number).into()),
            ],
        ),
    };
    page.under(stage.keyboards.gofra())
}

fn gofra_next(stage: &Stage<'_>, player: &Player) -> Screen {
    let level = level::of(player.gofra_mm);
    let Some(next) = level::after(level) else {
        return gofra_last(stage, player, level);
    };
    let values = [
        ("level", level_name(stage.words, next.number).into()),
        ("from", stage.units.length(next.from_mm).into()),
        (
            "left",
            stage.units.length(next.from_mm - player.gofra_mm).into(),
        ),
        ("speed", decimal(next.speed()).into()),
        ("low", next.grams_low.into()),
        ("high", next.grams_high.into()),
        ("unit", stage.words.plain("unit-g").into()),
    ];
    Page::with(stage.words, "gofra-next", values).under(stage.keyboards.gofra())
}

/// What the cable adds to the chance against a newcomer's, percent: never more than the chance can rise.
fn cable_bonus(player: &Player) -> String {
    let bonus = (player.cable_mm - START_CABLE_MM) * CHANCE_PER_CABLE_MM;
    decimal(bonus.clamp(0.0, CHANCE_MAX - CHANCE_BASE))
}

fn cable(stage: &Stage<'_>, player: &Player) -> Screen {
    let values = [
        ("cable", stage.units.length(player.cable_mm).into()),
        ("bonus", cable_bonus(player).into()),
    ];
    Page::with(stage.words, "cable", values).under(stage.keyboards.cable())
}

#[expect(clippy::cast_precision_loss, reason = "grams of one catch")]
fn cable_use(stage: &Stage<'_>, player: &Player) -> Screen {
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

fn cable_duel(stage: &Stage<'_>, player: &Player) -> Screen {
    let values = [
        ("cable", stage.units.length(player.cable_mm).into()),
        ("bonus", cable_bonus(player).into()),
        ("start", stage.units.length(START_CABLE_MM).into()),
        ("least", CHANCE_MIN.into()),
        ("most", CHANCE_MAX.into()),
    ];
    Page::with(stage.words, "cable-duel", values).under(stage.keyboards.cable())
}

fn atm(stage: &Stage<'_>, player: &Player) -> Screen {
    let energy = energy::at(player, stage.scene.now);
    if energy.is_full() {
        return atm_is_full(stage);
    }
    let values = [
        ("atm", energy.atm.into()),
        ("max", MAX_ATM.into()),
        ("bar", atm_bar(energy.atm).into()),
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

fn atm_time(stage: &Stage<'_>, player: &Player, key: &str, seconds: fn(Energy) -> i64) -> Screen {
    let energy = energy::at(player, stage.scene.now);
    if energy.is_full() {
        return atm_is_full(stage);
    }
    let values = [
        ("time", stage.units.duration(seconds(energy)).into()),
        ("bar", atm_bar(energy.atm).into()),
        ("atm", energy.atm.into()),
        ("max", MAX_ATM.into()),
    ];
    Page::with(stage.words, key, values).under(stage.keyboards.atm(false))
}

fn atm_is_full(stage: &Stage<'_>) -> Screen {
    let values = [("max", MAX_ATM.into()), ("bar", atm_bar(MAX_ATM).into())];
    Page::with(stage.words, "atm-is-full", values).under(stage.keyboards.atm(true))
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
