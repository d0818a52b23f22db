//! Duels as turns: proposals, presses, `/fight`, and what they leave in the world.

use super::super::action::Action;
use super::super::duel::duel_id;
use super::super::outcome::{Duel, DuelRefusal, Outcome};
use super::super::player::{Player, UserId};
use super::super::world::{NewDuel, Proposal, RecentDuel, World};
use super::{in_group, lose, newcomer, play_at, private, second, sized, win, world_of};

const PROPOSAL: i64 = 500;

fn world() -> World {
    let proposal = Proposal {
        owner: 1,
        opponent: 2,
        at: second(0),
        used: false,
    };
    World {
        proposals: [(PROPOSAL, proposal)].into(),
        ..world_of([newcomer(1), newcomer(2), newcomer(3)])
    }
}

fn accept(world: &mut World, update_id: i64, user_id: UserId, s: i64) -> Outcome {
    play_at(
        world,
        s,
        &private(
            update_id,
            user_id,
            Action::AcceptDuel { proposal: PROPOSAL },
        ),
        win(),
    )
}

fn fight(world: &mut World, update_id: i64, defender: UserId, s: i64) -> Outcome {
    let turn = private(
        update_id,
        1,
        Action::Fight {
            defender,
            is_bot: false,
        },
    );
    play_at(world, s, &in_group(-100, turn), win())
}

fn fought(outcome: Outcome) -> Duel {
    match outcome {
        Outcome::Duel(duel) => duel,
        other => panic!("no duel: {other:?}"),
    }
}

