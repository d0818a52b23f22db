//! One turn: newcomers, repetition, dialogues, groups, the ledger, and what a batch needs loaded.

use super::super::action::{Action, Decline, TopKey, Turn, View};
use super::super::outcome::{Declined, Outcome};
use super::super::player::{Dialogue, Language, Player};
use super::super::world::{ChatActivity, Needs, World};
use super::{Loaded, in_group, newcomer, play_at, private, second, win, world_of};
use proptest::prelude::*;

const ROLL_80: Loaded = Loaded(80);

fn waiting(user_id: i64) -> Player {
    Player {
        dialogue: Some(Dialogue::Nickname),
        ..newcomer(user_id)
    }
}

fn every_action() -> Vec<Action> {
    let mut actions = vec![
        Action::Start,
        Action::Davka,
        Action::Uletet,
        Action::FindOpponent,
        Action::AcceptDuel { proposal: 5 },
        Action::Fight {
            defender: 2,
            is_bot: false,
        },
        Action::AskNickname,
        Action::Say("Vasya".to_owned()),
        Action::Media,
        Action::Cancel,
        Action::SetLanguage(Language::Ru),
    ];
    actions.extend(every_view().into_iter().map(Action::Show));
    actions
}

fn every_view() -> Vec<View> {
    use View as V;
    let mut views = vec![
        V::Menu,
        V::Help,
        V::Profile,
        V::Gofra,
        V::GofraProgress,
        V::GofraSpeed,
        V::GofraNext,
        V::Cable,
        V::CableUse,
        V::CableDuel,
        V::Atm,
        V::AtmNext,
        V::AtmFull,
        V::ChatTop,
        V::ChatStats,
        V::ChatMe,
        V::Rademka,
        V::MyDuels,
        V::Stats,
        V::Settings,
        V::Admin,
    ];
    views.extend(TopKey::ALL.map(V::Top));
    views
}

fn every_decline() -> Vec<Decline> {
    use Decline as D;
    vec![
        D::UnknownCommand,
        D::PrivateOnly,
        D::GroupOnly,
        D::ForeignMenu,
        D::StaleButton,
        D::AdminsOnly,
        D::FightWithoutReply,
        D::TooMany { retry_after_s: 3 },
        D::Trouble,
    ]
}

#[test]
fn every_action_creates_a_newcomer_and_leaves_a_row() {
    for action in every_action() {
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

#[test]
fn any_command_or_button_ends_the_wait_and_does_what_it_says() {
    for action in every_action() {
        let keeps = matches!(action, Action::Media | Action::AskNickname);
        for turn in [
            private(1, 1, action.clone()),
            in_group(-100, private(1, 1, action.clone())),
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
        assert_eq!(ended, why.is_command(), "{why:?}");
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
            ROLL_80,
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
