//! What a group counts.

use super::super::action::{Action, View};
use super::super::world::ChatActivity;
use super::{Loaded, in_group, play_at, private, second, win, world_of};

#[test]
fn every_press_counts_for_the_group_and_a_catch_counts_more() {
    let mut world = world_of([]);
    for (n, action) in [Action::Show(View::Menu), Action::Davka, Action::Davka]
        .into_iter()
        .enumerate()
    {
        let n = i64::try_from(n).unwrap();
        play_at(
            &mut world,
            n,
            &in_group(-100, private(n, 1, action)),
            Loaded(80),
        );
    }
    play_at(
        &mut world,
        9,
        &in_group(-200, private(9, 1, Action::Start)),
        win(),
    );
    let expected = [
        (
            (-100, 1),
            ChatActivity {
                davkas: 1,
                grams: 80,
                at: second(2),
            },
        ),
        (
            (-200, 1),
            ChatActivity {
                davkas: 0,
                grams: 0,
                at: second(9),
            },
        ),
    ];
    assert_eq!(world.chat_activity, expected.into());
    let titles = [
        (-100, "group -100".to_owned()),
        (-200, "group -200".to_owned()),
    ];
    assert_eq!(world.chat_titles, titles.into());
}

#[test]
fn a_private_davka_changes_no_chat() {
    let mut world = world_of([]);
    play_at(&mut world, 0, &private(1, 1, Action::Davka), win());
    assert!(world.chat_activity.is_empty() && world.chat_titles.is_empty());
}
