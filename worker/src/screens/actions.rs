//! Screens of what a player does alone: davka, uletet, the nickname, the language.

use super::Screen;
use super::atm;
use super::gofra::level_name;
use super::page::{Page, escape};
use super::scene::Stage;
use super::units::decimal;
use crate::game::balance::{
    BIG_CATCH_G, DAVKA_ATM, LEVELS, MAX_ATM, NICKNAME_MAX_CHARS, NICKNAME_MIN_CHARS,
    NICKNAME_WINDOW_S, NICKNAMES_PER_WINDOW,
};
use crate::game::outcome::{Catch, NicknameRefusal};
use crate::game::player::Language;
use crate::game::{energy, level};

pub(super) fn started(stage: &Stage<'_>, newcomer: bool) -> Screen {
    let nickname = stage.nickname().into();
    let keyboard = stage.keyboards.main();
    let page = match stage.scene.player {
        _ if stage.in_group() => Page::with(stage.words, "start-group", [("nickname", nickname)]),
        Some(player) if newcomer => Page::with(
            stage.words,
            "start-newcomer",
            [
                ("nickname", nickname),
                ("gofra", stage.units.length(player.gofra_mm).into()),
                ("cable", stage.units.length(player.cable_mm).into()),
                ("atm", energy::at(player, stage.scene.now).atm.into()),
            ],
        ),
        player => {
            let gofra_mm = player.map_or(0.0, |player| player.gofra_mm);
            let level = level_name(stage.words, level::of(gofra_mm).number).into();
            Page::with(
                stage.words,
                "start-again",
                [("nickname", nickname), ("level", level)],
            )
        }
    };
    page.under(keyboard)
}

pub(super) fn davka(stage: &Stage<'_>, catch: &Catch) -> Screen {
    let units = stage.units;
    let key = if stage.in_group() {
        "davka-group"
    } else {
        "davka"
    };
    let mut page = Page::with(
        stage.words,
        key,
        [
            ("nickname", stage.nickname().into()),
            ("grams", catch.grams.into()),
            ("unit", stage.words.plain("unit-g").into()),
            ("gofra", units.length(catch.gofra_mm).into()),
            ("gofra_grown", units.length(catch.gofra_grown_mm).into()),
            ("cable", units.length(catch.cable_mm).into()),
            ("cable_grown", units.length(catch.cable_grown_mm).into()),
            ("held", units.mass(catch.zmiy_g).into()),
        ],
    );
    if stage.in_group() {
        page = page.line("davka-chat", []);
    }
    if catch.grams > BIG_CATCH_G {
        page = page
            .gap()
            .line("davka-big", [("limit", units.mass(BIG_CATCH_G).into())]);
    }
    if let Some(number) = catch.new_level {
        page = page.gap().row(&level_up(stage, number));
    }
    page.gap()
        .line(
            "davka-next",
            [("time", units.duration(catch.full_in_s).into())],
        )
        .under(stage.keyboards.after_catch())
}

/// A new level, and what it brings.
fn level_up(stage: &Stage<'_>, number: u8) -> String {
    let level = LEVELS
        .iter()
        .find(|level| level.number == number)
        .unwrap_or(&LEVELS[0]);
    let values = [
        ("level", level_name(stage.words, number).into()),
        ("speed", decimal(level.speed()).into()),
        ("low", level.grams_low.into()),
        ("high", level.grams_high.into()),
        ("unit", stage.words.plain("unit-g").into()),
    ];
    stage.words.say("level-up", values).into_owned()
}

pub(super) fn davka_refused(stage: &Stage<'_>, atm: i32, full_in_s: i64) -> Screen {
    let values = [
        ("atm", atm.into()),
        ("max", MAX_ATM.into()),
        ("needed", DAVKA_ATM.into()),
        ("bar", atm::bar(atm).into()),
        ("time", stage.units.duration(full_in_s).into()),
    ];
    Page::with(stage.words, "davka-refused", values).under(stage.keyboards.to_wait())
}

pub(super) fn uletet(stage: &Stage<'_>, grams: i64, total_zmiy_g: i64) -> Screen {
    let values = [
        ("sent", stage.units.mass(grams).into()),
        ("total", stage.units.mass(total_zmiy_g).into()),
    ];
    Page::with(stage.words, "uletet", values).under(stage.keyboards.after_uletet())
}

pub(super) fn uletet_refused(stage: &Stage<'_>) -> Screen {
    Page::with(stage.words, "uletet-refused", []).under(stage.keyboards.to_davka())
}

pub(super) fn nickname_asked(stage: &Stage<'_>, nickname: &str) -> Screen {
    let values = [
        ("nickname", escape(nickname).into()),
        ("min", NICKNAME_MIN_CHARS.into()),
        ("max", NICKNAME_MAX_CHARS.into()),
        ("limit", NICKNAMES_PER_WINDOW.into()),
        ("time", stage.units.duration(NICKNAME_WINDOW_S).into()),
    ];
    Page::with(stage.words, "nickname-asked", values).under(stage.keyboards.to_cancel())
}

pub(super) fn nickname_changed(stage: &Stage<'_>, from: &str, to: &str) -> Screen {
    let values = [("from", escape(from).into()), ("to", escape(to).into())];
    Page::with(stage.words, "nickname-changed", values).under(stage.keyboards.after_naming())
}

pub(super) fn nickname_refused(stage: &Stage<'_>, why: &NicknameRefusal) -> Screen {
    let words = stage.words;
    let page = match why {
        NicknameRefusal::TooShort => Page::with(
            words,
            "nickname-too-short",
            [("min", NICKNAME_MIN_CHARS.into())],
        ),
        NicknameRefusal::TooLong => Page::with(
            words,
            "nickname-too-long",
            [("max", NICKNAME_MAX_CHARS.into())],
        ),
        NicknameRefusal::Character => Page::with(words, "nickname-character", []),
        NicknameRefusal::NoLetter => Page::with(words, "nickname-no-letter", []),
        NicknameRefusal::Spaces => Page::with(words, "nickname-spaces", []),
        NicknameRefusal::Reserved => Page::with(words, "nickname-reserved", []),
        NicknameRefusal::Taken => Page::with(words, "nickname-taken", []),
        NicknameRefusal::TooOften {
            limit,
            retry_after_s,
        } => {
            let values = [
                ("limit", (*limit).into()),
                ("window", stage.units.duration(NICKNAME_WINDOW_S).into()),
                ("time", stage.units.duration(*retry_after_s).into()),
            ];
            // The only refusal that ends the dialogue.
            return Page::with(words, "nickname-too-often", values)
                .under(stage.keyboards.after_naming());
        }
    };
    page.under(stage.keyboards.to_cancel())
}

pub(super) fn nickname_awaited(stage: &Stage<'_>) -> Screen {
    Page::with(stage.words, "nickname-awaited", []).under(stage.keyboards.to_cancel())
}

pub(super) fn cancelled(stage: &Stage<'_>, was_waiting: bool) -> Screen {
    let page = if was_waiting {
        Page::with(
            stage.words,
            "cancelled",
            [("nickname", stage.nickname().into())],
        )
    } else {
        Page::with(stage.words, "cancelled-nothing", [])
    };
    page.under(stage.keyboards.main())
}

pub(super) fn language_set(stage: &Stage<'_>, language: Language) -> Screen {
    Page::with(stage.words, "language-set", []).under(stage.keyboards.settings(language))
}

pub(super) fn chatter(stage: &Stage<'_>) -> Screen {
    Page::with(stage.words, "chatter", []).under(stage.keyboards.main())
}
