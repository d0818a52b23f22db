//! One turn: newcomers, repetition, looks, languages and the ledger.

use super::super::action::{Action, Turn, View};
use super::super::outcome::{Declined, Outcome};
use super::super::play::leaves_no_trace;
use super::super::player::{Dialogue, Language, Player};
use super::every::{every_action, every_decline, every_view};
use super::{Loaded, in_group, newcomer, play_at, private, second, win, world_of};

const ROLL_80: Loaded = Loaded(80);

fn waiting(user_id: i64) -> Player {
    Player {
        dialogue: Some(Dialogue::Nickname { asked_by: 0 }),
        ..newcomer(user_id)
    }
}

#[test]
fn every_action_that_needs_a_player_creates_a_newcomer_and_leaves_a_row() {
    for action in every_action().into_iter().filter(|it| !is_strangers(it)) {
        for turn in [
            private(1, 7, action.clone()),
            in_group(-100, private(1, 7, action.clone())),
        ] {
            let mut world = world_of([]);
            let outcome = play_at(&mut world, 5, &turn, win());
            let player = &world.players[&7];
            assert_eq!(
                (player.created_at, player.updated_at),
                (second(5), second(5)),
                "{action:?}"
            );
            assert_eq!(world.changed, [7].into(), "{action:?}");
            let row = &world.ledger[0];
            assert_eq!(
                (row.update_id, row.user_id, row.chat_id),
                (1, 7, turn.chat_id())
            );
            assert_eq!(
                (row.kind, &row.outcome, row.at),
                (action.name(), &outcome, second(5))
            );
        }
    }
}

/// What a stranger may ask for and stay one; the proposal in it does not exist.
fn is_strangers(action: &Action) -> bool {
    matches!(
        action,
        Action::AcceptDuel { .. }
            | Action::Say(_)
            | Action::Media
            | Action::Cancel
            | Action::Show(View::Help | View::Settings)
    )
}

#[test]
fn what_needs_no_player_creates_none() {
    for action in every_action().into_iter().filter(is_strangers) {
        for turn in [
            private(1, 7, action.clone()),
            in_group(-100, private(1, 7, action.clone())),
        ] {
            let mut world = world_of([]);
            play_at(&mut world, 5, &turn, win());
            assert!(world.players.is_empty(), "{action:?}");
            assert!(
                world.changed.is_empty()
                    && world.ledger.is_empty()
                    && world.chat_activity.is_empty(),
                "{action:?}"
            );
        }
    }
}

#[test]
fn a_newcomer_starts_with_the_rules_figures() {
    let mut world = world_of([]);
    let turn = Turn {
        language_code: Some(Language::Ru),
        ..private(1, 7, Action::Start)
    };
    assert_eq!(
        play_at(&mut world, 0, &turn, win()),
        Outcome::Started { newcomer: true }
    );
    let expected = Player {
        language_code: Some(Language::Ru),
        ..newcomer(7)
    };
    assert_eq!(world.players[&7], expected);
    assert_eq!(
        (
            expected.gofra_mm,
            expected.cable_mm,
            expected.atm,
            expected.zmiy_g
        ),
        (10.0, 10.0, 12, 0)
    );
    assert_eq!(expected.nickname, "gofr7");
    assert_eq!(
        play_at(&mut world, 9, &private(2, 7, Action::Start), win()),
        Outcome::Started { newcomer: false }
    );
    assert_eq!(
        (world.players[&7].created_at, world.players[&7].updated_at),
        (second(0), second(9))
    );
}

#[test]
fn declined_turns_touch_nobody() {
    for why in every_decline() {
        let before = newcomer(1);
        let mut world = world_of([before.clone()]);
        for (update_id, user_id) in [(1, 1), (2, 7)] {
            let turn = in_group(-100, private(update_id, user_id, Action::Decline(why)));
            assert_eq!(
                play_at(&mut world, 5, &turn, win()),
                Outcome::Declined(Declined { why })
            );
        }
        assert_eq!(world.players, [(1, before)].into());
        assert!(
            world.ledger.is_empty() && world.changed.is_empty() && world.chat_activity.is_empty(),
            "{why:?}"
        );
    }
}

#[test]
fn the_same_update_has_one_effect() {
    for action in every_action() {
        let mut world = world_of([newcomer(1), newcomer(2)]);
        let turn = in_group(-100, private(1, 1, action));
        let first = play_at(&mut world, 0, &turn, ROLL_80);
        let after = format!(
            "{:?} {:?} {:?}",
            world.players[&1], world.chat_activity, world.duels
        );
        assert_eq!(play_at(&mut world, 100_000, &turn, ROLL_80), first);
        assert_eq!(
            format!(
                "{:?} {:?} {:?}",
                world.players[&1], world.chat_activity, world.duels
            ),
            after
        );
        assert_eq!(world.ledger.len(), 1);
    }
}

#[test]
fn an_update_of_an_earlier_batch_is_answered_from_the_ledger() {
    let mut world = world_of([newcomer(1)]);
    let remembered = Outcome::Uletet {
        grams: 5,
        total_zmiy_g: 50,
    };
    world.played.insert(1, remembered.clone());
    assert_eq!(
        play_at(&mut world, 0, &private(1, 1, Action::Davka), ROLL_80),
        remembered
    );
    assert!(world.changed.is_empty() && world.ledger.is_empty());
    assert_eq!(world.players[&1], newcomer(1));
}

