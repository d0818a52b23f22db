//! Every screen in every language and place: filled, bounded, with buttons that all lead somewhere.

use super::*;
use crate::game::action::{Action, Decline, Place, TopKey, View};
use crate::game::facts::{
    AdminFigures, ChatFigures, ChatShare, DuelRecord, ErrorRecord, Facts, Leaderboard, TopRow,
};
use crate::game::outcome::{Catch, Declined, Duel, DuelRefusal, NicknameRefusal, Rival, Shown};
use crate::game::player::{Language, Player};
use crate::incoming::{Bot, Decoded, decode};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use std::collections::BTreeSet;

const ME: i64 = 7;
const UPDATE: i64 = 4_503_599_627_370_495;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

fn player(gofra_mm: f64, atm: i32) -> Player {
    Player {
        nickname: "Гоша <&>".to_owned(),
        gofra_mm,
        cable_mm: 22.0,
        atm,
        zmiy_g: 80,
        total_zmiy_g: 12_345,
        davkas: 21,
        best_g: 1_050,
        duels: 5,
        duel_wins: 3,
        ..Player::newcomer(ME, Some(Language::Ru), now() - TimeDelta::hours(1))
    }
}

fn group() -> Place {
    Place::Group {
        chat_id: -100,
        title: "Двор <b>".to_owned(),
    }
}

fn rival(user_id: i64, nickname: &str) -> Rival {
    Rival {
        user_id,
        nickname: nickname.to_owned(),
        gofra_mm: 310.0,
        cable_mm: 60.0,
    }
}

fn duel(attacker_won: bool, new_level: Option<u8>) -> Duel {
    Duel {
        id: 1,
        attacker: rival(ME, "Гоша"),
        defender: rival(8, "<Tolik>"),
        defender_language: Some(Language::Ru),
        chance: 57.0,
        attacker_won,
        gofra_grown_mm: 14.0,
        cable_grown_mm: 0.2,
        new_level,
    }
}

fn caught(grams: i64, new_level: Option<u8>) -> Catch {
    Catch {
        grams,
        gofra_grown_mm: 2.0,
        cable_grown_mm: 12.0,
        gofra_mm: 12.0,
        cable_mm: 22.0,
        zmiy_g: grams,
        new_level,
        full_in_s: 86_400,
    }
}

fn board(key: Option<TopKey>, rows: i64, own: bool) -> Facts {
    let row = |place: i64, user_id: i64| TopRow {
        place,
        user_id,
        nickname: format!("P{place} <"),
        value: 1_234.5,
    };
    Facts::Top(Leaderboard {
        key,
        rows: (1..=rows).map(|place| row(place, place + 4)).collect(),
        players: 42,
        own: own.then(|| row(40, ME)),
    })
}

const PLAIN_VIEWS: [View; 16] = [
    View::Menu,
    View::Help,
    View::Profile,
    View::Gofra,
    View::GofraProgress,
    View::GofraSpeed,
    View::GofraNext,
    View::Cable,
    View::CableUse,
    View::CableDuel,
    View::Atm,
    View::AtmNext,
    View::AtmFull,
    View::Rademka,
    View::Stats,
    View::Settings,
];

