//! The commands: which there are, where each works and what it asks for.

use super::update::Replied;
use crate::game::action::{Action, Decline, TopKey, View};

/// A command, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// Its name, without the slash.
    pub name: &'static str,
    /// Where it works.
    pub works: Works,
    asks: Asks,
}

/// Where a command works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Works {
    /// In private chats only.
    Private,
    /// In groups only.
    Group,
    /// In both.
    Both,
    /// In the private chats of administrators only.
    Administrators,
}

/// What a command asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    Start,
    Davka,
    Uletet,
    Nickname,
    Cancel,
    /// A duel with the author of the replied message, else the menu of duels.
    Rademka,
    /// A duel with the author of the replied message.
    Fight,
    Show(View),
}

const fn command(name: &'static str, works: Works, asks: Asks) -> Command {
    Command { name, works, asks }
}

impl Command {
    /// All commands, in the order in which Telegram's menu shows them.
    pub const ALL: [Self; 24] = [
        command("start", Works::Both, Asks::Start),
        command("menu", Works::Private, Asks::Show(View::Menu)),
        command("gmenu", Works::Group, Asks::Show(View::Menu)),
        command("davka", Works::Private, Asks::Davka),
        command("gdavka", Works::Group, Asks::Davka),
        command("uletet", Works::Both, Asks::Uletet),
        command("rademka", Works::Private, Asks::Show(View::Rademka)),
        command("grademka", Works::Group, Asks::Rademka),
        command("fight", Works::Group, Asks::Fight),
        command("profile", Works::Both, Asks::Show(View::Profile)),
        command("gofra", Works::Both, Asks::Show(View::Gofra)),
        command("cable", Works::Both, Asks::Show(View::Cable)),
        command("atm", Works::Both, Asks::Show(View::Atm)),
        command("top", Works::Both, Asks::Show(View::Top(TopKey::Gofra))),
        command("gtop", Works::Group, Asks::Show(View::ChatTop)),
        command("gstats", Works::Group, Asks::Show(View::ChatStats)),
        command("gme", Works::Group, Asks::Show(View::ChatMe)),
        command("stats", Works::Private, Asks::Show(View::Stats)),
        command("nickname", Works::Private, Asks::Nickname),
        command("settings", Works::Private, Asks::Show(View::Settings)),
        command("cancel", Works::Private, Asks::Cancel),
        command("help", Works::Private, Asks::Show(View::Help)),
        command("ghelp", Works::Group, Asks::Show(View::Help)),
        command("admin", Works::Administrators, Asks::Show(View::Admin)),
    ];

    /// The command of this name; upper and lower case are the same.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|command| command.name.eq_ignore_ascii_case(name))
    }

    /// What it asks for in a private chat.
    pub(super) fn in_private(self, is_admin: bool) -> Action {
        match self.works {
            Works::Group => Action::Decline(Decline::GroupOnly),
            Works::Administrators if !is_admin => Action::Decline(Decline::AdminsOnly),
            _ => self.action(None),
        }
    }

    /// What it asks for in a group, where it may be a reply to somebody's message.
    pub(super) fn in_group(self, replied: Option<&Replied<'_>>) -> Action {
        match self.works {
            Works::Private | Works::Administrators => Action::Decline(Decline::PrivateOnly),
            _ => self.action(replied),
        }
    }

    fn action(self, replied: Option<&Replied<'_>>) -> Action {
        match self.asks {
            Asks::Start => Action::Start,
            Asks::Davka => Action::Davka,
            Asks::Uletet => Action::Uletet,
            Asks::Nickname => Action::AskNickname,
            Asks::Cancel => Action::Cancel,
            Asks::Rademka => fight(replied).unwrap_or(Action::Show(View::Rademka)),
            Asks::Fight => fight(replied).unwrap_or(Action::Decline(Decline::FightWithoutReply)),
            Asks::Show(view) => Action::Show(view),
        }
    }
}

/// A duel with the author of the replied message. Whoever writes on behalf of a channel or of the group is nobody to
/// fight, whatever Telegram puts in as the author.
fn fight(replied: Option<&Replied<'_>>) -> Option<Action> {
    let replied = replied?;
    let author = replied.from.as_ref()?;
    Some(Action::Fight {
        defender: author.id,
        is_bot: author.is_bot || replied.sender_chat.is_some(),
    })
}

/// A command as it was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Called<'a> {
    /// The name after the slash.
    pub(super) name: &'a str,
    /// The bot it is addressed to, `/name@bot`.
    pub(super) bot: Option<&'a str>,
}

/// The command at the start of a text; what follows it is left alone.
pub(super) fn called(text: &str) -> Option<Called<'_>> {
    let (name, rest) = identifier(text.strip_prefix('/')?);
    if name.is_empty() {
        return None;
    }
    let bot = rest.strip_prefix('@').map(|rest| identifier(rest).0);
    Some(Called { name, bot })
}

/// The letters, digits and underscores at the start of a text, and the rest of it.
fn identifier(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    text.split_at(end)
}
