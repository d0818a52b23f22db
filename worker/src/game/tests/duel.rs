//! Chance, rewards, proposals and quotas of a duel.

use super::super::balance::{ATTACKER_REWARD, DEFENDER_REWARD};
use super::super::duel::{
    chance_of, check_quota, check_quota_against, duel_id, fight, gofra_reward, usable,
};
use super::super::outcome::DuelRefusal;
use super::super::player::{Language, Player};
use super::super::world::{Proposal, RecentDuel};
use super::{Loaded, lose, newcomer, second, sized, win};
use chrono::TimeDelta;
use proptest::prelude::*;

#[test]
fn the_chance_follows_both_lengths_within_bounds() {
    for ((attacker_gofra, attacker_cable), (defender_gofra, defender_cable), expected) in [
        ((310.0, 60.0), (10.0, 10.0), 57.0),
        ((10.0, 10.0), (310.0, 60.0), 43.0),
        ((10.0, 10.0), (10.0, 10.0), 50.0),
        ((20.0, 10.0), (10.0, 10.0), 50.2),
        ((10.0, 20.0), (10.0, 10.0), 50.2),
        ((2_010.0, 10.0), (10.0, 10.0), 90.0),
        ((2_009.0, 10.0), (10.0, 10.0), 89.98),
        ((90_000.0, 10.0), (10.0, 10.0), 90.0),
        ((10.0, 10.0), (90_000.0, 10.0), 10.0),
    ] {
        let chance = chance_of(
            &sized(1, attacker_gofra, attacker_cable),
            &sized(2, defender_gofra, defender_cable),
        );
        assert!(
            (chance - expected).abs() < 1e-9,
            "{attacker_gofra}/{attacker_cable}: {chance}, not {expected}"
        );
    }
}

#[test]
fn rewards_of_a_winning_attacker() {
    for (winner, loser, expected) in [
        (100.0, 300.0, 14.00),
        (100.0, 100.0, 12.00),
        (100.0, 900.0, 20.00),
        (100.0, 5_000.0, 20.00),
        (300.0, 100.0, 11.00),
        (1_500.0, 100.0, 5.00),
        (20_000.0, 10.0, 5.00),
        (10.0, 10.4, 12.00),
        (10.0, 10.6, 12.01),
    ] {
        assert_eq!(
            gofra_reward(&ATTACKER_REWARD, winner, loser),
            expected,
            "{winner} beats {loser}"
        );
    }
}

#[test]
fn rewards_of_a_winning_defender() {
    for (winner, loser, expected) in [
        (100.0, 300.0, 7.00),
        (100.0, 100.0, 6.00),
        (100.0, 900.0, 10.00),
        (100.0, 5_000.0, 10.00),
        (300.0, 100.0, 5.50),
        (1_500.0, 100.0, 2.50),
        (20_000.0, 10.0, 2.50),
    ] {
        assert_eq!(
            gofra_reward(&DEFENDER_REWARD, winner, loser),
            expected,
            "{winner} beats {loser}"
        );
    }
}

#[test]
fn the_attacker_wins() {
    let (mut attacker, mut defender) = (sized(1, 100.0, 10.0), sized(2, 300.0, 10.0));
    let duel = fight(7, &mut attacker, &mut defender, second(0), &mut win());
    assert!(duel.attacker_won);
    assert_eq!(
        (
            duel.id,
            duel.gofra_grown_mm,
            duel.cable_grown_mm,
            duel.new_level
        ),
        (7, 14.0, 0.2, None)
    );
    assert_eq!(
        (duel.attacker.gofra_mm, duel.defender.gofra_mm),
        (114.0, 300.0),
        "as they are afterwards"
    );
    assert_eq!(
        attacker,
        Player {
            duels: 1,
            duel_wins: 1,
            ..sized(1, 114.0, 10.2)
        }
    );
    assert_eq!(
        defender,
        Player {
            duels: 1,
            ..sized(2, 300.0, 10.0)
        }
    );
}

