//! The search for an opponent: anybody of about the same strength who still plays.

use super::balance::OPPONENT_ACTIVE_DAYS;
use super::chance::Chance;
use super::duel;
use super::outcome::{DuelRefusal, Outcome, Rival};
use super::player::Player;
use super::world::World;
use chrono::{DateTime, TimeDelta, Utc};

/// Proposes a duel with a random candidate. Refused at once when the hour is used up, so that nobody is offered a duel
/// he cannot have; candidates fought too often are passed over, and named only if there is nobody else.
pub(super) fn find(
    world: &World,
    seeker: &Player,
    now: DateTime<Utc>,
    chance: &mut dyn Chance,
) -> Outcome {
    let recent = world
        .recent_duels
        .get(&seeker.user_id)
        .map_or(&[][..], Vec::as_slice);
    if let Err(refusal) = duel::check_quota(recent, now) {
        return Outcome::DuelRefused(refusal);
    }
    let mut willing = Vec::new();
    let mut first_to_return: Option<(i64, DuelRefusal)> = None;
    for candidate in candidates(world, seeker, now) {
        match duel::check_quota_against(recent, candidate, now) {
            Ok(()) => willing.push(candidate),
            Err(refusal) => {
                let wait_s = refusal.retry_after_s().unwrap_or_default();
                if first_to_return
                    .as_ref()
                    .is_none_or(|(shortest_s, _)| wait_s < *shortest_s)
                {
                    first_to_return = Some((wait_s, refusal));
                }
            }
        }
    }
    match (pick(&willing, chance), first_to_return) {
        (Some(opponent), _) => Outcome::Proposed {
            opponent: Rival::of(opponent),
            chance: duel::chance_of(seeker, opponent),
        },
        (None, Some((_, refusal))) => Outcome::DuelRefused(refusal),
        (None, None) => Outcome::NoOpponent,
    }
}

/// Those the store has found, as they are now: earlier turns of the batch may have changed them.
fn candidates<'w>(
    world: &'w World,
    seeker: &'w Player,
    now: DateTime<Utc>,
) -> impl Iterator<Item = &'w Player> {
    let active_since = now - TimeDelta::days(OPPONENT_ACTIVE_DAYS);
    world
        .candidates
        .get(&seeker.user_id)
        .into_iter()
        .flatten()
        .map(|found| world.players.get(&found.user_id).unwrap_or(found))
        .filter(move |candidate| {
            candidate.user_id != seeker.user_id && candidate.updated_at >= active_since
        })
}

fn pick<'p>(willing: &[&'p Player], chance: &mut dyn Chance) -> Option<&'p Player> {
    let last = i64::try_from(willing.len())
        .ok()?
        .checked_sub(1)
        .filter(|last| *last >= 0)?;
    let index = usize::try_from(chance.between(0, last)).ok()?;
    willing.get(index).copied()
}
