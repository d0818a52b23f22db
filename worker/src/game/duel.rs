//! Rademka: a duel of two players. One side wins and grows; nobody ever loses length.

use super::balance::{
    ATTACKER_REWARD, CHANCE_BASE, CHANCE_MAX, CHANCE_MIN, CHANCE_PER_CABLE_MM, CHANCE_PER_GOFRA_MM,
    DEFENDER_REWARD, DUEL_WINDOW_S, DUELS_PER_WINDOW, DUELS_PER_WINDOW_AGAINST_ONE,
    PROPOSAL_LIFETIME_S, Reward,
};
use super::chance::Chance;
use super::growth;
use super::outcome::{Duel, DuelRefusal, Rival};
use super::player::{Player, UserId};
use super::window;
use super::world::{Proposal, RecentDuel};
use chrono::{DateTime, TimeDelta, Utc};

/// The dice of a duel have this many sides for each percent.
const SIDES_PER_PERCENT: f64 = 10_000.0;
const SIDES: i64 = 1_000_000;

/// The attacker's chance, percent.
pub fn chance_of(attacker: &Player, defender: &Player) -> f64 {
    let chance = CHANCE_BASE
        + CHANCE_PER_GOFRA_MM * (attacker.gofra_mm - defender.gofra_mm)
        + CHANCE_PER_CABLE_MM * (attacker.cable_mm - defender.cable_mm);
    chance.clamp(CHANCE_MIN, CHANCE_MAX)
}

/// Growth of the winner's gofra, mm, rounded to a hundredth.
pub fn gofra_reward(reward: &Reward, winner_gofra_mm: f64, loser_gofra_mm: f64) -> f64 {
    let longer = loser_gofra_mm - winner_gofra_mm;
    let mm = if longer > 0.0 {
        reward.base_mm + (longer / reward.longer_per_mm).min(reward.bonus_max_mm)
    } else {
        (reward.base_mm + longer / reward.shorter_per_mm).max(reward.min_mm)
    };
    (mm * 100.0).round() / 100.0
}

/// `duels.id` of the duel that an update brings about: of a proposal, its own moment and update; of a fight without a
/// proposal, the moment of the fight and its update. As the key of the table it lets a proposal be used only once.
pub fn duel_id(at: DateTime<Utc>, update_id: i64) -> i64 {
    (at.timestamp() << 31) | (update_id & 0x7fff_ffff)
}

/// The proposal, if `attacker` may use it. Checked in this order: it exists and is his, it is unused, it is alive.
pub fn usable(
    proposal: Option<&Proposal>,
    attacker: UserId,
    now: DateTime<Utc>,
) -> Result<&Proposal, DuelRefusal> {
    let proposal = proposal
        .filter(|proposal| proposal.owner == attacker)
        .ok_or(DuelRefusal::NoProposal)?;
    if proposal.used {
        return Err(DuelRefusal::Used);
    }
    if now - proposal.at > TimeDelta::seconds(PROPOSAL_LIFETIME_S) {
        return Err(DuelRefusal::Expired);
    }
    Ok(proposal)
}

/// Whether somebody with these recent duels may start another one now.
pub fn check_quota(recent: &[RecentDuel], now: DateTime<Utc>) -> Result<(), DuelRefusal> {
    let starts = recent.iter().map(|duel| duel.at);
    match window::wait_s(starts, DUELS_PER_WINDOW, DUEL_WINDOW_S, now) {
        0 => Ok(()),
        retry_after_s => Err(DuelRefusal::TooMany {
            limit: DUELS_PER_WINDOW,
            retry_after_s,
        }),
    }
}

/// Whether somebody with these recent duels may start another one against this defender now.
pub fn check_quota_against(
    recent: &[RecentDuel],
    defender: &Player,
    now: DateTime<Utc>,
) -> Result<(), DuelRefusal> {
    let starts = recent
        .iter()
        .filter(|duel| duel.defender == defender.user_id)
        .map(|duel| duel.at);
    match window::wait_s(starts, DUELS_PER_WINDOW_AGAINST_ONE, DUEL_WINDOW_S, now) {
        0 => Ok(()),
        retry_after_s => Err(DuelRefusal::TooManyAgainst {
            nickname: defender.nickname.clone(),
            limit: DUELS_PER_WINDOW_AGAINST_ONE,
            retry_after_s,
        }),
    }
}

/// Fights: rolls, rewards the winner, counts the duel for both.
pub fn fight(
    id: i64,
    attacker: &mut Player,
    defender: &mut Player,
    now: DateTime<Utc>,
    chance: &mut dyn Chance,
) -> Duel {
    let percent = chance_of(attacker, defender);
    let winning_sides = (percent * SIDES_PER_PERCENT).round() as i64;
    let attacker_won = chance.between(1, SIDES) <= winning_sides;

    let (reward, winner, loser) = if attacker_won {
        (&ATTACKER_REWARD, &mut *attacker, &mut *defender)
    } else {
        (&DEFENDER_REWARD, &mut *defender, &mut *attacker)
    };
    let gofra_grown_mm = gofra_reward(reward, winner.gofra_mm, loser.gofra_mm);
    let cable_grown_mm = reward.cable_mm;
    let new_level = growth::grow(winner, gofra_grown_mm, cable_grown_mm, now);
    winner.duel_wins = winner.duel_wins.saturating_add(1);
    winner.duels = winner.duels.saturating_add(1);
    loser.duels = loser.duels.saturating_add(1);

    Duel {
        id,
        attacker: Rival::of(attacker),
        defender: Rival::of(defender),
        defender_language: defender.speaks(),
        chance: percent,
        attacker_won,
        gofra_grown_mm,
        cable_grown_mm,
        new_level,
    }
}

impl Rival {
    /// A player as he is now.
    pub fn of(player: &Player) -> Self {
        Self {
            user_id: player.user_id,
            nickname: player.nickname.clone(),
            gofra_mm: player.gofra_mm,
            cable_mm: player.cable_mm,
        }
    }
}
