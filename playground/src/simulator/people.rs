//! What people do: they write, press, send photos, block. Each deed makes the update that Telegram would make of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::chats::{Chat, ChatKind, Draft, Media};
use super::queue::{Lane, Life};
use super::view::Event;
use super::wire::{CallbackQuery, Inaccessible, MemberUpdate, WireChat};
use super::{Simulator, locked, now, read, text, wire, write};

/// The longest message, in characters.
pub(super) const TEXT_LIMIT: usize = 4096;

/// Somebody with an account: a person, or the bot itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// Telegram user id, positive.
    pub id: i64,
    /// Whether it is a bot.
    #[serde(default)]
    pub is_bot: bool,
    /// Shown name.
    pub first_name: String,
    /// Public name without the `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// IETF tag of the language of the person's client, such as `ru`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language_code: Option<String>,
}

/// The ids of a message that a person sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The update that tells the bot.
    pub update_id: i64,
    /// The message in its chat.
    pub message_id: i64,
}

/// The ids of a button press.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pressed {
    /// The update that tells the bot.
    pub update_id: i64,
    /// The query that the bot has to answer.
    pub callback_query_id: String,
}

/// Why a person cannot do something. The words are meant for that person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonError {
    /// No such person.
    #[error("there is no person with this id")]
    Unknown,
    /// The chat does not exist, or the person is not in it.
    #[error("this person is not in this chat")]
    NotInChat,
    /// Nothing but white space.
    #[error("a message needs a text")]
    EmptyText,
    /// More than 4096 characters.
    #[error("a message has at most 4096 characters")]
    TextTooLong,
    /// The message replied to is not there.
    #[error("there is no such message in this chat")]
    NoSuchMessage,
    /// With strict presses: the message has no button with this data.
    #[error("the message has no such button")]
    NoSuchButton,
    /// The person blocked the bot, and has to unblock it first.
    #[error("you blocked this bot: unblock it first")]
    Blocked,
}

impl Simulator {
    /// Adds a person together with the private chat with the bot. Somebody with the same id gets the new names.
    pub fn add_person(&self, person: Person) {
        let person = Arc::new(person);
        self.state.chats.add_private(person.clone());
        write(&self.state.people).insert(person.id, person);
    }

    /// Adds a person with a new id, who joins every group.
    pub fn new_person(&self, first_name: &str, language_code: &str) -> Person {
        let mut people = write(&self.state.people);
        let id = next_id(&people);
        let person = Arc::new(Person {
            id,
            is_bot: false,
            first_name: first_name.to_owned(),
            username: None,
            language_code: Some(language_code.to_owned()),
        });
        people.insert(id, person.clone());
        drop(people);
        let person = Person::clone(&person);
        self.welcome(person.clone());
        person
    }

    /// Adds a person, who joins every group.
    pub fn welcome(&self, person: Person) {
        let id = person.id;
        self.add_person(person);
        for group in self.state.chats.groups() {
            self.join(group, id);
        }
    }

    /// An id above all those of people.
    pub fn next_id(&self) -> i64 {
        next_id(&read(&self.state.people))
    }

    /// All people, by id.
    pub fn people(&self) -> Vec<Person> {
        read(&self.state.people)
            .values()
            .map(|person| Person::clone(person))
            .collect()
    }

    /// Number of people.
    pub fn population(&self) -> usize {
        read(&self.state.people).len()
    }

    /// Adds a group (id below 0, as supergroups have: -100...) with these members; the first of them owns it.
    /// The bot is a member too, and reads everything: its privacy mode is off.
    pub fn add_group(&self, id: i64, title: &str, members: &[i64]) {
        self.state.chats.add_group(id, title, members);
    }

    /// Makes somebody a member of a group; without effect where there is no such group.
    pub fn join(&self, group: i64, user: i64) {
        self.state.chats.with(group, |chat| {
            if let ChatKind::Group { members, .. } = &mut chat.kind {
                members.insert(user);
            }
        });
    }

    /// A person writes. Commands, mentions and links are marked as Telegram marks them.
    ///
    /// # Errors
    /// See [`PersonError`].
    pub fn say(
        &self,
        user: i64,
        chat: i64,
        text: &str,
        reply_to: Option<i64>,
    ) -> Result<Sent, PersonError> {
        let text = text::typed(text);
        if text.plain.is_empty() {
            return Err(PersonError::EmptyText);
        }
        if text.plain.chars().count() > TEXT_LIMIT {
            return Err(PersonError::TextTooLong);
        }
        self.receive(
            user,
            chat,
            Draft {
                text,
                reply_to,
                ..Draft::default()
            },
        )
    }

