//! What may be a nickname, and the dialogue that changes it.

use super::super::action::Action;
use super::super::nickname::{default_nickname, key, validate};
use super::super::outcome::{NicknameRefusal, Outcome};
use super::super::player::{Dialogue, Player};
use super::super::world::World;
use super::{newcomer, play_at, private, second, win, world_of};
use proptest::prelude::*;

fn check(nickname: &str, expected: Result<(), NicknameRefusal>) {
    assert_eq!(validate(nickname, 7), expected, "{nickname:?}");
}

#[test]
fn good_nicknames() {
    for nickname in [
        "Vasya",
        "Вася",
        "Ёжик",
        "їжак",
        "Zoë",
        "Łukasz",
        "a_1",
        "x-y",
        "77a",
        "Big Gofr 3000",
        "_-a",
        "12345678901234567890"[..19].replacen('1', "a", 1).as_str(),
        "двадцать-букв-ровно1",
        "robot",
        "botanik",
        "administrative",
        "admin1",
        "Адмиральша",
        "работа",
        "gofra",
        "gofr",
        "gofr7",
        "GOFR7",
        "gofr7a",
        "agofr8",
    ] {
        check(nickname, Ok(()));
    }
}

#[test]
fn length_is_3_to_20_characters() {
    check("", Err(NicknameRefusal::TooShort));
    check("ab", Err(NicknameRefusal::TooShort));
    check("яя", Err(NicknameRefusal::TooShort));
    check("abc", Ok(()));
    check(&"я".repeat(20), Ok(()));
    check(&"я".repeat(21), Err(NicknameRefusal::TooLong));
    check(&"a".repeat(1 << 20), Err(NicknameRefusal::TooLong));
}

#[test]
fn only_letters_digits_space_underscore_and_hyphen() {
    for nickname in [
        "a.b",
        "a,b",
        "<b>hi",
        "a&b",
        "a\nb",
        "a\tb",
        "a\u{a0}b",
        "a\u{200b}b",
        "a\u{202e}b",
        "名前です",
        "Ωmega",
        "vasya🐍",
        "a/b",
        "@vasya",
        "а\u{301}бв",
        "a\u{d7}b",
        "a\u{f7}b",
        "а\u{482}б",
        "а\u{483}б",
        "a\u{661}b",
        "a\0b",
        "٣٣a",
    ] {
        check(nickname, Err(NicknameRefusal::Character));
    }
}

#[test]
fn spaces_stand_single_and_inside() {
    for nickname in [" vasya", "vasya ", "va  sya", "   "] {
        check(nickname, Err(NicknameRefusal::Spaces));
    }
}

#[test]
fn at_least_one_letter() {
    for nickname in ["123", "_-_", "1 2", "---"] {
        check(nickname, Err(NicknameRefusal::NoLetter));
    }
}

#[test]
fn reserved_words_in_any_dress() {
    for nickname in [
        "admin",
        "ADMIN",
        "Administrator",
        "moderator",
        "support",
        "root",
        "bot",
        "админ",
        "Администратор",
        "МОДЕРАТОР",
        "саппорт",
        "Поддержка",
        "рут",
        "бот",
        "БОТ",
        "аdmin",
        "аdmіn",
        "ВОТ",
        "гооt",
        "suрроrt",
        "Ádmin",
        "the admin",
        "admin-1",
        "my_bot",
        "Я бот",
        "бот-друг",
        "super bot 5",
        "aдминистратор",
    ] {
        check(nickname, Err(NicknameRefusal::Reserved));
    }
}

#[test]
fn a_default_nickname_is_its_owners_alone() {
    for nickname in [
        "gofr8",
        "Gofr8",
        "GOFR123456",
        "gоfr8",
        "gofr07",
        "gofr4503599627370495",
    ] {
        check(nickname, Err(NicknameRefusal::Reserved));
    }
}

#[test]
fn keys_are_case_folded() {
    for (nickname, expected) in [
        ("Vasya", "vasya"),
        ("ВАСЯ", "вася"),
        ("Ёж 1", "ёж 1"),
        ("Straße", "strasse"),
        ("ſam", "sam"),
    ] {
        assert_eq!(key(nickname), expected);
    }
    assert_ne!(
        key("бот"),
        key("bot"),
        "uniqueness is by letters, not by looks"
    );
}

proptest! {
    #[test]
    fn every_default_is_a_valid_nickname_of_its_owner(user_id in 1..(1_i64 << 52)) {
        let nickname = default_nickname(user_id);
        prop_assert!(nickname.len() <= 20);
        prop_assert!(nickname.contains(&user_id.to_string()));
        prop_assert_eq!(validate(&nickname, user_id), Ok(()));
        prop_assert_eq!(validate(&nickname, user_id + 1), Err(NicknameRefusal::Reserved));
    }

    #[test]
    fn keys_ignore_case_and_stay_put(nickname in "[A-Za-zА-Яа-яЁё0-9 _-]{3,20}") {
        let folded = key(&nickname);
        prop_assert_eq!(key(&nickname.to_uppercase()), folded.clone());
        prop_assert_eq!(key(&nickname.to_lowercase()), folded.clone());
        prop_assert_eq!(key(&folded), folded);
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = (validate(&text, 7), key(&text));
    }
}

fn awaiting() -> World {
    world_of([Player {
        dialogue: Some(Dialogue::Nickname { asked_by: 0 }),
        ..newcomer(7)
    }])
}