#[test]
fn the_defender_wins() {
    let (mut attacker, mut defender) = (sized(1, 100.0, 10.0), sized(2, 46.0, 10.0));
    defender.language_code = Some(Language::Ru);
    let duel = fight(7, &mut attacker, &mut defender, second(9), &mut lose());
    assert!(!duel.attacker_won);
    assert_eq!(
        (duel.gofra_grown_mm, duel.cable_grown_mm, duel.new_level),
        (6.27, 0.1, Some(2))
    );
    assert_eq!(duel.defender_language, Some(Language::Ru));
    assert_eq!(
        attacker,
        Player {
            duels: 1,
            ..sized(1, 100.0, 10.0)
        }
    );
    assert_eq!((defender.gofra_mm, defender.cable_mm), (52.27, 10.1));
    assert_eq!(
        (defender.duels, defender.duel_wins, defender.updated_at),
        (1, 1, second(0))
    );
}

#[test]
fn a_duel_does_not_delay_the_next_atmosphere() {
    let mut attacker = Player {
        atm: 0,
        ..sized(1, 100.0, 10.0)
    };
    fight(
        7,
        &mut attacker,
        &mut newcomer(2),
        second(6_000),
        &mut win(),
    );
    assert_eq!(super::super::energy::at(&attacker, second(6_546)).atm, 1);
}

#[test]
fn the_dice_have_the_chance_they_show() {
    // 57.0 percent of a million sides.
    for (throw, wins) in [
        (1, true),
        (570_000, true),
        (570_001, false),
        (1_000_000, false),
    ] {
        let (mut attacker, mut defender) = (sized(1, 310.0, 60.0), sized(2, 10.0, 10.0));
        let duel = fight(
            7,
            &mut attacker,
            &mut defender,
            second(0),
            &mut Loaded(throw),
        );
        assert_eq!(duel.attacker_won, wins, "{throw}");
    }
}

#[test]
fn absurd_lengths_do_not_panic() {
    for gofra_mm in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX] {
        let (mut attacker, mut defender) = (sized(1, gofra_mm, 10.0), sized(2, 10.0, 10.0));
        fight(7, &mut attacker, &mut defender, second(0), &mut win());
        fight(8, &mut defender, &mut attacker, second(0), &mut lose());
    }
}

#[test]
fn the_id_holds_the_second_and_the_update() {
    let at = second(0) + TimeDelta::milliseconds(999);
    assert_eq!(duel_id(at, 5), (1_728_000_000 << 31) | 5);
    assert_eq!(
        duel_id(at, (1 << 31) + 5),
        duel_id(at, 5),
        "31 bits of the update"
    );
    assert_ne!(duel_id(at, 5), duel_id(second(1), 5));
    assert_ne!(duel_id(at, 5), duel_id(at, 6));
    assert!(duel_id(at, -1) > 0);
}

#[test]
fn a_proposal_is_its_owners_once_and_for_ten_minutes() {
    let fresh = Proposal {
        owner: 1,
        opponent: 2,
        at: second(0),
        used: false,
    };
    let used = Proposal {
        used: true,
        ..fresh.clone()
    };
    for (proposal, user_id, s, expected) in [
        (None, 1, 0, Err(DuelRefusal::NoProposal)),
        (Some(&fresh), 2, 0, Err(DuelRefusal::NoProposal)),
        (Some(&used), 2, 0, Err(DuelRefusal::NoProposal)),
        (Some(&used), 1, 0, Err(DuelRefusal::Used)),
        (Some(&used), 1, 9_999, Err(DuelRefusal::Used)),
        (Some(&fresh), 1, 601, Err(DuelRefusal::Expired)),
        (Some(&fresh), 1, 600, Ok(&fresh)),
        (Some(&fresh), 1, 0, Ok(&fresh)),
        (Some(&fresh), 1, -3, Ok(&fresh)),
    ] {
        assert_eq!(
            usable(proposal, user_id, second(s)),
            expected,
            "{proposal:?} by {user_id} after {s} s"
        );
    }
}

fn recent(starts: &[(i64, i64)]) -> Vec<RecentDuel> {
    starts
        .iter()
        .map(|&(s, defender)| RecentDuel {
            defender,
            at: second(s),
        })
        .collect()
}

