//! Goes through each player's updates in the order in which they were sent, beside the ledger: what each row says must
//! follow from the rows before it.
//!
//! The ledger proves the order by itself: a davka tells what is held after it, an uletet how much flew off, a change of
//! nickname from which name. Whatever was played too early, too late, twice or never breaks the chain.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::chaos::players::{Deed, Step};

/// A row of the ledger.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) user_id: i64,
    pub(super) chat_id: i64,
    pub(super) kind: String,
    pub(super) outcome: Value,
    pub(super) at: DateTime<Utc>,
}

/// What a player should own after all of it.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Player {
    pub(super) held_g: i64,
    pub(super) total_g: i64,
    pub(super) davkas: i64,
    pub(super) language: Option<String>,
    pub(super) nickname: Option<String>,
    begun: bool,
    last: Option<DateTime<Utc>>,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wrong {
    /// There is none.
    Lost,
    /// It tells of another player, chat or action than the update.
    Other(String),
    /// It does not follow from the rows before it.
    Order(String),
}

#[derive(Deserialize)]
struct Outcome {
    is: String,
    grams: Option<i64>,
    zmiy_g: Option<i64>,
    total_zmiy_g: Option<i64>,
    nickname: Option<String>,
    from: Option<String>,
    to: Option<String>,
    language: Option<String>,
    newcomer: Option<bool>,
}

/// Where and by whom an update was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender {
    pub(super) user_id: i64,
    pub(super) chat_id: i64,
}

impl Player {
    /// Takes in the next update and its row.
    pub(super) fn follow(
        &mut self,
        sender: Sender,
        step: &Step,
        row: Option<&Row>,
    ) -> Result<(), Wrong> {
        let Some(row) = row else {
            return match step.leaves_a_row() {
                true => Err(Wrong::Lost),
                false => Ok(()),
            };
        };
        let same = row.user_id == sender.user_id && row.chat_id == sender.chat_id;
        if !same || row.kind != step.kind() {
            return Err(Wrong::Other(format!("{row:?}")));
        }
        let outcome = Outcome::deserialize(&row.outcome);
        let outcome = outcome.map_err(|error| Wrong::Other(format!("{error}: {}", row.outcome)))?;
        let late = self.last.is_some_and(|last| row.at < last);
        self.last = Some(row.at);
        let follows = self.take(step, &outcome);
        if late || !follows {
            return Err(Wrong::Order(row.outcome.to_string()));
        }
        Ok(())
    }

    /// Whether the outcome follows from what was before; afterwards it is believed, so that one break is told once.
    fn take(&mut self, step: &Step, outcome: &Outcome) -> bool {
        match (outcome.is.as_str(), &step.deed) {
            ("started", Deed::Start) => {
                outcome.newcomer == Some(!std::mem::replace(&mut self.begun, true))
            }
            ("davka", Deed::Davka) => {
                let grams = outcome.grams.unwrap_or_default();
                self.davkas += 1;
                self.total_g += grams;
                let held = self.held_g + grams;
                self.held_g = outcome.zmiy_g.unwrap_or_default();
                held == self.held_g
            }
            ("davka_refused", Deed::Davka) => true,
            ("uletet", Deed::Uletet) => {
                let held = std::mem::take(&mut self.held_g);
                held > 0
                    && outcome.grams == Some(held)
                    && outcome.total_zmiy_g == Some(self.total_g)
            }
            ("uletet_refused", Deed::Uletet) => self.held_g == 0,
            ("language_set", Deed::Language(code)) => {
                self.language.clone_from(&outcome.language);
                outcome.language.as_deref() == Some(code)
            }
            ("nickname_asked", Deed::AskNickname) => self.was_called(outcome.nickname.as_deref()),
            ("nickname_changed", Deed::Say(text)) => {
                let known = self.was_called(outcome.from.as_deref());
                self.nickname.clone_from(&outcome.to);
                known && outcome.to.as_ref() == Some(text)
            }
            ("nickname_refused", Deed::Say(_))
            | ("duel" | "duel_refused", Deed::Fight(_) | Deed::Accept(_))
            | ("proposed" | "no_opponent" | "duel_refused", Deed::Find)
            | ("show", Deed::Look(..)) => true,
            _ => false,
        }
    }

