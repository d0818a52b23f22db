//! Regeneration, to the second.

use super::super::balance::LEVELS;
use super::super::energy::{Energy, at, settle, spend};
use super::super::growth::grow;
use super::super::player::Player;
use super::{newcomer, second, sized};
use chrono::TimeDelta;
use proptest::prelude::*;

fn emptied(gofra_mm: f64) -> Player {
    let mut player = sized(1, gofra_mm, 10.0);
    spend(&mut player, second(0));
    player
}

fn check(player: &Player, s: i64, atm: i32, next_in_s: i64, full_in_s: i64) {
    assert_eq!(
        at(player, second(s)),
        Energy {
            atm,
            next_in_s,
            full_in_s
        },
        "after {s} s"
    );
}

#[test]
fn level_1_gains_one_every_two_hours() {
    let player = emptied(10.0);
    check(&player, 0, 0, 7_200, 86_400);
    check(&player, 7_199, 0, 1, 79_201);
    check(&player, 7_200, 1, 7_200, 79_200);
    check(&player, 10_800, 1, 3_600, 75_600);
    check(&player, 86_399, 11, 1, 1);
    check(&player, 86_400, 12, 0, 0);
    check(&player, 1_000_000, 12, 0, 0);
}

#[test]
fn every_level_has_its_speed() {
    // The first whole second at which the first and the last atmosphere are there: 7200 / speed and 86400 / speed.
    for (level, (first, full)) in LEVELS.iter().zip([
        (7_200, 86_400),
        (6_546, 78_546),
        (6_000, 72_000),
        (5_539, 66_462),
        (5_143, 61_715),
        (4_800, 57_600),
        (4_500, 54_000),
        (4_236, 50_824),
        (4_000, 48_000),
        (3_600, 43_200),
    ]) {
        let player = emptied(level.from_mm);
        check(&player, 0, 0, first, full);
        assert_eq!(
            at(&player, second(first - 1)).atm,
            0,
            "level {}",
            level.number
        );
        assert_eq!(at(&player, second(first)).atm, 1, "level {}", level.number);
        assert_eq!(
            at(&player, second(full - 1)).atm,
            11,
            "level {}",
            level.number
        );
        assert_eq!(at(&player, second(full)).atm, 12, "level {}", level.number);
    }
}

#[test]
fn whole_seconds_are_never_missed_at_uneven_speeds() {
    // 11 atmospheres at 1.1 take exactly 72,000 s, 7 at 1.4 exactly 36,000 s.
    assert_eq!(at(&emptied(50.0), second(71_999)).atm, 10);
    assert_eq!(at(&emptied(50.0), second(72_000)).atm, 11);
    assert_eq!(at(&emptied(600.0), second(35_999)).atm, 6);
    assert_eq!(at(&emptied(600.0), second(36_000)).atm, 7);
}

#[test]
fn the_clock_stands_still_at_twelve() {
    let mut player = newcomer(1);
    spend(&mut player, second(500_000));
    check(&player, 500_000, 0, 7_200, 86_400);
}

#[test]
fn a_level_gained_in_mid_period_grants_the_due_and_carries_the_rest() {
    let mut player = emptied(49.0);
    let level = grow(&mut player, 1.0, 0.0, second(7_200 + 3_600));
    assert_eq!(level, Some(2));
    assert_eq!((player.atm, player.atm_since), (1, second(7_200)));
    // 3600 s of the period are behind; at speed 1.1 a period takes 6545.4 s.
    check(&player, 10_800, 1, 2_946, 2_946 + 65_454);
    check(&player, 7_200 + 6_546, 2, 6_545, 65_455 - 1);
}

#[test]
fn a_rest_longer_than_the_new_period_is_an_atmosphere_at_once() {
    let mut player = emptied(49.0);
    grow(&mut player, 1.0, 0.0, second(7_000));
    assert_eq!(at(&player, second(7_000)).atm, 1);
}

#[test]
fn growth_without_a_new_level_delays_nothing() {
    let mut player = emptied(10.0);
    assert_eq!(grow(&mut player, 1.0, 1.0, second(7_199)), None);
    check(&player, 7_200, 1, 7_200, 79_200);
}

