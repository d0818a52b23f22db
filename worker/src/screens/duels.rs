//! Screens of rademka: the proposal, the fight, its refusals, the note for the one attacked, and past duels.

use super::Screen;
use super::gofra::level_name;
use super::keyboard::Keyboards;
use super::page::{Page, escape};
use super::scene::Stage;
use super::units::{Units, decimal};
use super::words::Words;
use crate::game::balance::{DUEL_WINDOW_S, PROPOSAL_LIFETIME_S};
use crate::game::facts::{DuelRecord, Facts};
use crate::game::outcome::{Duel, DuelRefusal, Rival};
use crate::game::player::Language;

pub(super) fn proposed(stage: &Stage<'_>, opponent: &Rival, chance: f64) -> Screen {
    let values = [
        ("opponent", escape(&opponent.nickname).into()),
        ("gofra", stage.units.length(opponent.gofra_mm).into()),
        ("cable", stage.units.length(opponent.cable_mm).into()),
        ("chance", decimal(chance).into()),
        ("time", stage.units.duration(PROPOSAL_LIFETIME_S).into()),
    ];
    Page::with(stage.words, "duel-proposed", values)
        .under(stage.keyboards.proposal(stage.scene.update_id))
}

pub(super) fn nobody(stage: &Stage<'_>) -> Screen {
    Page::with(stage.words, "duel-nobody", []).under(stage.keyboards.rademka())
}

/// A duel, told to the attacker; in a group, to everybody.
pub(super) fn fought(stage: &Stage<'_>, duel: &Duel) -> Screen {
    let (winner, loser) = sides(duel);
    let words = stage.words;
    let page = if stage.in_group() {
        let values = [
            ("winner", escape(&winner.nickname).into()),
            ("loser", escape(&loser.nickname).into()),
        ];
        Page::with(words, "duel-group", values)
    } else {
        let key = if duel.attacker_won {
            "duel-won"
        } else {
            "duel-lost"
        };
        Page::with(
            words,
            key,
            [("rival", escape(&duel.defender.nickname).into())],
        )
    };
    growth(page, stage.units, words, duel).under(stage.keyboards.to_find())
}

/// The note for the player who was attacked in a private duel, in his language and with buttons of his own.
pub fn render_note(duel: &Duel) -> Screen {
    let words = Words::of(duel.defender_language.unwrap_or(Language::En));
    let rival = [("rival", escape(&duel.attacker.nickname).into())];
    let keyboard = Keyboards::of(words, None).to_find();
    if duel.attacker_won {
        return growth(
            Page::with(words, "note-lost", rival),
            Units::of(words),
            words,
            duel,
        )
        .gap()
        .line("note-comfort", [])
        .under(keyboard);
    }
    growth(
        Page::with(words, "note-won", rival),
        Units::of(words),
        words,
        duel,
    )
    .under(keyboard)
}

/// The chance there was, and what the winner got.
fn growth(page: Page, units: Units, words: Words, duel: &Duel) -> Page {
    let (winner, _) = sides(duel);
    let name = escape(&winner.nickname);
    let values = [
        ("winner", name.clone().into()),
        ("gofra", units.length(winner.gofra_mm).into()),
        ("gofra_grown", units.length(duel.gofra_grown_mm).into()),
        ("cable", units.length(winner.cable_mm).into()),
        ("cable_grown", units.length(duel.cable_grown_mm).into()),
    ];
    let page = page
        .line("duel-chance", [("chance", decimal(duel.chance).into())])
        .gap()
        .line("duel-growth", values);
    match duel.new_level {
        None => page,
        Some(number) => {
            let level = level_name(words, number);
            page.line(
                "duel-level",
                [("winner", name.into()), ("level", level.into())],
            )
        }
    }
}

fn sides(duel: &Duel) -> (&Rival, &Rival) {
    if duel.attacker_won {
        (&duel.attacker, &duel.defender)
    } else {
        (&duel.defender, &duel.attacker)
    }
}

pub(super) fn refused(stage: &Stage<'_>, why: &DuelRefusal) -> Screen {
    let words = stage.words;
    let window = stage.units.duration(DUEL_WINDOW_S).into();
    let page = match why {
        DuelRefusal::TooMany {
            limit,
            retry_after_s,
        } => {
            let time = stage.units.duration(*retry_after_s).into();
            Page::with(
                words,
                "duel-too-many",
                [
                    ("limit", (*limit).into()),
                    ("window", window),
                    ("time", time),
                ],
            )
        }
        DuelRefusal::TooManyAgainst {
            nickname,
            limit,
            retry_after_s,
        } => {
            let values = [
                ("nickname", escape(nickname).into()),
                ("limit", (*limit).into()),
                ("window", window),
                ("time", stage.units.duration(*retry_after_s).into()),
            ];
            Page::with(words, "duel-too-many-against", values)
        }
        DuelRefusal::Yourself => Page::with(words, "duel-yourself", []),
        DuelRefusal::Bot => Page::with(words, "duel-bot", []),
        DuelRefusal::NoSuchPlayer => Page::with(words, "duel-no-player", []),
        DuelRefusal::NoProposal => Page::with(words, "duel-no-proposal", []),
        DuelRefusal::Expired => {
            let time = stage.units.duration(PROPOSAL_LIFETIME_S).into();
            Page::with(words, "duel-expired", [("time", time)])
        }
        DuelRefusal::Used => Page::with(words, "duel-used", []),
    };
    let keyboard = match why {
        DuelRefusal::TooMany { .. } => stage.keyboards.to_menu(),
        _ => stage.keyboards.to_find(),
    };
    page.under(keyboard)
}

/// The last duels of the player.
pub(super) fn past(stage: &Stage<'_>) -> Option<Screen> {
    let Facts::Duels(duels) = stage.scene.facts else {
        return None;
    };
    let keyboard = stage.keyboards.rademka();
    if duels.is_empty() {
        return Some(Page::with(stage.words, "my-duels-none", []).under(keyboard));
    }
    let page = Page::with(
        stage.words,
        "my-duels",
        [("nickname", stage.nickname().into())],
    )
    .gap();
    let page = duels
        .iter()
        .take(SHOWN_DUELS)
        .fold(page, |page, duel| record(page, stage, duel));
    Some(page.under(keyboard))
}

/// Past duels on one screen.
const SHOWN_DUELS: usize = 10;

fn record(page: Page, stage: &Stage<'_>, duel: &DuelRecord) -> Page {
    let key = match (duel.attacked, duel.won) {
        (true, true) => "my-duels-attacked-won",
        (true, false) => "my-duels-attacked-lost",
        (false, true) => "my-duels-defended-won",
        (false, false) => "my-duels-defended-lost",
    };
    let values = [
        ("opponent", escape(&duel.opponent).into()),
        ("chance", decimal(duel.chance).into()),
        ("ago", stage.ago(duel.at).into()),
    ];
    page.line(key, values)
}
