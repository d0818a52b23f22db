//! Davka and uletet.

use super::super::balance::LEVELS;
use super::super::davka::davka;
use super::super::energy;
use super::super::outcome::{Catch, Outcome};
use super::super::player::Player;
use super::super::uletet::uletet;
use super::{Loaded, newcomer, second, sized};
use proptest::prelude::*;

fn caught(player: &mut Player, s: i64, roll: i64) -> Catch {
    match davka(player, second(s), &mut Loaded(roll)) {
        Outcome::Davka(catch) => catch,
        other => panic!("no catch: {other:?}"),
    }
}

#[test]
fn roll_80_at_the_start() {
    let mut player = newcomer(1);
    let catch = caught(&mut player, 0, 80);
    let expected = Catch {
        grams: 80,
        gofra_grown_mm: 2.0,
        cable_grown_mm: 12.0,
        gofra_mm: 12.0,
        cable_mm: 22.0,
        zmiy_g: 80,
        new_level: None,
        full_in_s: 86_400,
    };
    assert_eq!(catch, expected);
    let expected = Player {
        gofra_mm: 12.0,
        cable_mm: 22.0,
        atm: 0,
        zmiy_g: 80,
        total_zmiy_g: 80,
        davkas: 1,
        best_g: 80,
        ..newcomer(1)
    };
    assert_eq!(player, expected);
}

#[test]
fn needs_all_twelve() {
    let mut player = newcomer(1);
    caught(&mut player, 0, 80);
    for (s, atm, full_in_s) in [(0, 0, 86_400), (7_200, 1, 79_200), (86_399, 11, 1)] {
        let before = player.clone();
        let outcome = davka(&mut player, second(s), &mut Loaded(80));
        assert_eq!(outcome, Outcome::DavkaRefused { atm, full_in_s });
        assert_eq!(player, before, "a refusal changes nothing");
    }
    assert_eq!(caught(&mut player, 86_400, 60).zmiy_g, 140);
    assert_eq!(
        (player.davkas, player.best_g, player.total_zmiy_g),
        (2, 80, 140)
    );
}

#[test]
fn the_dice_are_asked_for_the_range_of_the_level() {
    for level in &LEVELS {
        let mut player = sized(1, level.from_mm, 10.0);
        assert_eq!(caught(&mut player, 0, i64::MIN).grams, level.grams_low);
        let mut player = sized(1, level.from_mm, 10.0);
        assert_eq!(caught(&mut player, 0, i64::MAX).grams, level.grams_high);
    }
}

#[test]
fn a_catch_may_lift_to_the_next_level_and_its_speed() {
    let mut player = sized(1, 48.0, 10.0);
    let catch = caught(&mut player, 0, 80);
    assert_eq!((catch.gofra_mm, catch.new_level), (50.0, Some(2)));
    assert_eq!(catch.full_in_s, 78_546, "at the new speed");
}

#[test]
fn many_small_steps_leave_no_dust() {
    // 1600 times 0.025 mm is 40 mm to the last bit: exactly the next level.
    let mut player = newcomer(1);
    for _ in 0..1_600 {
        super::super::growth::grow(&mut player, 0.025, 0.15, second(0));
    }
    assert_eq!((player.gofra_mm, player.cable_mm), (50.0, 250.0));
}

#[test]
fn absurd_stored_sums_do_not_overflow() {
    let mut player = Player {
        zmiy_g: i64::MAX,
        total_zmiy_g: i64::MAX,
        davkas: i64::MAX,
        ..newcomer(1)
    };
    caught(&mut player, 0, 80);
    assert_eq!(
        (player.zmiy_g, player.total_zmiy_g, player.davkas),
        (i64::MAX, i64::MAX, i64::MAX)
    );
}

#[test]
fn uletet_needs_a_zmiy_and_keeps_the_lifetime_sum() {
    let mut player = newcomer(1);
    assert_eq!(uletet(&mut player), Outcome::UletetRefused);
    caught(&mut player, 0, 80);
    caught(&mut player, 86_400, 70);
    assert_eq!(
        uletet(&mut player),
        Outcome::Uletet {
            grams: 150,
            total_zmiy_g: 150
        }
    );
    assert_eq!((player.zmiy_g, player.total_zmiy_g), (0, 150));
    assert_eq!(uletet(&mut player), Outcome::UletetRefused);
}

proptest! {
    #[test]
    fn a_catch_grows_both_by_its_grams(gofra_um in 10_000..30_000_000_i32, cable_um in 10_000..30_000_000_i32, roll in 0..1_200_i64) {
        let (gofra_mm, cable_mm) = (f64::from(gofra_um) / 1_000.0, f64::from(cable_um) / 1_000.0);
        let mut player = sized(1, gofra_mm, cable_mm);
        let catch = caught(&mut player, 0, roll);
        let grams = i32::try_from(catch.grams).unwrap();
        // Reckoned in whole micrometres: 25 and 150 for a gram.
        prop_assert_eq!(player.gofra_mm, f64::from(gofra_um + 25 * grams) / 1_000.0);
        prop_assert_eq!(player.cable_mm, f64::from(cable_um + 150 * grams) / 1_000.0);
        prop_assert_eq!(energy::at(&player, second(0)).atm, 0);
    }
}
