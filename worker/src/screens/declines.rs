//! Help, and answers to what cannot be done here and now.

use super::Screen;
use super::gofra::period_s;
use super::page::Page;
use super::scene::Stage;
use crate::game::action::Decline;
use crate::game::balance::{
    CHANCE_MAX, CHANCE_MIN, DAVKA_ATM, DUEL_WINDOW_S, DUELS_PER_WINDOW,
    DUELS_PER_WINDOW_AGAINST_ONE, LEVELS, MAX_ATM, NICKNAME_MAX_CHARS, NICKNAME_MIN_CHARS,
    NICKNAME_WINDOW_S, NICKNAMES_PER_WINDOW,
};
use std::borrow::Cow;

/// Why an action was declined.
pub(super) fn declined(stage: &Stage<'_>, why: Decline) -> Screen {
    Screen {
        text: text(stage, why).into_owned(),
        keyboard: Vec::new(),
    }
}

/// The same in words.
pub(super) fn text<'w>(stage: &Stage<'w>, why: Decline) -> Cow<'w, str> {
    let words = stage.words;
    match why {
        Decline::UnknownCommand => words.plain("decline-unknown-command"),
        Decline::PrivateOnly => words.say(
            "decline-private-only",
            [("bot", stage.scene.bot_username.into())],
        ),
        Decline::GroupOnly => words.plain("decline-group-only"),
        Decline::ForeignMenu => words.plain("decline-foreign-menu"),
        Decline::StaleButton if stage.in_group() => words.plain("decline-stale-button-group"),
        Decline::StaleButton => words.plain("decline-stale-button"),
        Decline::AdminsOnly => words.plain("decline-admins-only"),
        Decline::FightWithoutReply => words.plain("decline-fight-without-reply"),
        Decline::TooMany { retry_after_s } => {
            let time = stage.units.duration(retry_after_s.into());
            words.say("decline-too-many", [("time", time.into())])
        }
        Decline::Trouble => trouble(stage, "decline-trouble-nameless"),
    }
}

/// The apology with the error id, or the words for when there is none.
fn trouble<'w>(stage: &Stage<'w>, nameless: &str) -> Cow<'w, str> {
    match stage.scene.error_id {
        Some(id) => stage
            .words
            .say("decline-trouble", [("id", super::page::escape(id).into())]),
        None => stage.words.plain(nameless),
    }
}

/// A screen whose figures could not be read.
pub(super) fn not_now(stage: &Stage<'_>) -> Screen {
    Screen {
        text: trouble(stage, "decline-not-now").into_owned(),
        keyboard: stage.keyboards.to_menu(),
    }
}

/// Help, out of the same numbers that the rules use.
pub(super) fn help(stage: &Stage<'_>) -> Screen {
    let units = stage.units;
    let [first, .., last] = &LEVELS;
    let values = [
        ("needed", DAVKA_ATM.into()),
        ("period", units.duration(period_s(first, 1)).into()),
        ("max", MAX_ATM.into()),
        ("levels", LEVELS.len().into()),
        ("last", units.length(last.from_mm).into()),
        ("least", CHANCE_MIN.into()),
        ("most", CHANCE_MAX.into()),
        ("duels", DUELS_PER_WINDOW.into()),
        ("duels_one", DUELS_PER_WINDOW_AGAINST_ONE.into()),
        ("window", units.duration(DUEL_WINDOW_S).into()),
        ("min", NICKNAME_MIN_CHARS.into()),
        ("long", NICKNAME_MAX_CHARS.into()),
        ("renames", NICKNAMES_PER_WINDOW.into()),
        ("rename_window", units.duration(NICKNAME_WINDOW_S).into()),
    ];
    let more = if stage.in_group() {
        "help-group"
    } else {
        "help-private"
    };
    Page::with(stage.words, "help", values)
        .gap()
        .line(more, [])
        .under(stage.keyboards.to_menu())
}
