//! Every screen in every language and place: filled, bounded, with buttons that all lead somewhere.

mod extremes;
mod samples;
mod telegram;

use super::*;
use crate::game::action::{Action, Decline, Place, View};
use crate::game::facts::Facts;
use crate::game::outcome::{Declined, DuelRefusal, Shown};
use crate::game::player::{Language, Player};
use samples::{ME, caught, each_notice, each_screen, group, now, player, scene};
use std::collections::BTreeSet;
use telegram::{check, check_notice, parsed};

#[test]
fn every_screen_is_one_that_telegram_takes() {
    for language in Language::ALL {
        each_screen(language, check);
        each_notice(language, check_notice);
    }
}

#[test]
fn every_message_is_said_somewhere_and_every_said_message_exists() {
    for language in Language::ALL {
        each_screen(language, |_, _, _| ());
        each_notice(language, |_, _| ());
        for audience in [
            Audience::PrivateChats,
            Audience::Groups,
            Audience::Administrators,
        ] {
            commands(audience, language);
        }
        let files = if language == Language::En {
            words::ENGLISH
        } else {
            words::RUSSIAN
        };
        let written: BTreeSet<String> = words::tests::messages(&files).into_keys().collect();
        assert_eq!(words::spoken::keys(language), written, "{language:?}");
    }
}

#[test]
fn no_text_repeats_a_number_by_hand() {
    for line in words::ENGLISH
        .iter()
        .chain(&words::RUSSIAN)
        .flat_map(|file| file.lines())
    {
        let said = line.split_once(" = ").map_or(line, |(_, said)| said);
        let by_hand = said.contains(|c: char| c.is_ascii_digit()) && !said.starts_with('#');
        assert!(!by_hand, "{line}");
    }
}

#[test]
fn every_button_of_the_codec_is_on_some_screen() {
    let mut shown = BTreeSet::new();
    each_screen(Language::En, |screen, _, _| {
        let names = screen
            .keyboard
            .iter()
            .flatten()
            .filter_map(|button| button.data.split(':').nth(1));
        shown.extend(names.map(str::to_owned));
    });
    let expected = "menu help davka uletet rademka top profile nickname gofra gofra_progress gofra_speed gofra_next \
        cable cable_use cable_duel atm atm_next atm_full top_gofra top_cable top_zmiy top_atm top_wins chat_top \
        chat_stats chat_me find duel my_duels settings lang_en lang_ru stats cancel";
    assert_eq!(
        shown,
        expected.split_whitespace().map(str::to_owned).collect()
    );
}

#[test]
fn a_menu_of_a_group_carries_its_owner() {
    let place = group();
    let shown = Outcome::Show(Shown { view: View::Menu });
    let player = player(12.0, 12);
    let screen = render(
        &shown,
        &scene(Language::En, &place, Some(&player), &Facts::None),
    );
    assert!(
        screen
            .keyboard
            .iter()
            .flatten()
            .all(|button| button.data.ends_with(":7"))
    );
}

#[test]
fn a_davka_tells_numbers_first() {
    let player = player(12.0, 0);
    let told = |grams, new_level, language| {
        let outcome = Outcome::Davka(caught(grams, new_level));
        let place = Place::Private;
        parsed(
            &render(
                &outcome,
                &scene(language, &place, Some(&player), &Facts::None),
            )
            .text,
        )
    };
    assert_eq!(
        told(80, None, Language::En),
        "🐍 80 g of zmiy!\n\n📏 1.2 cm (+2.0 mm)\n🔌 2.2 cm (+1.2 cm)\n🎒 80 g in hand\n\n⏳ Next davka in 1 d"
    );
    assert!(!told(1_000, None, Language::En).contains("🐋"));
    assert!(told(1_001, None, Language::En).contains("🐋 Over 1.0 kg"));
    assert!(
        told(80, Some(2), Language::Ru)
            .contains("Новый уровень: 🪱 Червячок\nАтмосферы ×1.1, давка по 100–200 г")
    );
}

#[test]
fn a_decline_leaves_the_menu_alone() {
    let place = group();
    for (why, alert) in [
        (Decline::ForeignMenu, false),
        (Decline::StaleButton, true),
        (Decline::TooMany { retry_after_s: 5 }, false),
        (Decline::Trouble, true),
    ] {
        let outcome = Outcome::Declined(Declined { why });
        let notice = notice(&outcome, &scene(Language::En, &place, None, &Facts::None));
        assert!(is_notice_alone(&outcome), "{why:?}");
        assert_eq!(notice.map(|notice| notice.alert), Some(alert), "{why:?}");
    }
    assert!(is_notice_alone(&Outcome::DuelRefused(DuelRefusal::Used)));
    assert!(!is_notice_alone(&Outcome::DuelRefused(
        DuelRefusal::Expired
    )));
}

#[test]
fn the_language_is_the_chosen_one_then_telegrams_then_english() {
    let mut turn = crate::game::action::Turn {
        update_id: 1,
        user_id: ME,
        language_code: None,
        place: Place::Private,
        action: Action::Start,
    };
    let language = |turn: &_, player: Option<&Player>| {
        Scene::of(turn, player, &Facts::None, now(), "b").language
    };
    let mut player = player(12.0, 12);
    assert_eq!(language(&turn, None), Language::En);
    assert_eq!(language(&turn, Some(&player)), Language::Ru);
    turn.language_code = Some(Language::En);
    assert_eq!(language(&turn, Some(&player)), Language::En);
    player.language = Some(Language::Ru);
    assert_eq!(language(&turn, Some(&player)), Language::Ru);
}

#[test]
fn command_menus_list_what_works_there() {
    for language in Language::ALL {
        for (audience, has, lacks) in [
            (Audience::PrivateChats, "davka", "admin"),
            (Audience::Groups, "gdavka", "davka"),
            (Audience::Administrators, "admin", "gdavka"),
        ] {
            let menu = commands(audience, language);
            let names: Vec<_> = menu.iter().map(|(name, _)| *name).collect();
            assert!(names.contains(&has) && !names.contains(&lacks), "{names:?}");
            assert!(
                menu.iter()
                    .all(|(_, told)| (1..=256).contains(&told.chars().count())
                        && !told.contains('{'))
            );
        }
    }
}