/// Outcomes that need no facts.
fn outcomes() -> Vec<Outcome> {
    let why = |why| Outcome::Declined(Declined { why });
    let mut all = vec![
        Outcome::Started { newcomer: true },
        Outcome::Started { newcomer: false },
        Outcome::Davka(caught(80, None)),
        Outcome::Davka(caught(1_050, Some(2))),
        Outcome::DavkaRefused {
            atm: 11,
            full_in_s: 61,
        },
        Outcome::Uletet {
            grams: 80,
            total_zmiy_g: 1_080,
        },
        Outcome::UletetRefused,
        Outcome::Proposed {
            opponent: rival(8, "<Tolik>"),
            chance: 57.0,
        },
        Outcome::NoOpponent,
        Outcome::NicknameAsked {
            nickname: "<Гоша>".to_owned(),
        },
        Outcome::NicknameChanged {
            from: "<Гоша>".to_owned(),
            to: "Гошан".to_owned(),
        },
        Outcome::NicknameStillAwaited,
        Outcome::Cancelled { was_waiting: true },
        Outcome::Cancelled { was_waiting: false },
        Outcome::Chatter,
        why(Decline::UnknownCommand),
        why(Decline::PrivateOnly),
        why(Decline::GroupOnly),
        why(Decline::ForeignMenu),
        why(Decline::StaleButton),
        why(Decline::AdminsOnly),
        why(Decline::FightWithoutReply),
        why(Decline::TooMany { retry_after_s: 59 }),
        why(Decline::Trouble),
    ];
    all.extend([true, false].map(|won| Outcome::Duel(duel(won, None))));
    all.extend([true, false].map(|won| Outcome::Duel(duel(won, Some(10)))));
    all.extend(Language::ALL.map(|language| Outcome::LanguageSet { language }));
    all.extend(
        [
            DuelRefusal::TooMany {
                limit: 10,
                retry_after_s: 5,
            },
            DuelRefusal::TooManyAgainst {
                nickname: "<Tolik>".to_owned(),
                limit: 3,
                retry_after_s: 3_600,
            },
            DuelRefusal::Yourself,
            DuelRefusal::Bot,
            DuelRefusal::NoSuchPlayer,
            DuelRefusal::NoProposal,
            DuelRefusal::Expired,
            DuelRefusal::Used,
        ]
        .map(Outcome::DuelRefused),
    );
    all.extend(
        [
            NicknameRefusal::TooShort,
            NicknameRefusal::TooLong,
            NicknameRefusal::Character,
            NicknameRefusal::NoLetter,
            NicknameRefusal::Spaces,
            NicknameRefusal::Reserved,
            NicknameRefusal::Taken,
            NicknameRefusal::TooOften {
                limit: 3,
                retry_after_s: 61,
            },
        ]
        .map(Outcome::NicknameRefused),
    );
    all.extend(PLAIN_VIEWS.map(|view| Outcome::Show(Shown { view })));
    all
}

/// Screens that need facts, with facts of every shape.
fn with_facts() -> Vec<(View, Facts)> {
    let chat = |last_activity| {
        Facts::Chat(ChatFigures {
            players: 11,
            active: 3,
            davkas: 22,
            grams: 5_400,
            last_activity,
        })
    };
    let share = |place, davkas| {
        Facts::Share(ChatShare {
            grams: 500,
            davkas,
            place,
            players: 11,
            chat_grams: 5_400,
        })
    };
    let record = |attacked, won| DuelRecord {
        opponent: "<Tolik>".to_owned(),
        attacked,
        won,
        chance: 33.333,
        at: now() - TimeDelta::minutes(61),
    };
    let admin = |errors| {
        Facts::Admin(AdminFigures {
            players: 42,
            active_day: 7,
            chats: 2,
            duels: 9,
            errors,
        })
    };
    let error = ErrorRecord {
        id: "0abc12".to_owned(),
        handler: "davka".to_owned(),
        kind: "<store>".to_owned(),
        at: now() - TimeDelta::seconds(5),
    };
    let mut all = vec![
        (View::ChatTop, board(None, 10, true)),
        (View::ChatTop, board(None, 0, false)),
        (View::ChatStats, chat(Some(now()))),
        (View::ChatStats, chat(None)),
        (View::ChatMe, share(Some(2), 4)),
        (View::ChatMe, share(Some(2), 0)),
        (View::ChatMe, share(None, 0)),
        (View::MyDuels, Facts::Duels(Vec::new())),
        (
            View::MyDuels,
            Facts::Duels(vec![
                record(true, true),
                record(true, false),
                record(false, true),
                record(false, false),
            ]),
        ),
        (View::Admin, admin(Vec::new())),
        (View::Admin, admin(vec![error])),
    ];
    for key in TopKey::ALL {
        all.push((View::Top(key), board(Some(key), 10, true)));
        all.push((View::Top(key), board(Some(key), 0, false)));
    }
    all
}

