//! The keyboards. Each is a table of labels and what they ask for; in a group every button carries the menu's owner.

use super::words::Words;
use crate::game::action::{TopKey, View};
use crate::game::player::{Language, UserId};
use crate::incoming::Press;
use std::borrow::Cow;

/// A button of an inline keyboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What it says.
    pub label: Cow<'static, str>,
    /// Its callback data, 1 to 64 bytes.
    pub data: String,
}

/// Rows of buttons.
pub type Keyboard = Vec<Vec<Button>>;

type Layout = &'static [&'static [(&'static str, Press)]];

const fn show(view: View) -> Press {
    Press::Show(view)
}

const MENU: (&str, Press) = ("button-menu", show(View::Menu));
const PROFILE: (&str, Press) = ("button-profile", show(View::Profile));
const DAVKA: (&str, Press) = ("button-davka", Press::Davka);
const ULETET: (&str, Press) = ("button-uletet", Press::Uletet);
const RADEMKA: (&str, Press) = ("button-rademka", show(View::Rademka));
const TOP: (&str, Press) = ("button-top", Press::Top);
const FIND: (&str, Press) = ("button-find", Press::Find);
const HELP: (&str, Press) = ("button-help", show(View::Help));

const MAIN: Layout = &[
    &[DAVKA, ULETET],
    &[RADEMKA, TOP],
    &[PROFILE, ("button-nickname", Press::Nickname)],
    &[("button-settings", show(View::Settings)), HELP],
];
const MAIN_IN_GROUP: Layout = &[
    &[DAVKA, ULETET],
    &[RADEMKA, PROFILE],
    &[TOP, ("button-chat-top", show(View::ChatTop))],
    &[
        ("button-chat-stats", show(View::ChatStats)),
        ("button-chat-me", show(View::ChatMe)),
    ],
    &[HELP],
];
const OWN: [(&str, Press); 3] = [
    ("button-gofra", show(View::Gofra)),
    ("button-cable", show(View::Cable)),
    ("button-atm", show(View::Atm)),
];
const OF_PROFILE: Layout = &[&OWN, &[("button-stats", show(View::Stats)), MENU]];
const OF_GOFRA: Layout = &[
    &[
        ("button-gofra-progress", show(View::GofraProgress)),
        ("button-gofra-speed", show(View::GofraSpeed)),
    ],
    &[("button-gofra-next", show(View::GofraNext))],
    &[PROFILE, MENU],
];
const OF_CABLE: Layout = &[
    &[
        ("button-cable-use", show(View::CableUse)),
        ("button-cable-duel", show(View::CableDuel)),
    ],
    &[PROFILE, MENU],
];
const ATM_TIMES: &[(&str, Press)] = &[
    ("button-atm-next", show(View::AtmNext)),
    ("button-atm-full", show(View::AtmFull)),
];
const OF_ATM: Layout = &[ATM_TIMES, &[PROFILE, MENU]];
const OF_ATM_FULL: Layout = &[&[DAVKA], ATM_TIMES, &[PROFILE, MENU]];
const OF_RADEMKA: Layout = &[
    &[FIND],
    &[
        ("button-my-duels", show(View::MyDuels)),
        ("button-duel-top", show(View::Top(TopKey::Wins))),
    ],
    &[MENU],
];
const OF_CHAT: Layout = &[
    &[
        ("button-chat-top", show(View::ChatTop)),
        ("button-everybody", Press::Top),
    ],
    &[
        ("button-chat-stats", show(View::ChatStats)),
        ("button-chat-me", show(View::ChatMe)),
    ],
    &[MENU],
];
const AFTER_CATCH: Layout = &[&[ULETET, RADEMKA], &[PROFILE, MENU]];
const AFTER_ULETET: Layout = &[&[RADEMKA, TOP], &[MENU]];
const TO_DAVKA: Layout = &[&[DAVKA, MENU]];
const TO_WAIT: Layout = &[
    &[("button-atm-next", show(View::AtmNext)), RADEMKA],
    &[MENU],
];
const TO_FIND: Layout = &[&[FIND], &[RADEMKA, MENU]];
const AFTER_NAMING: Layout = &[&[PROFILE, MENU]];
const TO_CANCEL: Layout = &[&[("button-cancel", Press::Cancel)]];
const TO_MENU: Layout = &[&[MENU]];

/// Makes keyboards for one screen.
#[derive(Clone, Copy)]
pub(super) struct Keyboards {
    words: Words,
    owner: Option<UserId>,
}

impl Keyboards {
    /// For a menu in private, or in a group for its owner.
    pub(super) fn of(words: Words, owner: Option<UserId>) -> Self {
        Self { words, owner }
    }

    /// The same buttons with other words.
    pub(super) fn speaking(self, words: Words) -> Self {
        Self { words, ..self }
    }

    /// The main menu, or the menu of a group.
    pub(super) fn main(self) -> Keyboard {
        self.rows(if self.owner.is_some() {
            MAIN_IN_GROUP
        } else {
            MAIN
        })
    }

    pub(super) fn profile(self) -> Keyboard {
        self.rows(OF_PROFILE)
    }

    pub(super) fn gofra(self) -> Keyboard {
        self.rows(OF_GOFRA)
    }

    pub(super) fn cable(self) -> Keyboard {
        self.rows(OF_CABLE)
    }

    pub(super) fn atm(self, is_full: bool) -> Keyboard {
        self.rows(if is_full { OF_ATM_FULL } else { OF_ATM })
    }

    pub(super) fn rademka(self) -> Keyboard {
        self.rows(OF_RADEMKA)
    }

    pub(super) fn chat(self) -> Keyboard {
        self.rows(OF_CHAT)
    }

    pub(super) fn after_catch(self) -> Keyboard {
        self.rows(AFTER_CATCH)
    }

    pub(super) fn after_uletet(self) -> Keyboard {
        self.rows(AFTER_ULETET)
    }

    pub(super) fn to_davka(self) -> Keyboard {
        self.rows(TO_DAVKA)
    }

    pub(super) fn to_wait(self) -> Keyboard {
        self.rows(TO_WAIT)
    }

    pub(super) fn to_find(self) -> Keyboard {
        self.rows(TO_FIND)
    }

    pub(super) fn after_naming(self) -> Keyboard {
        self.rows(AFTER_NAMING)
    }

    pub(super) fn to_cancel(self) -> Keyboard {
        self.rows(TO_CANCEL)
    }

    pub(super) fn to_menu(self) -> Keyboard {
        self.rows(TO_MENU)
    }

    /// Under a proposal: accept it, or look for somebody else.
    pub(super) fn proposal(self, update_id: i64) -> Keyboard {
        let mut keyboard = vec![self.row(&[
            ("button-duel", Press::Duel(update_id)),
            ("button-find-another", Press::Find),
        ])];
        keyboard.extend(self.rows(&[&[RADEMKA, MENU]]));
        keyboard
    }

    /// Under a leaderboard: a button for every key, the present one marked; in a group also its own leaderboard.
    pub(super) fn top(self, present: TopKey) -> Keyboard {
        let mut buttons: Vec<Button> = Vec::with_capacity(TopKey::ALL.len());
        for key in TopKey::ALL {
            let (label, mark) = (top_label(key), if key == present { "• " } else { "" });
            buttons.extend(self.marked(mark, label, show(View::Top(key))));
        }
        let mut keyboard: Keyboard = buttons.chunks(3).map(<[Button]>::to_vec).collect();
        keyboard.push(self.row(&[("button-chat-top", show(View::ChatTop)), MENU]));
        keyboard
    }

    /// The languages, the present one marked.
    pub(super) fn settings(self, present: Language) -> Keyboard {
        let mut row = Vec::with_capacity(Language::ALL.len());
        for language in Language::ALL {
            let label = match language {
                Language::En => "button-english",
                Language::Ru => "button-russian",
            };
            let mark = if language == present { "✓ " } else { "" };
            row.extend(self.marked(mark, label, Press::Language(language)));
        }
        let rows = [row, self.row(&[MENU])];
        rows.into_iter().filter(|row| !row.is_empty()).collect()
    }

    /// The rows of a layout, without what does not work where the menu is.
    fn rows(self, layout: Layout) -> Keyboard {
        let rows = layout.iter().map(|row| self.row(row));
        rows.filter(|row| !row.is_empty()).collect()
    }

    fn row(self, row: &[(&'static str, Press)]) -> Vec<Button> {
        row.iter()
            .filter_map(|(label, press)| self.marked("", label, *press))
            .collect()
    }

    fn marked(self, mark: &str, label: &str, press: Press) -> Option<Button> {
        let label = self.words.plain(label);
        Some(Button {
            label: if mark.is_empty() {
                label
            } else {
                Cow::Owned(format!("{mark}{label}"))
            },
            data: press.data(self.owner)?,
        })
    }
}

fn top_label(key: TopKey) -> &'static str {
    match key {
        TopKey::Gofra => "button-gofra",
        TopKey::Cable => "button-cable",
        TopKey::Zmiy => "button-zmiy",
        TopKey::Atm => "button-atm",
        TopKey::Wins => "button-wins",
    }
}