    /// A person sends a stand-in for a photo.
    ///
    /// # Errors
    /// See [`PersonError`].
    pub fn send_photo(&self, user: i64, chat: i64) -> Result<Sent, PersonError> {
        let media = Media::photo(self.state.file_id(), 51_200);
        locked(&self.state.files).keep(&media);
        let media = Some(media);
        self.receive(
            user,
            chat,
            Draft {
                media,
                ..Draft::default()
            },
        )
    }

    fn receive(&self, user: i64, chat: i64, draft: Draft) -> Result<Sent, PersonError> {
        let author = self.person(user).ok_or(PersonError::Unknown)?;
        let sent = self.state.chats.with(chat, |chat| {
            enter(chat, user)?;
            if draft.reply_to.is_some_and(|id| chat.message(id).is_none()) {
                return Err(PersonError::NoSuchMessage);
            }
            let message_id = chat.post(author, draft, self.state.options.history);
            let message = chat.message(message_id).ok_or(PersonError::NoSuchMessage)?;
            self.announce(|| Event::MessageSent(Arc::new(chat.view(message))));
            // Under the chat's lock, so that updates come in the order of the messages.
            let payload = wire::Message::of(chat, message);
            let update_id =
                self.state
                    .updates
                    .push("message", &payload, Lane::Chat(chat.id), Life::Message);
            Ok(Sent {
                update_id,
                message_id,
            })
        });
        sent.unwrap_or(Err(PersonError::NotInChat))
    }

    /// A person presses a button. The data is what the person's client says it is: only with
    /// [`Options::strict`](super::Options::strict) must the message have such a button.
    ///
    /// # Errors
    /// See [`PersonError`].
    pub fn press(
        &self,
        user: i64,
        chat: i64,
        message_id: i64,
        data: &str,
    ) -> Result<Pressed, PersonError> {
        let from = self.person(user).ok_or(PersonError::Unknown)?;
        let pressed = self.state.chats.with(chat, |chat| {
            enter(chat, user)?;
            let message = chat.message(message_id);
            if self.state.options.strict && !message.is_some_and(|it| it.has_button(data)) {
                return Err(PersonError::NoSuchButton);
            }
            let id = self.state.query_id(user);
            self.state.queries.opened(&id, user);
            let inaccessible = || Inaccessible {
                chat: WireChat::of(chat),
                message_id,
                date: 0,
            };
            let payload = CallbackQuery {
                id: &id,
                from: &from,
                message: message
                    .map(|message| wire::Message::of(chat, message))
                    .ok_or_else(inaccessible)
                    .into(),
                chat_instance: self.state.chat_instance(chat.id),
                data,
            };
            let lane = Lane::Presses(user);
            let update_id = self
                .state
                .updates
                .push("callback_query", &payload, lane, Life::Press);
            Ok(Pressed {
                update_id,
                callback_query_id: id,
            })
        });
        pressed.unwrap_or(Err(PersonError::NotInChat))
    }

    /// A person blocks the bot, or unblocks it. The bot hears of it by `my_chat_member`.
    pub fn set_blocked(&self, user: i64, blocked: bool) {
        let Some(person) = self.person(user) else {
            return;
        };
        self.state.chats.with(user, |chat| {
            let ChatKind::Private {
                blocked: now_blocked,
                ..
            } = &mut chat.kind
            else {
                return;
            };
            if std::mem::replace(now_blocked, blocked) == blocked {
                return;
            }
            self.announce(|| Event::Blocked { user, blocked });
            let payload = MemberUpdate::new(chat, &person, &self.state.bot, now(), blocked);
            let lane = Lane::Chat(chat.id);
            self.state
                .updates
                .push("my_chat_member", &payload, lane, Life::Message);
        });
    }

    /// Whether the person blocked the bot.
    pub fn is_blocked(&self, user: i64) -> bool {
        let blocked =
            |chat: &mut Chat| matches!(chat.kind, ChatKind::Private { blocked: true, .. });
        self.state.chats.with(user, blocked).unwrap_or(false)
    }

    pub(super) fn person(&self, id: i64) -> Option<Arc<Person>> {
        read(&self.state.people).get(&id).cloned()
    }
}

fn next_id(people: &BTreeMap<i64, Arc<Person>>) -> i64 {
    people.keys().next_back().map_or(1001, |last| last + 1)
}

/// Lets a person act in a chat; the first deed in a private chat is what lets the bot write there.
fn enter(chat: &mut Chat, user: i64) -> Result<(), PersonError> {
    if !chat.has(user) {
        return Err(PersonError::NotInChat);
    }
    match &mut chat.kind {
        ChatKind::Private { blocked: true, .. } => Err(PersonError::Blocked),
        ChatKind::Private { started, .. } => {
            *started = true;
            Ok(())
        }
        ChatKind::Group { .. } => Ok(()),
    }
}
