//! Whatever is played, the books agree.

use super::super::action::Turn;
use super::super::outcome::Outcome;
use super::super::player::Player;
use super::super::world::World;
use super::every::every_action;
use super::{Loaded, in_group, play_at, private, world_of};
use proptest::prelude::*;

fn any_turns() -> impl Strategy<Value = Vec<(Turn, i64)>> {
    let actions = every_action().len();
    let turn = (
        0..40_i64,
        1..4_i64,
        0..actions,
        any::<bool>(),
        0..50_000_i64,
    )
        .prop_map(|(id, user, action, group, s)| {
            let turn = private(id, user, every_action().swap_remove(action));
            (if group { in_group(-100, turn) } else { turn }, s)
        });
    prop::collection::vec(turn, 0..60)
}

proptest! {
    #[test]
    fn whatever_is_played_the_books_agree(turns in any_turns(), roll in 1..1_000_000_i64) {
        let mut world = world_of([]);
        for (turn, s) in &turns {
            let before: World = world.clone();
            let again = before.played.contains_key(&turn.update_id);
            play_at(&mut world, *s, turn, Loaded(roll));
            prop_assert!(!again || world.ledger.len() == before.ledger.len());
            for (id, player) in &before.players {
                let now = &world.players[id];
                prop_assert!(now.gofra_mm >= player.gofra_mm && now.cable_mm >= player.cable_mm, "only grows");
                prop_assert!((0..=12).contains(&now.atm));
                prop_assert_eq!(now.created_at, player.created_at);
                prop_assert!(now == player || world.changed.contains(id), "no change is forgotten");
            }
        }
        let davkas = world.ledger.iter().filter(|row| matches!(row.outcome, Outcome::Davka(_))).count();
        let duels = world.ledger.iter().filter(|row| matches!(row.outcome, Outcome::Duel(_))).count();
        let sum = |figure: fn(&Player) -> i64| usize::try_from(world.players.values().map(figure).sum::<i64>()).unwrap();
        prop_assert_eq!(sum(|player| player.davkas), davkas);
        prop_assert_eq!(sum(|player| player.duels), 2 * duels);
        prop_assert_eq!(sum(|player| player.duel_wins), duels);
        prop_assert_eq!(world.duels.len(), duels);
    }
}
