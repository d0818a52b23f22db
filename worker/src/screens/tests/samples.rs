//! One of everything that can be shown.

use crate::game::action::{Decline, Place, TopKey, View};
use crate::game::facts::{
    AdminFigures, ChatFigures, ChatShare, DuelRecord, ErrorRecord, Facts, Leaderboard, TopRow,
};
use crate::game::outcome::{
    Catch, Declined, Duel, DuelRefusal, NicknameRefusal, Outcome, Rival, Shown,
};
use crate::game::player::{Language, Player};
use crate::screens::{Notice, Scene, Screen, notice, render, render_note};
use chrono::{DateTime, TimeDelta, Utc};

pub(super) const ME: i64 = 7;
pub(super) const UPDATE: i64 = 4_503_599_627_370_495;

pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

pub(super) fn player(gofra_mm: f64, atm: i32) -> Player {
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

pub(super) fn group() -> Place {
    Place::Group {
        chat_id: -100,
        title: "Двор <b>".to_owned(),
    }
}

pub(super) fn rival(user_id: i64, nickname: &str) -> Rival {
    Rival {
        user_id,
        nickname: nickname.to_owned(),
        gofra_mm: 310.0,
        cable_mm: 60.0,
    }
}

pub(super) fn duel(attacker_won: bool, new_level: Option<u8>) -> Duel {
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

pub(super) fn caught(grams: i64, new_level: Option<u8>) -> Catch {
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

pub(super) fn board(key: Option<TopKey>, rows: i64, own: bool) -> Facts {
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

pub(super) const PLAIN_VIEWS: [View; 16] = [
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
pub(super) fn outcomes() -> Vec<Outcome> {
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
pub(super) fn with_facts() -> Vec<(View, Facts)> {
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

pub(super) fn scene<'a>(
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

/// Makes every notice there is, in one language, and hands each over.
pub(super) fn each_notice(language: Language, mut seen: impl FnMut(&Outcome, Option<Notice>)) {
    for place in [Place::Private, group()] {
        for outcome in outcomes() {
            let scene = scene(language, &place, None, &Facts::None);
            seen(&outcome, notice(&outcome, &scene));
        }
    }
}

/// Renders everything there is, in one language, and hands each screen over.
pub(super) fn each_screen(language: Language, mut seen: impl FnMut(&Screen, &Place, &str)) {
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
