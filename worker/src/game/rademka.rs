//! From a press or a command to a fought duel: who against whom, whether it is allowed, and what it leaves in the world.

use super::action::Turn;
use super::chance::Chance;
use super::duel;
use super::outcome::{Duel, DuelRefusal, Outcome};
use super::player::{Player, UserId};
use super::world::{NewDuel, RecentDuel, World};
use chrono::{DateTime, Utc};

/// A duel that somebody wants to fight.
struct Challenge {
    duel_id: i64,
    defender: UserId,
}

/// Accepts a proposal. Checked in this order: the proposal (see [`duel::usable`]), then as in `fight`.
/// A refused press does not use the proposal up.
pub(super) fn accept(
    world: &mut World,
    turn: &Turn,
    attacker: &mut Player,
    proposal_id: i64,
    now: DateTime<Utc>,
    chance: &mut dyn Chance,
) -> Outcome {
    let proposal = match duel::usable(world.proposals.get(&proposal_id), attacker.user_id, now) {
        Ok(proposal) => proposal,
        Err(refusal) => return Outcome::DuelRefused(refusal),
    };
    let challenge = Challenge {
        duel_id: duel::duel_id(proposal.at, proposal_id),
        defender: proposal.opponent,
    };
    let fought = fight(world, turn, attacker, &challenge, now, chance);
    if let (Ok(_), Some(proposal)) = (&fought, world.proposals.get_mut(&proposal_id)) {
        proposal.used = true;
    }
    fought.map_or_else(Outcome::DuelRefused, Outcome::Duel)
}

/// Fights the author of a replied message. Checked in this order: oneself, a bot, then as in `fight`.
pub(super) fn at_once(
    world: &mut World,
    turn: &Turn,
    attacker: &mut Player,
    (defender, is_bot): (UserId, bool),
    now: DateTime<Utc>,
    chance: &mut dyn Chance,
) -> Outcome {
    if is_bot && defender != attacker.user_id {
        return Outcome::DuelRefused(DuelRefusal::Bot);
    }
    let challenge = Challenge {
        duel_id: duel::duel_id(now, turn.update_id),
        defender,
    };
    fight(world, turn, attacker, &challenge, now, chance)
        .map_or_else(Outcome::DuelRefused, Outcome::Duel)
}

/// Checked in this order: oneself, whether the defender exists, all duels of the hour, those against him.
fn fight(
    world: &mut World,
    turn: &Turn,
    attacker: &mut Player,
    challenge: &Challenge,
    now: DateTime<Utc>,
    chance: &mut dyn Chance,
) -> Result<Duel, DuelRefusal> {
    let defender_id = challenge.defender;
    if defender_id == attacker.user_id {
        return Err(DuelRefusal::Yourself);
    }
    let defender = world
        .players
        .get_mut(&defender_id)
        .ok_or(DuelRefusal::NoSuchPlayer)?;
    let recent = world.recent_duels.entry(attacker.user_id).or_default();
    duel::check_quota(recent, now)?;
    duel::check_quota_against(recent, defender, now)?;

    let duel = duel::fight(challenge.duel_id, attacker, defender, now, chance);
    recent.push(RecentDuel {
        defender: defender_id,
        at: now,
    });
    world.changed.insert(defender_id);
    world.duels.push(NewDuel {
        id: duel.id,
        attacker_id: attacker.user_id,
        defender_id,
        chat_id: turn.group_id(),
        chance: duel.chance,
        attacker_won: duel.attacker_won,
        at: now,
    });
    Ok(duel)
}
