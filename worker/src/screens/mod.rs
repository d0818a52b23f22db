//! Outcomes, outward: what a player reads, in his language, and the buttons under it.
//!
//! Words live in `locales/`, numbers in the balance table and in the outcome; here they only meet. Rendering is pure and
//! costs microseconds, so a redelivered update is simply rendered again.

mod actions;
mod atm;
mod boards;
mod cable;
mod commands;
mod declines;
mod duels;
mod figures;
mod gofra;
mod keyboard;
mod notices;
mod page;
mod scene;
mod units;
mod words;

#[cfg(test)]
mod tests;

pub use commands::{Audience, commands};
pub use duels::render_note;
pub use keyboard::{Button, Keyboard};
pub use notices::{Notice, is_notice_alone, notice};
pub use scene::Scene;

use crate::game::action::View;
use crate::game::outcome::Outcome;
use scene::Stage;

/// One answer, ready for Telegram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    /// The message in Telegram's HTML, 1 to 4096 characters when its entities are parsed.
    pub text: String,
    /// The inline keyboard under it; may be empty.
    pub keyboard: Keyboard,
}

/// Renders what came of an action.
pub fn render(outcome: &Outcome, scene: &Scene<'_>) -> Screen {
    let stage = Stage::after(outcome, scene);
    match outcome {
        Outcome::Started { newcomer } => actions::started(&stage, *newcomer),
        Outcome::Davka(catch) => actions::davka(&stage, catch),
        Outcome::DavkaRefused { atm, full_in_s } => {
            actions::davka_refused(&stage, *atm, *full_in_s)
        }
        Outcome::Uletet {
            grams,
            total_zmiy_g,
        } => actions::uletet(&stage, *grams, *total_zmiy_g),
        Outcome::UletetRefused => actions::uletet_refused(&stage),
        Outcome::Proposed { opponent, chance } => duels::proposed(&stage, opponent, *chance),
        Outcome::NoOpponent => duels::nobody(&stage),
        Outcome::Duel(duel) => duels::fought(&stage, duel),
        Outcome::DuelRefused(why) => duels::refused(&stage, why),
        Outcome::NicknameAsked { nickname } => actions::nickname_asked(&stage, nickname),
        Outcome::NicknameChanged { from, to } => actions::nickname_changed(&stage, from, to),
        Outcome::NicknameRefused(why) => actions::nickname_refused(&stage, why),
        Outcome::NicknameStillAwaited => actions::nickname_awaited(&stage),
        Outcome::Cancelled { was_waiting } => actions::cancelled(&stage, *was_waiting),
        Outcome::LanguageSet { language } => actions::language_set(&stage, *language),
        Outcome::Chatter => actions::chatter(&stage),
        Outcome::Show(shown) => show(&stage, shown.view),
        Outcome::Declined(declined) => declines::declined(&stage, declined.why),
    }
}

/// A screen that only shows figures. Without the figures it needs it says so: the database may be away.
fn show(stage: &Stage<'_>, view: View) -> Screen {
    let screen = match view {
        View::Help => Some(declines::help(stage)),
        View::Top(_) | View::ChatTop => boards::top(stage),
        View::ChatStats => boards::chat_stats(stage),
        View::ChatMe => boards::chat_me(stage),
        View::Admin => boards::admin(stage),
        View::MyDuels => duels::past(stage),
        View::Settings => Some(figures::settings(stage)),
        _ => stage
            .scene
            .player
            .and_then(|player| figures::own(stage, player, view)),
    };
    screen.unwrap_or_else(|| declines::not_now(stage))
}
