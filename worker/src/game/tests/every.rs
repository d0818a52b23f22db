//! Everything there is to ask for.

use super::super::action::{Action, Decline, TopKey, View};
use super::super::player::Language;

pub(super) fn every_action() -> Vec<Action> {
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

pub(super) fn every_view() -> Vec<View> {
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

pub(super) fn every_decline() -> Vec<Decline> {
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
