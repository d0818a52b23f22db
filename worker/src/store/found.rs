//! Rows that answer a batch's needs, put into the world that the rules will see; the same for both databases.

use super::figures::Counters;
use crate::game::action::View;
use crate::game::balance::{
    DUEL_WINDOW_S, NICKNAME_WINDOW_S, OPPONENT_ACTIVE_DAYS, START_CABLE_MM, START_GOFRA_MM,
};
use crate::game::duel::duel_id;
use crate::game::outcome::{Outcome, Shown};
use crate::game::player::{Dialogue, UserId};
use crate::game::world::{Needs, Proposal, RecentDuel, World};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;

/// How far back duels and changes of nicknames are read; the rules cut each by its own window.
const WINDOW_S: i64 = if DUEL_WINDOW_S > NICKNAME_WINDOW_S {
    DUEL_WINDOW_S
} else {
    NICKNAME_WINDOW_S
};

/// What is asked beside the players themselves, after they are locked.
#[derive(Debug, PartialEq)]
pub(super) struct Questions<'n> {
    pub(super) updates: &'n [i64],
    /// Ids that the duels of the proposals have, if they were fought.
    pub(super) proposed_duels: Vec<i64>,
    pub(super) attackers: &'n [UserId],
    pub(super) renamers: &'n [UserId],
    pub(super) nickname_keys: Vec<&'n str>,
    /// Duels and changes of nicknames at this moment or before do not count any more.
    pub(super) since: DateTime<Utc>,
}

impl<'n> Questions<'n> {
    pub(super) fn of(
        needs: &'n Needs,
        proposals: &HashMap<i64, Proposal>,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            updates: &needs.updates,
            proposed_duels: proposals
                .iter()
                .map(|(update_id, proposal)| duel_id(proposal.at, *update_id))
                .collect(),
            attackers: &needs.attackers,
            renamers: &needs.renamers,
            // Postgres cannot even be asked about a text with NUL; nobody's nickname has one.
            nickname_keys: needs
                .nickname_keys
                .iter()
                .map(String::as_str)
                .filter(|key| !key.contains('\0'))
                .collect(),
            since: now - TimeDelta::seconds(WINDOW_S),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.updates.is_empty()
            && self.proposed_duels.is_empty()
            && self.attackers.is_empty()
            && self.renamers.is_empty()
            && self.nickname_keys.is_empty()
    }
}

/// One answer to [`Questions`]; what the columns hold depends on the first.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) what: String,
    pub(super) id: i64,
    pub(super) other: i64,
    pub(super) at: DateTime<Utc>,
    pub(super) text: Option<String>,
}

/// Puts the answers into the world.
pub(super) fn answer(world: &mut World, mut found: Vec<Found>, counters: &Counters) {
    #[cfg(feature = "broken")]
    super::broken::forget(&mut found);
    found.sort_by_key(|row| row.at);
    for row in found {
        match row.what.as_str() {
            "played" => {
                let outcome = outcome(row.id, row.text.as_deref().unwrap_or_default(), counters);
                world.played.insert(row.id, outcome);
            }
            "used" => {
                for (update_id, proposal) in &mut world.proposals {
                    proposal.used |= duel_id(proposal.at, *update_id) == row.id;
                }
            }
            "duel" => world
                .recent_duels
                .entry(row.id)
                .or_default()
                .push(RecentDuel {
                    defender: row.other,
                    at: row.at,
                }),
            "rename" => world
                .nickname_changes
                .entry(row.id)
                .or_default()
                .push(row.at),
            _ => {
                world
                    .nickname_owners
                    .insert(row.text.unwrap_or_default(), row.id);
            }
        }
    }
}

/// Reads a stored outcome. One that another version wrote and this one cannot read still stands for an effect that
/// took place and must not take place again: the player is shown his figures as they are now.
fn outcome(update_id: i64, stored: &str, counters: &Counters) -> Outcome {
    serde_json::from_str(stored).unwrap_or_else(|error| {
        counters.unreadable_outcome();
        tracing::warn!(ledger.update_id = update_id, %error, "a stored outcome cannot be read");
        Outcome::Show(Shown {
            view: View::Profile,
        })
    })
}

/// The proposal that a row of the ledger is, if it is one that can be read.
pub(super) fn proposal(owner: UserId, stored: &str, at: DateTime<Utc>) -> Option<Proposal> {
    match serde_json::from_str(stored) {
        Ok(Outcome::Proposed { opponent, .. }) => Some(Proposal {
            owner,
            opponent: opponent.user_id,
            at,
            used: false,
        }),
        _ => None,
    }
}

/// Everybody who must be locked, once each and in order.
pub(super) fn everybody(needs: &Needs, proposals: &HashMap<i64, Proposal>) -> Vec<UserId> {
    let opponents = proposals.values().map(|proposal| proposal.opponent);
    let mut ids: Vec<UserId> = needs.actors.iter().chain(&needs.others).copied().collect();
    ids.extend(opponents);
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Those who look for an opponent, with their strength.
pub(super) fn seekers(needs: &Needs, world: &World) -> Vec<(UserId, f64)> {
    let strength = |id: &UserId| match world.players.get(id) {
        Some(player) => player.gofra_mm + player.cable_mm,
        None => START_GOFRA_MM + START_CABLE_MM,
    };
    needs.seekers.iter().map(|id| (*id, strength(id))).collect()
}

/// Opponents must have done something after this moment.
pub(super) fn active_since(now: DateTime<Utc>) -> DateTime<Utc> {
    now - TimeDelta::days(OPPONENT_ACTIVE_DAYS)
}

/// What the bot waits for, as stored.
pub(super) fn dialogue(stored: &str) -> Option<Dialogue> {
    let asked_by = match stored.strip_prefix("nickname")? {
        "" => 0, // as older versions stored it
        rest => rest.strip_prefix(':')?.parse().ok()?,
    };
    Some(Dialogue::Nickname { asked_by })
}
