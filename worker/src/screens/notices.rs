//! What the answer to a press says, above the message that changes meanwhile. It needs no figures but those of the
//! outcome, so that every press is answered at once.

use super::scene::{Scene, Stage};
use super::{declines, duels};
use crate::game::action::Decline;
use crate::game::balance::DAVKA_ATM;
use crate::game::outcome::{DuelRefusal, Outcome};

/// The answer to a press.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Plain text, 1 to 200 characters.
    pub text: String,
    /// Whether it has to be dismissed, unlike one that fades by itself.
    pub alert: bool,
}

/// What a press is told of its outcome; `None` for a silent answer.
pub fn notice(outcome: &Outcome, scene: &Scene<'_>) -> Option<Notice> {
    let stage = Stage::after(outcome, scene);
    let words = stage.words;
    let text = match outcome {
        Outcome::Davka(catch) => words.say(
            "notice-davka",
            [
                ("grams", catch.grams.into()),
                ("unit", words.plain("unit-g").into()),
            ],
        ),
        Outcome::DavkaRefused { atm, full_in_s } => words.say(
            "notice-davka-refused",
            [
                ("atm", (*atm).into()),
                ("needed", DAVKA_ATM.into()),
                ("time", stage.units.duration(*full_in_s).into()),
            ],
        ),
        Outcome::Uletet { .. } => words.plain("notice-uletet"),
        Outcome::UletetRefused => words.plain("notice-uletet-refused"),
        Outcome::Duel(duel) if duel.attacker_won => words.plain("notice-duel-won"),
        Outcome::Duel(_) => words.plain("notice-duel-lost"),
        Outcome::DuelRefused(DuelRefusal::Used) => {
            duels::refused(&stage, &DuelRefusal::Used).text.into()
        }
        Outcome::NicknameAsked { .. } => words.plain("notice-nickname"),
        Outcome::LanguageSet { .. } => words.plain("notice-language"),
        Outcome::Declined(declined) => declines::text(&stage, declined.why),
        _ => return None,
    };
    Some(Notice {
        text: text.into_owned(),
        alert: is_alert(outcome),
    })
}

/// A foreign menu is pressed by mistake all the time, and who is told to wait waits: neither needs dismissing.
fn is_alert(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Declined(declined) => {
            !matches!(declined.why, Decline::ForeignMenu | Decline::TooMany { .. })
        }
        _ => false,
    }
}

/// Whether a press is answered by its notice alone: its message stays, for nothing on it has changed. So does that of the
/// second tap of an impatient thumb, which already shows how the duel ended. A typed command gets the screen.
pub fn is_notice_alone(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Declined(_) | Outcome::DuelRefused(DuelRefusal::Used)
    )
}
