//! The command menu: set by scope and language, resolved from the narrowest scope to the widest.

use std::collections::HashMap;
use std::sync::RwLock;

use serde::{Deserialize, Serialize};

use crate::simulator::answer::{Answer, ApiError};
use crate::simulator::chats::ChatKind;
use crate::simulator::params::{Params, whole};
use crate::simulator::view::Event;
use crate::simulator::{Simulator, read, write};

/// Commands of one scope and language.
const COMMANDS_LIMIT: usize = 100;
/// Scopes and languages with a list of their own: far more than any bot has, so that a runaway one fills no memory.
const LISTS_LIMIT: usize = 10_000;

/// A row of the command menu.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Name without the slash.
    pub command: String,
    /// What it does.
    pub description: String,
}

/// The menus that the bot has set.
#[derive(Default)]
pub(in crate::simulator) struct Commands {
    lists: RwLock<HashMap<(Scope, String), Vec<Command>>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Scope {
    #[default]
    Default,
    AllPrivateChats,
    AllGroupChats,
    AllChatAdministrators,
    Chat {
        #[serde(deserialize_with = "whole")]
        chat_id: i64,
    },
    ChatAdministrators {
        #[serde(deserialize_with = "whole")]
        chat_id: i64,
    },
    ChatMember {
        #[serde(deserialize_with = "whole")]
        chat_id: i64,
        #[serde(deserialize_with = "whole")]
        user_id: i64,
    },
}

pub(super) fn set_my_commands(simulator: &Simulator, params: &Params) -> Result<Answer, ApiError> {
    let key = key(simulator, params)?;
    let commands: Option<Vec<Command>> =
        params.nested("commands", "can't parse commands JSON object")?;
    let mut commands = commands.unwrap_or_default();
    if commands.len() > COMMANDS_LIMIT {
        return Err(ApiError::bad("BOT_COMMANDS_TOO_MUCH"));
    }
    for command in &mut commands {
        if let Some(name) = command.command.strip_prefix('/') {
            command.command = name.to_owned();
        }
        let name = command.command.as_bytes();
        let legal = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_';
        if !(1..=32).contains(&name.len()) || !name.iter().all(legal) {
            return Err(ApiError::bad("BOT_COMMAND_INVALID"));
        }
        if !(1..=256).contains(&command.description.chars().count()) {
            return Err(ApiError::bad("BOT_COMMAND_DESCRIPTION_INVALID"));
        }
    }
    let mut lists = write(&simulator.state.commands.lists);
    if commands.is_empty() {
        lists.remove(&key);
    } else if lists.len() < LISTS_LIMIT || lists.contains_key(&key) {
        lists.insert(key, commands);
    } else {
        return Err(ApiError::bad("BOT_COMMANDS_TOO_MUCH"));
    }
    drop(lists);
    simulator.announce(|| Event::CommandsChanged);
    Ok(Answer::yes())
}

pub(super) fn delete_my_commands(
    simulator: &Simulator,
    params: &Params,
) -> Result<Answer, ApiError> {
    let key = key(simulator, params)?;
    write(&simulator.state.commands.lists).remove(&key);
    simulator.announce(|| Event::CommandsChanged);
    Ok(Answer::yes())
}

pub(super) fn get_my_commands(simulator: &Simulator, params: &Params) -> Result<Answer, ApiError> {
    let key = key(simulator, params)?;
    let lists = read(&simulator.state.commands.lists);
    Answer::of(&lists.get(&key).map_or(&[][..], Vec::as_slice))
}

fn key(simulator: &Simulator, params: &Params) -> Result<(Scope, String), ApiError> {
    let scope: Option<Scope> = params.nested("scope", "can't parse BotCommandScope JSON object")?;
    let scope = scope.unwrap_or_default();
    if let Scope::Chat { chat_id }
    | Scope::ChatAdministrators { chat_id }
    | Scope::ChatMember { chat_id, .. } = scope
    {
        let known = simulator.state.chats.with(chat_id, |_| ());
        known.ok_or_else(|| ApiError::bad("chat not found"))?;
    }
    let language = params
        .text("language_code")
        .unwrap_or_default()
        .into_owned();
    let legal = language.len() == 2 && language.bytes().all(|byte| byte.is_ascii_lowercase());
    if !(language.is_empty() || legal) {
        return Err(ApiError::bad("invalid language code specified"));
    }
    Ok((scope, language))
}

impl Simulator {
    /// The command menu that somebody sees in a chat: the first list that exists, from the narrowest scope to the widest,
    /// within a scope the person's language before the one for all languages.
    pub fn commands_for(&self, user: i64, chat: i64) -> Vec<Command> {
        let language = self
            .person(user)
            .and_then(|person| person.language_code.clone());
        let language = language.unwrap_or_default();
        let language = language.split('-').next().unwrap_or_default();
        let owns = |owner: Option<i64>| owner == Some(user);
        let scopes = self.state.chats.with(chat, |known| match &known.kind {
            ChatKind::Private { .. } => {
                vec![
                    Scope::Chat { chat_id: chat },
                    Scope::AllPrivateChats,
                    Scope::Default,
                ]
            }
            ChatKind::Group { owner, .. } => {
                let mut scopes = vec![Scope::ChatMember {
                    chat_id: chat,
                    user_id: user,
                }];
                if owns(*owner) {
                    scopes.push(Scope::ChatAdministrators { chat_id: chat });
                }
                scopes.push(Scope::Chat { chat_id: chat });
                if owns(*owner) {
                    scopes.push(Scope::AllChatAdministrators);
                }
                scopes.extend([Scope::AllGroupChats, Scope::Default]);
                scopes
            }
        });
        let lists = read(&self.state.commands.lists);
        let mut keys = scopes
            .into_iter()
            .flatten()
            .flat_map(|scope| [(scope, language.to_owned()), (scope, String::new())]);
        keys.find_map(|key| lists.get(&key).cloned())
            .unwrap_or_default()
    }
}
