//! Screens of the gofra: its level, the way to the next, and what levels bring.

use super::Screen;
use super::page::Page;
use super::scene::Stage;
use super::units::{bar, decimal, percent};
use super::words::Words;
use crate::game::balance::{ATM_PERIOD_S, GOFRA_MM_PER_GRAM, LEVELS, Level, MAX_ATM};
use crate::game::level;
use crate::game::player::Player;
use std::borrow::Cow;

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

pub(super) fn all(stage: &Stage<'_>, player: &Player) -> Screen {
    let level = level::of(player.gofra_mm);
    let values = [
        ("gofra", stage.units.length(player.gofra_mm).into()),
        ("level", level_name(stage.words, level.number).into()),
        ("number", level.number.into()),
        ("levels", LEVELS.len().into()),
    ];
    let page = Page::with(stage.words, "gofra", values);
    let page = match level::progress(player.gofra_mm) {
        Some(part) => page.row(&format!("{} {}%", bar(part), percent(part))),
        None => page,
    };
    let brings = [
        ("speed", decimal(level.speed()).into()),
        ("low", level.grams_low.into()),
        ("high", level.grams_high.into()),
        ("unit", stage.words.plain("unit-g").into()),
    ];
    page.gap()
        .line("gofra-brings", brings)
        .under(stage.keyboards.gofra())
}

pub(super) fn progress(stage: &Stage<'_>, player: &Player) -> Screen {
    let level = level::of(player.gofra_mm);
    let (Some(part), Some(next)) = (level::progress(player.gofra_mm), level::after(level)) else {
        return last(stage, player, level);
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

fn last(stage: &Stage<'_>, player: &Player, level: &Level) -> Screen {
    let values = [
        ("gofra", stage.units.length(player.gofra_mm).into()),
        ("level", level_name(stage.words, level.number).into()),
    ];
    Page::with(stage.words, "gofra-last", values).under(stage.keyboards.gofra())
}

pub(super) fn speed(stage: &Stage<'_>, player: &Player) -> Screen {
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

pub(super) fn next(stage: &Stage<'_>, player: &Player) -> Screen {
    let level = level::of(player.gofra_mm);
    let Some(next) = level::after(level) else {
        return last(stage, player, level);
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
