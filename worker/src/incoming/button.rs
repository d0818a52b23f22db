//! The codec of callback data: `v1:<name>` in private chats, `v1:<name>:<owner id>` in groups, and for accepting a duel
//! `v1:duel:<proposal>` and `v1:duel:<proposal>:<owner id>`.
//!
//! Data comes back from clients and may be forged: it is read as strictly as it is written.

use super::command::Works;
use super::update::Markup;
use crate::game::action::{Action, Decline, TopKey, View};
use crate::game::player::{Language, UserId};
use serde_json::value::RawValue;
use std::fmt::Write;

/// The version all data starts with: buttons of a later format are told apart by it.
const VERSION: &str = "v1";

/// What a button asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// Davka.
    Davka,
    /// Uletet.
    Uletet,
    /// Find an opponent.
    Find,
    /// Accept the proposal made by the update of this id.
    Duel(i64),
    /// Change the nickname.
    Nickname,
    /// The leaderboards, at their first key.
    Top,
    /// A screen.
    Show(View),
    /// Choose a language.
    Language(Language),
    /// Leave any dialogue.
    Cancel,
}

/// Names of buttons, but for `duel`, which carries a number.
const NAMES: [(&str, Press, Works); 33] = [
    ("menu", Press::Show(View::Menu), Works::Both),
    ("help", Press::Show(View::Help), Works::Both),
    ("davka", Press::Davka, Works::Both),
    ("uletet", Press::Uletet, Works::Both),
    ("rademka", Press::Show(View::Rademka), Works::Both),
    ("top", Press::Top, Works::Both),
    ("profile", Press::Show(View::Profile), Works::Both),
    ("nickname", Press::Nickname, Works::Private),
    ("gofra", Press::Show(View::Gofra), Works::Both),
    (
        "gofra_progress",
        Press::Show(View::GofraProgress),
        Works::Both,
    ),
    ("gofra_speed", Press::Show(View::GofraSpeed), Works::Both),
    ("gofra_next", Press::Show(View::GofraNext), Works::Both),
    ("cable", Press::Show(View::Cable), Works::Both),
    ("cable_use", Press::Show(View::CableUse), Works::Both),
    ("cable_duel", Press::Show(View::CableDuel), Works::Both),
    ("atm", Press::Show(View::Atm), Works::Both),
    ("atm_next", Press::Show(View::AtmNext), Works::Both),
    ("atm_full", Press::Show(View::AtmFull), Works::Both),
    (
        "top_gofra",
        Press::Show(View::Top(TopKey::Gofra)),
        Works::Both,
    ),
    (
        "top_cable",
        Press::Show(View::Top(TopKey::Cable)),
        Works::Both,
    ),
    (
        "top_zmiy",
        Press::Show(View::Top(TopKey::Zmiy)),
        Works::Both,
    ),
    ("top_atm", Press::Show(View::Top(TopKey::Atm)), Works::Both),
    (
        "top_wins",
        Press::Show(View::Top(TopKey::Wins)),
        Works::Both,
    ),
    ("chat_top", Press::Show(View::ChatTop), Works::Group),
    ("chat_stats", Press::Show(View::ChatStats), Works::Group),
    ("chat_me", Press::Show(View::ChatMe), Works::Group),
    ("find", Press::Find, Works::Both),
    ("my_duels", Press::Show(View::MyDuels), Works::Both),
    ("settings", Press::Show(View::Settings), Works::Private),
    ("lang_en", Press::Language(Language::En), Works::Private),
    ("lang_ru", Press::Language(Language::Ru), Works::Private),
    ("stats", Press::Show(View::Stats), Works::Private),
    ("cancel", Press::Cancel, Works::Private),
];

