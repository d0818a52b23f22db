//! What ends the wait for a nickname, and what does not.

use super::super::action::{Action, View};
use super::super::outcome::Outcome;
use super::super::player::{Dialogue, Player};
use super::every::{every_action, every_decline};
use super::{in_group, newcomer, play_at, private, win, world_of};

fn waiting(user_id: i64) -> Player {
    Player {
        dialogue: Some(Dialogue::Nickname { asked_by: 0 }),
        ..newcomer(user_id)
    }
}

#[test]
fn any_command_or_button_ends_the_wait_and_does_what_it_says() {
    for action in every_action() {
        let asks = matches!(action, Action::Media | Action::AskNickname);
        // What is said in a group is no nickname.
        let says = matches!(action, Action::Say(_));
        for (turn, keeps) in [
            (private(1, 1, action.clone()), asks),
            (in_group(-100, private(1, 1, action.clone())), asks || says),
        ] {
            let mut world = world_of([waiting(1), newcomer(2)]);
            play_at(&mut world, 0, &turn, win());
            assert_eq!(world.players[&1].dialogue.is_some(), keeps, "{action:?}");
        }
    }
    for why in every_decline() {
        let mut world = world_of([waiting(1)]);
        play_at(&mut world, 0, &private(1, 1, Action::Decline(why)), win());
        let ended = world.players[&1].dialogue.is_none();
        assert_eq!(ended, why.ends_dialogue(), "{why:?}");
        assert_eq!(
            world.ledger.len(),
            usize::from(ended),
            "what changes somebody is written down"
        );
    }
}

#[test]
fn cancel_says_whether_there_was_anything_to_leave() {
    let mut world = world_of([waiting(1)]);
    let cancel = |update_id| private(update_id, 1, Action::Cancel);
    assert_eq!(
        play_at(&mut world, 0, &cancel(1), win()),
        Outcome::Cancelled { was_waiting: true }
    );
    assert_eq!(
        play_at(&mut world, 0, &cancel(2), win()),
        Outcome::Cancelled { was_waiting: false }
    );
}

#[test]
fn a_look_that_comes_again_does_not_end_a_wait_that_began_after_it() {
    for (again, ends) in [(1, false), (3, true)] {
        let mut world = world_of([newcomer(1)]);
        play_at(
            &mut world,
            0,
            &private(1, 1, Action::Show(View::Stats)),
            win(),
        );
        play_at(&mut world, 1, &private(2, 1, Action::AskNickname), win());
        play_at(
            &mut world,
            2,
            &private(again, 1, Action::Show(View::Stats)),
            win(),
        );
        assert_eq!(world.players[&1].dialogue.is_none(), ends, "{again}");
    }
}
