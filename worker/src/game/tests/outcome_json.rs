//! Outcomes go to the ledger as JSON and come back the same: a repeated update is answered from there.

use super::super::action::{Decline, TopKey, View};
use super::super::outcome::{
    Catch, Declined, Duel, DuelRefusal, NicknameRefusal, Outcome, Rival, Shown,
};
use super::super::player::Language;

fn outcomes() -> Vec<Outcome> {
    let rival = |user_id| Rival {
        user_id,
        nickname: "Ёж <1>".to_owned(),
        gofra_mm: 12.025,
        cable_mm: 22.15,
    };
    let duel = Duel {
        id: i64::MAX,
        attacker: rival(1),
        defender: rival(2),
        defender_language: Some(Language::Ru),
        chance: 57.02,
        attacker_won: true,
        gofra_grown_mm: 14.0,
        cable_grown_mm: 0.2,
        new_level: Some(2),
    };
    let catch = Catch {
        grams: 80,
        gofra_grown_mm: 2.0,
        cable_grown_mm: 12.0,
        gofra_mm: 12.0,
        cable_mm: 22.0,
        zmiy_g: 80,
        new_level: None,
        full_in_s: 86_400,
    };
    let mut outcomes = vec![
        Outcome::Started { newcomer: true },
        Outcome::Davka(catch),
        Outcome::DavkaRefused {
            atm: 3,
            full_in_s: 100,
        },
        Outcome::Uletet {
            grams: 1,
            total_zmiy_g: 2,
        },
        Outcome::UletetRefused,
        Outcome::Proposed {
            opponent: rival(2),
            chance: 50.0,
        },
        Outcome::NoOpponent,
        Outcome::Duel(duel),
        Outcome::NicknameAsked {
            nickname: "a".to_owned(),
        },
        Outcome::NicknameChanged {
            from: "a".to_owned(),
            to: "b".to_owned(),
        },
        Outcome::NicknameStillAwaited,
        Outcome::Cancelled { was_waiting: false },
        Outcome::LanguageSet {
            language: Language::En,
        },
        Outcome::Chatter,
        Outcome::Show(Shown {
            view: View::Top(TopKey::Wins),
        }),
        Outcome::Show(Shown {
            view: View::GofraProgress,
        }),
        Outcome::Declined(Declined {
            why: Decline::TooMany { retry_after_s: 3 },
        }),
        Outcome::Declined(Declined {
            why: Decline::UnknownCommand,
        }),
    ];
    outcomes.extend(
        [
            DuelRefusal::TooMany {
                limit: 10,
                retry_after_s: 1,
            },
            DuelRefusal::TooManyAgainst {
                nickname: "a".to_owned(),
                limit: 3,
                retry_after_s: 1,
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
    outcomes.extend(
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
                retry_after_s: 1,
            },
        ]
        .map(Outcome::NicknameRefused),
    );
    outcomes
}

#[test]
fn every_outcome_survives_the_ledger() {
    for outcome in outcomes() {
        let json = serde_json::to_string(&outcome).unwrap();
        assert_eq!(
            serde_json::from_str::<Outcome>(&json).unwrap(),
            outcome,
            "{json}"
        );
    }
}

#[test]
fn the_fields_that_queries_read_keep_their_names() {
    let find = |outcome: &Outcome, pointer: &str| {
        serde_json::to_value(outcome)
            .unwrap()
            .pointer(pointer)
            .cloned()
    };
    let rival = Rival {
        user_id: 2,
        nickname: "a".to_owned(),
        gofra_mm: 1.0,
        cable_mm: 1.0,
    };
    let proposed = Outcome::Proposed {
        opponent: rival,
        chance: 50.0,
    };
    assert_eq!(find(&proposed, "/opponent/user_id"), Some(2.into()));
    let changed = Outcome::NicknameChanged {
        from: "a".to_owned(),
        to: "b".to_owned(),
    };
    assert_eq!(find(&changed, "/is"), Some("nickname_changed".into()));
}
