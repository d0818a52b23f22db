//! The search for an opponent.

use super::super::action::Action;
use super::super::outcome::{DuelRefusal, Outcome, Rival};
use super::super::player::{Player, UserId};
use super::super::world::{RecentDuel, World};
use super::{Loaded, newcomer, play_at, private, second, sized, world_of};

const DAY: i64 = 86_400;

fn seen(user_id: UserId, s: i64) -> Player {
    Player {
        updated_at: second(s),
        ..newcomer(user_id)
    }
}

fn world_with(candidates: Vec<Player>) -> World {
    World {
        candidates: [(1, candidates)].into(),
        ..world_of([newcomer(1)])
    }
}

fn find(world: &mut World, roll: i64) -> Outcome {
    let update_id = i64::try_from(world.ledger.len()).unwrap();
    play_at(
        world,
        30 * DAY,
        &private(update_id, 1, Action::FindOpponent),
        Loaded(roll),
    )
}

fn found(outcome: &Outcome) -> Option<UserId> {
    match outcome {
        Outcome::Proposed { opponent, .. } => Some(opponent.user_id),
        _ => None,
    }
}

#[test]
fn any_candidate_may_be_chosen() {
    let candidates = vec![seen(2, 30 * DAY), seen(3, 30 * DAY), seen(4, 30 * DAY)];
    for (roll, expected) in [(0, 2), (1, 3), (2, 4), (99, 4)] {
        assert_eq!(
            found(&find(&mut world_with(candidates.clone()), roll)),
            Some(expected)
        );
    }
}

#[test]
fn the_proposal_shows_the_opponent_and_the_chance() {
    let rival = Player {
        updated_at: second(30 * DAY),
        ..sized(2, 310.0, 60.0)
    };
    let outcome = find(&mut world_with(vec![rival.clone()]), 0);
    assert_eq!(
        outcome,
        Outcome::Proposed {
            opponent: Rival::of(&rival),
            chance: 43.0
        }
    );
}

#[test]
fn never_oneself_and_nobody_asleep_for_30_days() {
    assert_eq!(find(&mut world_with(vec![]), 0), Outcome::NoOpponent);
    assert_eq!(
        find(&mut world_with(vec![seen(1, 30 * DAY)]), 0),
        Outcome::NoOpponent
    );
    assert_eq!(
        find(&mut world_with(vec![seen(2, -1)]), 0),
        Outcome::NoOpponent
    );
    assert_eq!(found(&find(&mut world_with(vec![seen(2, 0)]), 0)), Some(2));
}

#[test]
fn a_candidate_is_shown_as_he_is_now() {
    let mut world = world_with(vec![seen(2, 30 * DAY)]);
    world.players.insert(
        2,
        Player {
            nickname: "New".to_owned(),
            ..seen(2, 30 * DAY)
        },
    );
    match find(&mut world, 0) {
        Outcome::Proposed { opponent, .. } => assert_eq!(opponent.nickname, "New"),
        other => panic!("{other:?}"),
    }
}

fn fought(world: &mut World, duels: &[(UserId, i64)]) {
    let duels = duels.iter().map(|&(defender, ago)| RecentDuel {
        defender,
        at: second(30 * DAY - ago),
    });
    world.recent_duels.insert(1, duels.collect());
}

#[test]
fn a_used_up_hour_is_told_at_once() {
    let mut world = world_with(vec![seen(2, 30 * DAY)]);
    fought(&mut world, &[(9, 600); 10]);
    let refusal = DuelRefusal::TooMany {
        limit: 10,
        retry_after_s: 3_000,
    };
    assert_eq!(find(&mut world, 0), Outcome::DuelRefused(refusal));
}

#[test]
fn those_fought_three_times_are_passed_over() {
    let mut world = world_with(vec![seen(2, 30 * DAY), seen(3, 30 * DAY)]);
    fought(&mut world, &[(2, 60), (2, 50), (2, 40)]);
    assert_eq!(found(&find(&mut world, 0)), Some(3));
    fought(
        &mut world,
        &[(2, 60), (2, 50), (2, 40), (3, 600), (3, 30), (3, 20)],
    );
    let refusal = DuelRefusal::TooManyAgainst {
        nickname: "gofr3".to_owned(),
        limit: 3,
        retry_after_s: 3_000,
    };
    assert_eq!(
        find(&mut world, 0),
        Outcome::DuelRefused(refusal),
        "the one who is free first is named"
    );
}