#[test]
fn clocks_that_differ_neither_panic_nor_go_below_zero() {
    let mut player = emptied(10.0);
    check(&player, -5, 0, 7_200, 86_400);
    settle(&mut player, second(-5));
    assert_eq!(
        (player.atm, player.atm_since),
        (0, second(0)),
        "going back costs nothing that was waited for"
    );
    player.atm_since = chrono::DateTime::<chrono::Utc>::MIN_UTC;
    check(&player, 0, 12, 0, 0);
    player.atm_since = chrono::DateTime::<chrono::Utc>::MAX_UTC;
    check(&player, 0, 0, 7_200, 86_400);
}

#[test]
fn absurd_stored_atmospheres_are_clamped() {
    for (stored, atm) in [(99, 12), (i32::MAX, 12), (-1, 0), (i32::MIN, 0)] {
        let mut player = Player {
            atm: stored,
            ..newcomer(1)
        };
        assert_eq!(at(&player, second(0)).atm, atm);
        settle(&mut player, second(0));
        assert_eq!(player.atm, atm);
    }
}

fn any_player() -> impl Strategy<Value = Player> {
    (0..LEVELS.len(), 0..=12_i32).prop_map(|(level, atm)| Player {
        atm,
        ..sized(1, LEVELS[level].from_mm, 10.0)
    })
}

proptest! {
    /// Steps up to a day and a half, in microseconds.
    #[test]
    fn any_looks_and_settles_equal_one_look(
        player in any_player(),
        steps in prop::collection::vec((0..130_000_000_000_i64, any::<bool>()), 0..40),
    ) {
        let mut settled = player.clone();
        let mut now = second(0);
        for (step_us, settles) in steps {
            now += TimeDelta::microseconds(step_us);
            prop_assert_eq!(at(&settled, now), at(&player, now));
            if settles {
                settle(&mut settled, now);
                prop_assert_eq!(at(&settled, now), at(&player, now));
            }
        }
    }

    #[test]
    fn settling_keeps_the_remainder_to_the_microsecond(player in any_player(), at_us in 0..90_000_000_000_i64) {
        let now = second(0) + TimeDelta::microseconds(at_us);
        let mut settled = player.clone();
        settle(&mut settled, now);
        if settled.atm < 12 {
            // The very microsecond of the next atmosphere is the same with and without settling.
            let before = now + TimeDelta::seconds(at(&player, now).next_in_s - 1);
            let mut left = 0;
            let mut right = 2_000_000;
            while right - left > 1 {
                let middle = (left + right) / 2;
                let due = at(&player, before + TimeDelta::microseconds(middle)).atm > settled.atm;
                if due { right = middle } else { left = middle }
            }
            prop_assert_eq!(at(&settled, before + TimeDelta::microseconds(right)).atm, settled.atm + 1);
            prop_assert_eq!(at(&settled, before + TimeDelta::microseconds(left)).atm, settled.atm);
        }
    }

    #[test]
    fn waiting_never_takes_an_atmosphere_away(
        player in any_player(),
        earlier_s in -100_000..200_000_i64,
        later_s in 0..200_000_i64,
    ) {
        let earlier = at(&player, second(earlier_s));
        let later = at(&player, second(earlier_s + later_s));
        prop_assert!(earlier.atm <= later.atm);
        prop_assert!(earlier.full_in_s >= later.full_in_s);
    }

    #[test]
    fn the_told_seconds_are_true(player in any_player(), s in 0..100_000_i64) {
        let energy = at(&player, second(s));
        prop_assert!((0..=12).contains(&energy.atm));
        prop_assert_eq!(at(&player, second(s + energy.full_in_s)).atm, 12);
        if !energy.is_full() {
            prop_assert!(energy.next_in_s > 0 && energy.full_in_s >= energy.next_in_s);
            prop_assert_eq!(at(&player, second(s + energy.next_in_s)).atm, energy.atm + 1);
            prop_assert_eq!(at(&player, second(s + energy.next_in_s - 1)).atm, energy.atm);
            prop_assert!(at(&player, second(s + energy.full_in_s - 1)).atm < 12);
        }
    }
}
