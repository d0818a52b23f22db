//! The command menus that Telegram shows, for `setMyCommands`.

use super::words::Words;
use crate::game::player::Language;
use crate::incoming::{Command, Works};
use std::borrow::Cow;

/// Who sees a command menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everybody, in private chats.
    PrivateChats,
    /// Everybody, in groups.
    Groups,
    /// An administrator, in his private chat.
    Administrators,
}

/// The commands for an audience: name and description (1 to 256 characters), in the order of the menu.
pub fn commands(audience: Audience, language: Language) -> Vec<(&'static str, Cow<'static, str>)> {
    let words = Words::of(language);
    let seen = |command: &Command| match command.works {
        Works::Both => true,
        Works::Private => audience != Audience::Groups,
        Works::Group => audience == Audience::Groups,
        Works::Administrators => audience == Audience::Administrators,
    };
    Command::ALL
        .iter()
        .filter(|command| seen(command))
        .map(|command| {
            (
                command.name,
                words.plain(&format!("command-{}", command.name)),
            )
        })
        .collect()
}