fn refused(outcome: Outcome) -> DuelRefusal {
    match outcome {
        Outcome::DuelRefused(refusal) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn an_accepted_proposal_is_fought_once() {
    let mut world = world();
    let duel = fought(accept(&mut world, 10, 1, 5));
    assert_eq!(
        duel.id,
        duel_id(second(0), PROPOSAL),
        "the id is the proposal's, whatever the press"
    );
    let row = NewDuel {
        id: duel.id,
        attacker_id: 1,
        defender_id: 2,
        chat_id: None,
        chance: 50.0,
        attacker_won: true,
        at: second(5),
    };
    assert_eq!(world.duels, [row]);
    assert_eq!(refused(accept(&mut world, 11, 1, 6)), DuelRefusal::Used);
    assert_eq!(world.duels.len(), 1);
}

#[test]
fn both_sides_change_but_only_the_attacker_acted() {
    let mut world = world();
    fought(accept(&mut world, 10, 1, 5));
    assert_eq!(world.changed, [1, 2].into());
    let (attacker, defender) = (&world.players[&1], &world.players[&2]);
    assert_eq!(
        (attacker.duels, attacker.duel_wins, attacker.updated_at),
        (1, 1, second(5))
    );
    assert_eq!(
        (defender.duels, defender.duel_wins, defender.updated_at),
        (1, 0, second(0))
    );
    assert_eq!((attacker.gofra_mm, attacker.cable_mm), (22.0, 10.2));
}

#[test]
fn foreign_forged_and_late_presses_change_nothing() {
    for (user_id, s, expected) in [
        (2, 5, DuelRefusal::NoProposal),
        (3, 5, DuelRefusal::NoProposal),
        (1, 601, DuelRefusal::Expired),
    ] {
        let mut world = world();
        assert_eq!(refused(accept(&mut world, 10, user_id, s)), expected);
        assert!(world.duels.is_empty());
        assert_eq!(
            fought(accept(&mut world, 11, 1, 600)).defender.user_id,
            2,
            "and the owner may still use it"
        );
    }
    let forged = private(10, 1, Action::AcceptDuel { proposal: i64::MIN });
    assert_eq!(
        refused(play_at(&mut world(), 0, &forged, win())),
        DuelRefusal::NoProposal
    );
}

#[test]
fn an_opponent_who_vanished() {
    let mut world = world();
    world.players.remove(&2);
    assert_eq!(
        refused(accept(&mut world, 10, 1, 5)),
        DuelRefusal::NoSuchPlayer
    );
    assert!(
        !world.players.contains_key(&2),
        "looking for somebody creates nobody"
    );
}

#[test]
fn a_fight_at_once() {
    let mut world = world();
    let duel = fought(fight(&mut world, 77, 2, 5));
    assert_eq!(duel.id, duel_id(second(5), 77));
    assert_eq!(world.duels[0].chat_id, Some(-100));
}

#[test]
fn not_oneself_no_bot_nobody_unknown() {
    let mut world = world();
    let fight = |world: &mut World, update_id, defender, is_bot| {
        refused(play_at(
            world,
            0,
            &private(update_id, 1, Action::Fight { defender, is_bot }),
            win(),
        ))
    };
    assert_eq!(fight(&mut world, 1, 1, false), DuelRefusal::Yourself);
    assert_eq!(fight(&mut world, 2, 1, true), DuelRefusal::Yourself);
    assert_eq!(fight(&mut world, 3, 2, true), DuelRefusal::Bot);
    assert_eq!(fight(&mut world, 4, 99, false), DuelRefusal::NoSuchPlayer);
    assert!(world.duels.is_empty() && !world.players.contains_key(&99));
    assert_eq!(world.changed, [1].into());
}

#[test]
fn quotas_bind_the_attacker_across_batches() {
    let mut world = world();
    let earlier = [(2, -600), (2, -500)].map(|(defender, s)| RecentDuel {
        defender,
        at: second(s),
    });
    world.recent_duels.insert(1, earlier.to_vec());
    fought(fight(&mut world, 1, 2, 0));
    let against = DuelRefusal::TooManyAgainst {
        nickname: "gofr2".to_owned(),
        limit: 3,
        retry_after_s: 3_000,
    };
    assert_eq!(refused(fight(&mut world, 2, 2, 0)), against);
    assert_eq!(
        refused(accept(&mut world, 3, 1, 0)),
        against,
        "a proposal is no way around"
    );
    assert!(!world.proposals[&PROPOSAL].used);
    fought(fight(&mut world, 4, 3, 0));
    fought(fight(&mut world, 5, 2, 3_000));
}

#[test]
fn the_eleventh_of_an_hour_is_refused() {
    let mut world = world_of((1..=20).map(newcomer));
    for n in 0..10 {
        fought(fight(&mut world, n, 2 + n, n * 60));
    }
    let too_many = DuelRefusal::TooMany {
        limit: 10,
        retry_after_s: 3_000,
    };
    assert_eq!(refused(fight(&mut world, 10, 15, 600)), too_many);
    fought(fight(&mut world, 11, 15, 3_600));
}

#[test]
fn being_attacked_costs_no_quota() {
    let mut world = world_of((1..=20).map(newcomer));
    for attacker in 2..=20 {
        let turn = private(
            attacker,
            attacker,
            Action::Fight {
                defender: 1,
                is_bot: false,
            },
        );
        fought(play_at(&mut world, 0, &turn, win()));
    }
    fought(fight(&mut world, 100, 2, 0));
}

#[test]
fn private_and_group_follow_the_same_rules() {
    let turn = private(10, 1, Action::AcceptDuel { proposal: PROPOSAL });
    let (mut alone, mut among) = (world(), world());
    let in_private = fought(play_at(&mut alone, 5, &turn, lose()));
    let in_public = fought(play_at(&mut among, 5, &in_group(-100, turn), lose()));
    assert_eq!(in_private, in_public);
    assert_eq!(alone.players, among.players);
}

#[test]
fn the_winner_is_told_of_his_new_level() {
    let mut world = world_of([sized(1, 40.0, 10.0), newcomer(2)]);
    assert_eq!(fought(fight(&mut world, 1, 2, 0)).new_level, Some(2));
    let waiting = Player {
        atm: 3,
        ..sized(1, 40.0, 10.0)
    };
    let mut world = world_of([waiting, newcomer(2)]);
    fought(fight(&mut world, 1, 2, 7_200 + 10));
    assert_eq!(
        (world.players[&1].atm, world.players[&1].atm_since),
        (4, second(7_200))
    );
}