/// What Telegram makes of the text: without tags and entities. Panics on HTML that Telegram would refuse.
fn parsed(html: &str) -> String {
    let mut text = String::new();
    let mut open = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        let tail = &rest[at..];
        let end = tail.find([';', '>']).expect("an unclosed tag or entity") + 1;
        match &tail[..end] {
            tag @ ("<b>" | "<code>") => open.push(tag),
            tag @ ("</b>" | "</code>") => assert_eq!(
                open.pop().map(|open| open.replace('<', "</")).as_deref(),
                Some(tag)
            ),
            "&amp;" => text.push('&'),
            "&lt;" => text.push('<'),
            "&gt;" => text.push('>'),
            "&quot;" => text.push('"'),
            other => panic!("{other} in {html}"),
        }
        rest = &tail[end..];
    }
    assert!(open.is_empty(), "{open:?} in {html}");
    text.push_str(rest);
    text
}

/// The action that a press of this data by the owner of the menu asks for.
fn pressed(data: &str, place: &Place) -> Action {
    let chat = match place {
        Place::Private => serde_json::json!({"id": ME, "type": "private"}),
        Place::Group { chat_id, title } => {
            serde_json::json!({"id": chat_id, "type": "group", "title": title})
        }
    };
    let update = serde_json::json!({"update_id": 1, "callback_query": {
        "id": "1", "from": {"id": ME}, "data": data, "message": {"message_id": 1, "date": 1, "chat": chat},
    }});
    let bot = Bot {
        id: 1,
        username: "bot".to_owned(),
    };
    match decode(update.to_string().as_bytes(), &bot, &[]) {
        Ok(Decoded::Play(incoming)) => incoming.turn.action,
        other => panic!("{data} is {other:?}"),
    }
}

/// Whether Telegram would take the screen, and every button of it leads somewhere.
fn check(screen: &Screen, place: &Place, what: &str) {
    let text = parsed(&screen.text);
    assert!(
        (1..=4096).contains(&text.chars().count()) && !text.trim().is_empty(),
        "{what}: {text}"
    );
    let labels = screen
        .keyboard
        .iter()
        .flatten()
        .map(|button| button.label.as_ref());
    let notice = screen.notice.as_ref().map(|notice| notice.text.as_str());
    for said in labels.chain([text.as_str()]).chain(notice) {
        assert!(
            !said.contains(['{', '}']) && !said.contains("Unknown"),
            "{what}: {said}"
        );
    }
    if let Some(notice) = notice {
        assert!(
            (1..=200).contains(&notice.chars().count()) && !notice.contains(['<', '&']),
            "{what}: {notice}"
        );
    }
    assert!(!screen.only_notice || notice.is_some(), "{what}");
    for button in screen.keyboard.iter().flatten() {
        assert!(
            (1..=64).contains(&button.data.len()) && !button.label.is_empty(),
            "{what}: {button:?}"
        );
        let action = pressed(&button.data, place);
        assert!(
            !matches!(action, Action::Decline(_)),
            "{what}: {button:?} is {action:?}"
        );
    }
    assert!(screen.keyboard.iter().all(|row| !row.is_empty()), "{what}");
}

fn scene<'a>(
    language: Language,
    place: &'a Place,
    player: Option<&'a Player>,
    facts: &'a Facts,
) -> Scene<'a> {
    Scene {
        language,
        update_id: UPDATE,
        user_id: ME,
        place,
        player,
        facts,
        now: now(),
        bot_username: "gofrobot",
        error_id: Some("0abc12"),
    }
}