#[test]
fn five_davkas_give_one_success() {
    let mut world = world_of([]);
    let outcomes: Vec<_> = (0..5)
        .map(|n| play_at(&mut world, 0, &private(n, 1, Action::Davka), ROLL_80))
        .collect();
    assert!(matches!(outcomes[0], Outcome::Davka(_)));
    assert_eq!(
        outcomes[1..],
        vec![
            Outcome::DavkaRefused {
                atm: 0,
                full_in_s: 86_400
            };
            4
        ]
    );
    assert_eq!((world.players[&1].davkas, world.ledger.len()), (1, 5));
}

#[test]
fn a_davka_and_an_incoming_duel_in_one_batch_both_count() {
    let davka = private(1, 1, Action::Davka);
    let duel = private(
        2,
        2,
        Action::Fight {
            defender: 1,
            is_bot: false,
        },
    );
    for (first, second) in [(&davka, &duel), (&duel, &davka)] {
        let mut world = world_of([newcomer(1), newcomer(2)]);
        play_at(&mut world, 0, first, Loaded(1_000_000));
        play_at(&mut world, 0, second, Loaded(1_000_000));
        // A catch of 100 g, and the reward of a defender who beats a gofra of the same or a shorter length.
        let player = &world.players[&1];
        assert_eq!(
            (
                player.davkas,
                player.zmiy_g,
                player.duels,
                player.duel_wins,
                player.atm
            ),
            (1, 100, 1, 1, 0)
        );
        assert!(
            player.gofra_mm > 18.0 && player.gofra_mm <= 18.5,
            "{}",
            player.gofra_mm
        );
        assert_eq!(player.cable_mm, 25.1);
        assert_eq!(world.changed, [1, 2].into());
    }
}

#[test]
fn looks_in_private_leave_no_trace() {
    for view in every_view() {
        let mut world = world_of([newcomer(1)]);
        let turn = private(1, 1, Action::Show(view));
        assert!(turn.is_read());
        play_at(&mut world, 50, &turn, win());
        assert_eq!(world.players[&1], newcomer(1));
        assert!(
            world.ledger.is_empty() && world.changed.is_empty(),
            "{view:?}"
        );
    }
}

#[test]
fn the_first_look_of_a_day_is_a_sign_of_life() {
    for (s, rows, updated_at) in [(86_399, 0, second(0)), (86_400, 1, second(86_400))] {
        let mut world = world_of([newcomer(1)]);
        play_at(
            &mut world,
            s,
            &private(1, 1, Action::Show(View::Atm)),
            win(),
        );
        assert_eq!(
            (world.ledger.len(), world.players[&1].updated_at),
            (rows, updated_at)
        );
    }
}

#[test]
fn what_leaves_no_trace_is_told_beforehand() {
    for player in [newcomer(1), waiting(1)] {
        for action in every_action()
            .into_iter()
            .chain(every_decline().into_iter().map(Action::Decline))
        {
            for turn in [
                private(1, 1, action.clone()),
                in_group(-100, private(1, 1, action.clone())),
            ] {
                let mut world = world_of([player.clone(), newcomer(2)]);
                let told = leaves_no_trace(&turn, &player, second(9));
                play_at(&mut world, 9, &turn, win());
                let left_none = world.ledger.is_empty()
                    && world.changed.is_empty()
                    && world.chat_activity.is_empty();
                assert_eq!(told, left_none, "{turn:?}");
                assert_eq!(told, world.players[&1] == player, "{turn:?}");
            }
        }
    }
}

#[test]
fn a_look_that_changes_the_player_is_written() {
    let show = private(1, 1, Action::Show(View::Profile));
    let mut world = world_of([waiting(1)]);
    play_at(&mut world, 0, &show, win());
    assert_eq!((world.ledger.len(), world.players[&1].dialogue), (1, None));
    let mut world = world_of([newcomer(1)]);
    play_at(
        &mut world,
        0,
        &Turn {
            language_code: Some(Language::Ru),
            ..show
        },
        win(),
    );
    assert_eq!(
        (world.ledger.len(), world.players[&1].language_code),
        (1, Some(Language::Ru))
    );
}

#[test]
fn the_language_seen_last_is_kept_and_the_chosen_one_wins() {
    let mut world = world_of([]);
    let told = |update_id, language_code, action| Turn {
        language_code,
        ..private(update_id, 1, action)
    };
    play_at(
        &mut world,
        0,
        &told(1, Some(Language::Ru), Action::Start),
        win(),
    );
    play_at(&mut world, 0, &told(2, None, Action::Davka), win());
    assert_eq!(world.players[&1].speaks(), Some(Language::Ru));
    let chosen = Action::SetLanguage(Language::En);
    let outcome = play_at(&mut world, 0, &told(3, Some(Language::Ru), chosen), win());
    assert_eq!(
        outcome,
        Outcome::LanguageSet {
            language: Language::En
        }
    );
    assert_eq!(world.players[&1].speaks(), Some(Language::En));
    assert_eq!(world.players[&1].language_code, Some(Language::Ru));
}