impl Press {
    /// The data of a button that asks for this: with the owner of the menu in a group, without in private.
    ///
    /// `None` for what cannot be asked for there, and for a screen that no button leads to.
    pub fn data(self, owner: Option<UserId>) -> Option<String> {
        let mut data = String::with_capacity(40);
        data.push_str(VERSION);
        data.push(':');
        // Writing to a string cannot fail.
        if let Self::Duel(proposal) = self {
            let _ = write!(data, "duel:{proposal}");
        } else {
            let (name, _, works) = NAMES.iter().find(|(_, press, _)| *press == self)?;
            works_there(*works, owner.is_some()).then(|| data.push_str(name))?;
        }
        if let Some(owner) = owner {
            let _ = write!(data, ":{owner}");
        }
        Some(data)
    }

    fn action(self) -> Action {
        match self {
            Self::Davka => Action::Davka,
            Self::Uletet => Action::Uletet,
            Self::Find => Action::FindOpponent,
            Self::Duel(proposal) => Action::AcceptDuel { proposal },
            Self::Nickname => Action::AskNickname,
            Self::Top => Action::Show(View::Top(TopKey::Gofra)),
            Self::Show(view) => Action::Show(view),
            Self::Language(language) => Action::SetLanguage(language),
            Self::Cancel => Action::Cancel,
        }
    }
}

/// What the press of a button with this data asks for in a private chat.
pub(super) fn pressed_in_private(data: &str) -> Action {
    match parse(data, false) {
        None => Action::Decline(Decline::StaleButton),
        Some((press, _)) => press.action(),
    }
}

/// What the press of a button with this data asks for in a group. The owner of its menu, where the message told him,
/// outweighs the one that the data claims.
pub(super) fn pressed_in_group(data: &str, told: Option<UserId>, presser: UserId) -> Action {
    match parse(data, true) {
        None => Action::Decline(Decline::StaleButton),
        Some((press, claimed))
            if claimed == Some(presser) && told.is_none_or(|it| it == presser) =>
        {
            press.action()
        }
        Some(_) => Action::Decline(Decline::ForeignMenu),
    }
}

/// The owner of the menu of a group: all its buttons carry him.
pub(super) fn owner(keyboard: &RawValue) -> Option<UserId> {
    let markup: Markup<'_> = serde_json::from_str(keyboard.get()).ok()?;
    let buttons = markup.inline_keyboard.iter().flatten();
    let mut data = buttons.filter_map(|button| button.callback_data.as_ref());
    data.find_map(|data| parse(&data.0, true)?.1)
}

fn parse(data: &str, in_group: bool) -> Option<(Press, Option<UserId>)> {
    let mut fields = data.strip_prefix(VERSION)?.strip_prefix(':')?.split(':');
    let name = fields.next()?;
    let press = if name == "duel" {
        Press::Duel(fields.next()?.parse().ok()?)
    } else {
        NAMES.iter().find(|(known, ..)| *known == name)?.1
    };
    let owner = if in_group {
        Some(fields.next()?.parse().ok()?)
    } else {
        None
    };
    // Numbers have other spellings ("+5", "05"), and there may be fields left: only what we write ourselves is ours.
    (press.data(owner)? == data).then_some((press, owner))
}