fn say(world: &mut World, s: i64, text: &str) -> Outcome {
    let update_id = 1_000 + i64::try_from(world.ledger.len()).unwrap();
    play_at(
        world,
        s,
        &private(update_id, 7, Action::Say(text.to_owned())),
        win(),
    )
}

fn ask(world: &mut World, s: i64) -> Outcome {
    let update_id = 1_000 + i64::try_from(world.ledger.len()).unwrap();
    play_at(world, s, &private(update_id, 7, Action::AskNickname), win())
}

fn changed(from: &str, to: &str) -> Outcome {
    Outcome::NicknameChanged {
        from: from.to_owned(),
        to: to.to_owned(),
    }
}

#[test]
fn the_next_text_is_the_nickname() {
    let mut world = world_of([]);
    assert_eq!(
        say(&mut world, 0, "Vasya"),
        Outcome::Chatter,
        "nobody has asked yet"
    );
    assert_eq!(
        ask(&mut world, 0),
        Outcome::NicknameAsked {
            nickname: "gofr7".to_owned()
        }
    );
    assert_eq!(say(&mut world, 1, "Vasya"), changed("gofr7", "Vasya"));
    assert_eq!(world.players[&7].nickname, "Vasya");
    assert_eq!(
        say(&mut world, 2, "Petya"),
        Outcome::Chatter,
        "the wait is over"
    );
    assert_eq!(world.ledger[2].kind, "nickname");
}

#[test]
fn a_refusal_goes_on_waiting() {
    let mut world = awaiting();
    world.nickname_owners.insert(key("Petya"), 8);
    assert_eq!(
        say(&mut world, 0, "x"),
        Outcome::NicknameRefused(NicknameRefusal::TooShort)
    );
    assert_eq!(
        say(&mut world, 1, "PETYA"),
        Outcome::NicknameRefused(NicknameRefusal::Taken)
    );
    assert_eq!(say(&mut world, 2, "Vasya"), changed("gofr7", "Vasya"));
}

#[test]
fn a_photo_gets_a_hint_and_the_wait_goes_on() {
    let mut world = awaiting();
    assert_eq!(
        play_at(&mut world, 0, &private(1, 7, Action::Media), win()),
        Outcome::NicknameStillAwaited
    );
    assert_eq!(say(&mut world, 1, "Vasya"), changed("gofr7", "Vasya"));
    assert_eq!(
        play_at(&mut world, 2, &private(2, 7, Action::Media), win()),
        Outcome::Chatter
    );
}

#[test]
fn ones_own_nickname_may_change_its_case() {
    let mut world = awaiting();
    world.nickname_owners.insert("gofr7".to_owned(), 7);
    assert_eq!(say(&mut world, 0, "GOFR7"), changed("gofr7", "GOFR7"));
}

#[test]
fn the_name_that_is_his_already_ends_the_wait_and_costs_no_change() {
    let mut world = awaiting();
    for s in 0..5 {
        let same = world.players[&7].nickname.clone();
        let kept = Outcome::Cancelled { was_waiting: true };
        assert_eq!(say(&mut world, s, &same), kept);
        assert_eq!(world.players[&7].dialogue, None);
        ask(&mut world, s);
    }
    assert!(world.nickname_changes.values().all(Vec::is_empty));
}

#[test]
fn three_changes_an_hour() {
    let mut world = awaiting();
    for (n, name) in ["one", "two", "three"].into_iter().enumerate() {
        let s = i64::try_from(n).unwrap() * 60;
        ask(&mut world, s);
        assert!(
            matches!(say(&mut world, s, name), Outcome::NicknameChanged { .. }),
            "{name}"
        );
    }
    ask(&mut world, 3_599);
    assert_eq!(
        say(&mut world, 3_599, "x"),
        Outcome::NicknameRefused(NicknameRefusal::TooShort)
    );
    let too_often = NicknameRefusal::TooOften {
        limit: 3,
        retry_after_s: 1,
    };
    assert_eq!(
        say(&mut world, 3_599, "four"),
        Outcome::NicknameRefused(too_often)
    );
    assert_eq!(
        world.players[&7].dialogue, None,
        "there is nothing to wait for"
    );
    ask(&mut world, 3_600);
    assert_eq!(say(&mut world, 3_600, "four"), changed("three", "four"));
}

#[test]
fn changes_before_this_batch_count_too() {
    let mut world = awaiting();
    world
        .nickname_changes
        .insert(7, vec![second(-3_000), second(-2_000), second(-1_000)]);
    let too_often = NicknameRefusal::TooOften {
        limit: 3,
        retry_after_s: 600,
    };
    assert_eq!(
        say(&mut world, 0, "Vasya"),
        Outcome::NicknameRefused(too_often)
    );
}

#[test]
fn two_players_want_one_name_in_one_batch() {
    let waiting = |id| Player {
        dialogue: Some(Dialogue::Nickname { asked_by: 0 }),
        ..newcomer(id)
    };
    let mut world = world_of([waiting(7), waiting(8)]);
    let say = |update_id, id, text: &str| private(update_id, id, Action::Say(text.to_owned()));
    assert_eq!(
        play_at(&mut world, 0, &say(1, 7, "Vasya"), win()),
        changed("gofr7", "Vasya")
    );
    let taken = Outcome::NicknameRefused(NicknameRefusal::Taken);
    assert_eq!(play_at(&mut world, 0, &say(2, 8, "vasya"), win()), taken);
}