    /// Whether this is the nickname that is known of him; the first one is believed.
    fn was_called(&mut self, name: Option<&str>) -> bool {
        let known = self
            .nickname
            .get_or_insert_with(|| name.unwrap_or_default().to_owned());
        Some(known.as_str()) == name
    }
}

/// The ledger by update.
pub(super) type Ledger = HashMap<i64, Row>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::players::Way;
    use serde_json::json;

    const SENDER: Sender = Sender {
        user_id: 1,
        chat_id: 1,
    };

    fn row(kind: &str, second: i64, outcome: Value) -> Row {
        let at = DateTime::from_timestamp(second, 0).unwrap();
        Row {
            user_id: 1,
            chat_id: 1,
            kind: kind.to_owned(),
            outcome,
            at,
        }
    }

    fn step(deed: Deed) -> Step {
        Step {
            way: Way::Private,
            deed,
        }
    }

    fn davka(second: i64, grams: i64, held: i64) -> (Deed, Row) {
        let outcome = json!({"is": "davka", "grams": grams, "zmiy_g": held});
        (Deed::Davka, row("davka", second, outcome))
    }

    fn uletet(second: i64, grams: i64, total: i64) -> (Deed, Row) {
        let outcome = json!({"is": "uletet", "grams": grams, "total_zmiy_g": total});
        (Deed::Uletet, row("uletet", second, outcome))
    }

    fn follow(rows: &[(Deed, Row)]) -> Vec<bool> {
        let mut player = Player::default();
        let rows = rows
            .iter()
            .map(|(deed, row)| player.follow(SENDER, &step(deed.clone()), Some(row)));
        rows.map(|followed| followed.is_ok()).collect()
    }

    #[test]
    fn what_was_played_in_order_follows() {
        let rows = [
            davka(1, 50, 50),
            davka(2, 60, 110),
            uletet(2, 110, 110),
            davka(3, 70, 70),
            uletet(4, 70, 180),
        ];
        assert_eq!(follow(&rows), [true; 5]);
    }

    #[test]
    fn a_davka_played_after_the_uletet_behind_it_breaks_the_chain() {
        assert_eq!(
            follow(&[davka(1, 50, 50), davka(2, 60, 60), uletet(2, 50, 50)]),
            [true, false, false]
        );
    }

    #[test]
    fn an_effect_without_a_row_breaks_the_chain() {
        // The first davka was made twice.
        assert_eq!(
            follow(&[davka(1, 50, 50), davka(2, 60, 170), uletet(3, 170, 170)]),
            [true, false, false]
        );
    }

    #[test]
    fn a_row_older_than_the_one_before_is_out_of_order() {
        assert_eq!(
            follow(&[davka(5, 50, 50), davka(4, 60, 110)]),
            [true, false]
        );
    }

    #[test]
    fn a_missing_row_is_a_loss_unless_nothing_was_to_change() {
        let mut player = Player::default();
        assert_eq!(
            player.follow(SENDER, &step(Deed::Davka), None),
            Err(Wrong::Lost)
        );
        assert_eq!(
            player.follow(SENDER, &step(Deed::Look("atm", "atm")), None),
            Ok(())
        );
    }

    #[test]
    fn somebody_elses_row_is_noticed() {
        let (deed, mut row) = davka(1, 50, 50);
        row.user_id = 2;
        let followed = Player::default().follow(SENDER, &step(deed), Some(&row));
        assert!(matches!(followed, Err(Wrong::Other(_))));
    }

    #[test]
    fn nicknames_are_a_chain() {
        let changed = |second, from: &str, to: &str| {
            let outcome = json!({"is": "nickname_changed", "from": from, "to": to});
            (Deed::Say(to.to_owned()), row("nickname", second, outcome))
        };
        assert_eq!(
            follow(&[
                changed(1, "a", "b"),
                changed(2, "b", "c"),
                changed(3, "b", "d")
            ]),
            [true, true, false]
        );
    }
}