fn works_there(works: Works, in_group: bool) -> bool {
    match works {
        Works::Both => true,
        Works::Group => in_group,
        Works::Private | Works::Administrators => !in_group,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_press() -> impl Strategy<Value = Press> {
        prop_oneof![
            any::<i64>().prop_map(Press::Duel),
            (0..NAMES.len()).prop_map(|at| NAMES[at].1),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(press in any_press(), owner: i64, in_group: bool) {
            let owner = in_group.then_some(owner);
            if let Some(data) = press.data(owner) {
                prop_assert!((1..=64).contains(&data.len()), "{data}");
                prop_assert_eq!(parse(&data, in_group), Some((press, owner)));
                prop_assert_eq!(parse(&data, !in_group), None);
            }
        }

        #[test]
        fn other_data_is_stale(data in "\\PC{0,80}", in_group: bool) {
            prop_assume!(parse(&data, in_group).is_none());
            let action = if in_group { pressed_in_group(&data, None, 1) } else { pressed_in_private(&data) };
            prop_assert_eq!(action, Action::Decline(Decline::StaleButton));
        }
    }

    #[test]
    fn every_press_can_be_written_somewhere() {
        for (name, press, works) in NAMES {
            assert_eq!(press.data(None).is_some(), works != Works::Group, "{name}");
            assert_eq!(
                press.data(Some(7)).is_some(),
                works != Works::Private,
                "{name}"
            );
        }
        assert_eq!(Press::Show(View::Admin).data(None), None);
    }

    #[test]
    fn names_are_unique() {
        for (at, (name, press, _)) in NAMES.iter().enumerate() {
            assert!(
                NAMES[at + 1..]
                    .iter()
                    .all(|(other, same, _)| other != name && same != press),
                "{name}"
            );
        }
    }

    #[test]
    fn a_menu_of_a_group_belongs_to_its_owner() {
        let foreign = Action::Decline(Decline::ForeignMenu);
        let stale = Action::Decline(Decline::StaleButton);
        for (data, in_group, expect) in [
            ("v1:davka", false, Action::Davka),
            ("v1:davka:7", true, Action::Davka),
            ("v1:davka:8", true, foreign.clone()),
            ("v1:duel:55", false, Action::AcceptDuel { proposal: 55 }),
            ("v1:duel:55:7", true, Action::AcceptDuel { proposal: 55 }),
            ("v1:duel:55:8", true, foreign.clone()),
            ("v1:menu:8", true, foreign),
            ("v1:nickname:7", true, stale.clone()),
            ("v1:chat_top", false, stale.clone()),
            ("v1:chat_top:7", true, Action::Show(View::ChatTop)),
            ("v1:top", false, Action::Show(View::Top(TopKey::Gofra))),
            ("v1:davka", true, stale.clone()),
            ("v1:davka:7", false, stale.clone()),
            ("v1:davka:07", true, stale.clone()),
            ("v1:davka:+7", true, stale.clone()),
            ("v1:davka:7:7", true, stale.clone()),
            ("v1:davka:99999999999999999999", true, stale.clone()),
            ("v1:duel", false, stale.clone()),
            ("v1:duel:", false, stale.clone()),
            ("v1:duel:abc", false, stale.clone()),
            ("v1:duel:55", true, stale.clone()),
            ("v1:DAVKA", false, stale.clone()),
            ("v2:davka", false, stale.clone()),
            ("davka", false, stale.clone()),
            ("v1:", false, stale.clone()),
            ("", false, stale),
        ] {
            let action = if in_group {
                pressed_in_group(data, None, 7)
            } else {
                pressed_in_private(data)
            };
            assert_eq!(action, expect, "{data} in_group={in_group}");
        }
    }

    #[test]
    fn the_message_knows_whose_menu_it_is() {
        let keyboard = |data: &str| {
            let text =
                format!(r#"{{"inline_keyboard":[[{{"text":"?","url":"tg://x"}}],[{data}]]}}"#);
            RawValue::from_string(text).unwrap()
        };
        let button = |data| keyboard(&format!(r#"{{"text":"a","callback_data":"{data}"}}"#));
        let foreign = Action::Decline(Decline::ForeignMenu);
        for (markup, expect) in [
            (button("v1:menu:7"), Action::Davka),
            (button("v1:duel:5:8"), foreign),
            // Not ours, or not to be understood: then the data alone speaks.
            (button("v9:what:8"), Action::Davka),
            (keyboard(""), Action::Davka),
            (
                RawValue::from_string("[8]".to_owned()).unwrap(),
                Action::Davka,
            ),
        ] {
            let action = pressed_in_group("v1:davka:7", owner(&markup), 7);
            assert_eq!(action, expect, "{markup}");
        }
        let own = owner(&button("v1:menu:7"));
        let claimed = pressed_in_group("v1:davka:8", own, 7);
        assert_eq!(claimed, Action::Decline(Decline::ForeignMenu));
    }
}