#[test]
fn ten_duels_an_hour() {
    let nine: Vec<_> = (0..9).map(|n| (n * 60, 100 + n)).collect();
    let ten: Vec<_> = (0..10).map(|n| (n * 60, 100 + n)).collect();
    let too_many = |retry_after_s| {
        Err(DuelRefusal::TooMany {
            limit: 10,
            retry_after_s,
        })
    };
    assert_eq!(check_quota(&recent(&nine), second(600)), Ok(()));
    assert_eq!(check_quota(&recent(&ten), second(600)), too_many(3_000));
    assert_eq!(check_quota(&recent(&ten), second(3_599)), too_many(1));
    assert_eq!(check_quota(&recent(&ten), second(3_600)), Ok(()));
}

#[test]
fn three_against_the_same_player() {
    let defender = Player {
        nickname: "Vasya".to_owned(),
        ..newcomer(7)
    };
    let started = recent(&[(0, 7), (10, 8), (20, 7), (30, 7)]);
    let refusal = DuelRefusal::TooManyAgainst {
        nickname: "Vasya".to_owned(),
        limit: 3,
        retry_after_s: 3_500,
    };
    assert_eq!(
        check_quota_against(&started, &defender, second(100)),
        Err(refusal)
    );
    assert_eq!(
        check_quota_against(&started, &newcomer(8), second(100)),
        Ok(())
    );
    assert_eq!(
        check_quota_against(&started[..3], &defender, second(100)),
        Ok(())
    );
    assert_eq!(
        check_quota_against(&started, &defender, second(3_600)),
        Ok(())
    );
}

proptest! {
    #[test]
    fn nobody_loses_length_and_the_winner_stays_in_range(
        gofras in (10_000..30_000_000_i32, 10_000..30_000_000_i32),
        cables in (10_000..30_000_000_i32, 10_000..30_000_000_i32),
        throw in 1..=1_000_000_i64,
    ) {
        let mm = |um| f64::from(um) / 1_000.0;
        let (mut attacker, mut defender) = (sized(1, mm(gofras.0), mm(cables.0)), sized(2, mm(gofras.1), mm(cables.1)));
        let before = (attacker.clone(), defender.clone());
        let duel = fight(1, &mut attacker, &mut defender, second(0), &mut Loaded(throw));

        prop_assert!((10.0..=90.0).contains(&duel.chance));
        let back = chance_of(&before.1, &before.0);
        prop_assert!((duel.chance + back - 100.0).abs() < 1e-9, "what one side gains, the other lacks");

        let (winner, winner_before, loser, loser_before, range, cable) = if duel.attacker_won {
            (&attacker, &before.0, &defender, &before.1, 5.0..=20.0, 0.2)
        } else {
            (&defender, &before.1, &attacker, &before.0, 2.5..=10.0, 0.1)
        };
        prop_assert!(range.contains(&duel.gofra_grown_mm));
        prop_assert!((duel.gofra_grown_mm * 100.0 - (duel.gofra_grown_mm * 100.0).round()).abs() < 1e-9);
        prop_assert!((winner.gofra_mm - winner_before.gofra_mm - duel.gofra_grown_mm).abs() < 1e-6);
        prop_assert!((winner.cable_mm - winner_before.cable_mm - cable).abs() < 1e-6);
        prop_assert_eq!((loser.gofra_mm, loser.cable_mm), (loser_before.gofra_mm, loser_before.cable_mm));
        prop_assert_eq!((attacker.duels, defender.duels, attacker.duel_wins + defender.duel_wins), (1, 1, 1));
    }

    #[test]
    fn a_longer_loser_never_pays_less(winner in 10.0..30_000.0_f64, loser in 10.0..30_000.0_f64, more in 0.0..1_000.0_f64) {
        for reward in [&ATTACKER_REWARD, &DEFENDER_REWARD] {
            prop_assert!(gofra_reward(reward, winner, loser + more) >= gofra_reward(reward, winner, loser));
        }
    }
}
