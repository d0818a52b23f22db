//! What is known of a batch before it is played.

use super::super::action::{Action, Decline};
use super::super::world::Needs;
use super::every::every_action;
use super::private;

#[test]
fn names_are_fixed_and_distinct() {
    let mut names: Vec<_> = every_action().iter().map(Action::name).collect();
    names.push(Action::Decline(Decline::Trouble).name());
    names.sort_unstable();
    names.dedup();
    // Five leaderboards share one name.
    assert_eq!(names.len(), every_action().len() + 1 - 4);
    assert_eq!(Action::Say(String::new()).name(), "nickname");
    assert_eq!(Action::FindOpponent.name(), "find");
}

#[test]
fn needs_of_a_batch() {
    let mut needs = Needs::default();
    for turn in [
        private(9, 5, Action::Davka),
        private(8, 4, Action::FindOpponent),
        private(7, 5, Action::AcceptDuel { proposal: 70 }),
        private(
            6,
            3,
            Action::Fight {
                defender: 2,
                is_bot: false,
            },
        ),
        private(
            5,
            3,
            Action::Fight {
                defender: 3,
                is_bot: false,
            },
        ),
        private(
            4,
            3,
            Action::Fight {
                defender: 99,
                is_bot: true,
            },
        ),
        private(
            4,
            3,
            Action::Fight {
                defender: 5,
                is_bot: false,
            },
        ),
        private(3, 6, Action::Say("Vasya".to_owned())),
        private(2, 1, Action::Say("hello, how are you?".to_owned())),
        private(1, 8, Action::Decline(Decline::UnknownCommand)),
        private(0, 9, Action::Decline(Decline::StaleButton)),
    ] {
        needs.add(&turn);
    }
    needs.finish();
    let expected = Needs {
        updates: vec![1, 2, 3, 4, 5, 6, 7, 8, 9],
        actors: vec![1, 3, 4, 5, 6],
        others: vec![2, 8],
        proposals: vec![70],
        attackers: vec![3, 4, 5],
        seekers: vec![4],
        nickname_keys: vec!["vasya".to_owned()],
        renamers: vec![6],
    };
    assert_eq!(needs, expected);
}