/// Renders everything there is, in one language, and hands each screen over.
fn each_screen(language: Language, mut seen: impl FnMut(&Screen, &Place, &str)) {
    let players = [player(12.0, 12), player(30.0, 4), player(20_000.0, 12)];
    for place in [Place::Private, group()] {
        for player in players.iter().map(Some).chain([None]) {
            for outcome in outcomes() {
                let nameless = Scene {
                    error_id: None,
                    ..scene(language, &place, player, &Facts::None)
                };
                for scene in [scene(language, &place, player, &Facts::None), nameless] {
                    seen(&render(&outcome, &scene), &place, &format!("{outcome:?}"));
                }
            }
            for (view, facts) in with_facts() {
                let outcome = Outcome::Show(Shown { view });
                for facts in [facts, Facts::None] {
                    let screen = render(&outcome, &scene(language, &place, player, &facts));
                    seen(&screen, &place, &format!("{view:?} {facts:?}"));
                }
            }
        }
    }
    for number in 1..=10 {
        let outcome = Outcome::Davka(caught(80, Some(number)));
        let place = group();
        seen(
            &render(&outcome, &scene(language, &place, None, &Facts::None)),
            &place,
            "a level",
        );
    }
    for (won, new_level) in [(true, None), (false, Some(3))] {
        let duel = Duel {
            defender_language: Some(language),
            ..duel(won, new_level)
        };
        seen(&render_note(&duel), &Place::Private, "a note");
    }
}

#[test]
fn every_screen_is_one_that_telegram_takes() {
    for language in Language::ALL {
        each_screen(language, check);
    }
}

#[test]
fn every_message_is_said_somewhere_and_every_said_message_exists() {
    for language in Language::ALL {
        each_screen(language, |_, _, _| ());
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
        let screen = render(&outcome, &scene(Language::En, &place, None, &Facts::None));
        assert!(screen.only_notice, "{why:?}");
        assert_eq!(
            screen.notice.map(|notice| notice.alert),
            Some(alert),
            "{why:?}"
        );
    }
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

proptest! {
    #[test]
    fn no_figure_breaks_a_screen(
        (gofra, cable, chance) in (any::<f64>(), any::<f64>(), any::<f64>()),
        (grams, count, seconds) in (any::<i64>(), any::<i64>(), any::<i64>()),
        (atm, level) in (any::<i32>(), any::<u8>()),
        name in "[^{}\\p{C}]{0,300}",
        in_group: bool,
    ) {
        let place = if in_group { Place::Group { chat_id: -1, title: name.clone() } } else { Place::Private };
        let rival = Rival { user_id: 1, nickname: name.clone(), gofra_mm: gofra, cable_mm: cable };
        let player = Player {
            nickname: name.clone(), gofra_mm: gofra, cable_mm: cable, atm, zmiy_g: grams, total_zmiy_g: grams,
            davkas: count, best_g: grams, duels: count, duel_wins: count, ..player(10.0, 1)
        };
        let row = TopRow { place: count, user_id: 1, nickname: name.clone(), value: gofra };
        let facts = [
            Facts::Top(Leaderboard { key: Some(TopKey::Wins), rows: vec![row.clone(); 99], players: count, own: Some(row) }),
            Facts::Chat(ChatFigures { players: count, active: count, davkas: count, grams, last_activity: Some(now()) }),
            Facts::Share(ChatShare { grams, davkas: 1, place: Some(count), players: count, chat_grams: count }),
        ];
        let caught = Catch {
            gofra_mm: gofra, cable_grown_mm: cable, zmiy_g: grams, full_in_s: seconds, ..caught(grams, Some(level))
        };
        let duel = Duel {
            attacker: rival.clone(), defender: rival.clone(), chance, gofra_grown_mm: gofra, ..duel(in_group, Some(level))
        };
        let mut outcomes = vec![
            Outcome::Davka(caught),
            Outcome::DavkaRefused { atm, full_in_s: seconds },
            Outcome::Proposed { opponent: rival, chance },
            Outcome::Duel(duel),
            Outcome::NicknameAsked { nickname: name.clone() },
        ];
        let views = PLAIN_VIEWS.into_iter().chain([View::ChatTop, View::ChatStats, View::ChatMe]);
        outcomes.extend(views.map(|view| Outcome::Show(Shown { view })));
        for facts in &facts {
            for outcome in &outcomes {
                check(&render(outcome, &scene(Language::Ru, &place, Some(&player), facts)), &place, "extreme");
            }
        }
    }
}
