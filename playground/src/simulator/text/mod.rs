//! Texts as Telegram keeps them: plain words and entities beside them, counted in UTF-16 units.

mod detect;
mod html;
mod legacy;
pub(super) mod link;
mod markdown;
#[cfg(test)]
mod testing;

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::params::whole;
use super::people::Person;

/// Kinds of entities that a bot marks.
const MARKED: [&str; 12] = [
    "bold",
    "italic",
    "underline",
    "strikethrough",
    "spoiler",
    "blockquote",
    "expandable_blockquote",
    "code",
    "pre",
    "text_link",
    "text_mention",
    "custom_emoji",
];
/// Kinds of entities that are found, whatever a bot says of them.
const FOUND: [&str; 8] = [
    "mention",
    "hashtag",
    "cashtag",
    "bot_command",
    "url",
    "email",
    "phone_number",
    "bank_card_number",
];

/// A part of a text with a meaning of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// `bold`, `bot_command`, `text_link`: Telegram's names.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// Start, in UTF-16 units.
    #[serde(deserialize_with = "whole")]
    pub offset: usize,
    /// Length, in UTF-16 units.
    #[serde(deserialize_with = "whole")]
    pub length: usize,
    /// Where a `text_link` leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The language of a `pre`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Whom a `text_mention` means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Arc<Person>>,
    /// The emoji of a `custom_emoji`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_emoji_id: Option<String>,
}

impl Entity {
    fn new(kind: &'static str, offset: usize, length: usize) -> Self {
        Self {
            kind: Cow::Borrowed(kind),
            offset,
            length,
            url: None,
            language: None,
            user: None,
            custom_emoji_id: None,
        }
    }
}

/// A text with its entities, trimmed and ready to be kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Text {
    pub(super) plain: String,
    pub(super) entities: Vec<Entity>,
}

/// Why a text cannot be read. Shown after `can't parse entities: ` or alone.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(super) enum TextError {
    #[error("can't parse entities: {0}")]
    Entities(String),
    #[error("unsupported parse_mode")]
    UnknownMode,
    #[error("can't parse MessageEntity: Unsupported type specified")]
    UnknownEntity,
    #[error("entity begins after the end of the text at UTF-16 offset {0}")]
    Begins(usize),
    #[error(
        "entity beginning at UTF-16 offset {0} ends after the end of the text at UTF-16 offset {1}"
    )]
    Ends(usize, usize),
}

/// Reads a text that a bot sends. `given` are entities sent beside it; they count only without a parse mode.
pub(super) fn parse(
    raw: &str,
    mode: Option<&str>,
    given: Option<Vec<Entity>>,
) -> Result<Text, TextError> {
    let written = match mode.map(str::to_ascii_lowercase).as_deref() {
        None | Some("" | "none") => {
            let mut builder = Builder::default();
            builder.push_str(raw);
            builder.entities = checked(given.unwrap_or_default(), builder.units)?;
            builder
        }
        Some("html") => html::parse(raw).map_err(TextError::Entities)?,
        Some("markdownv2") => markdown::parse(raw).map_err(TextError::Entities)?,
        Some("markdown") => legacy::parse(raw).map_err(TextError::Entities)?,
        Some(_) => return Err(TextError::UnknownMode),
    };
    Ok(written.finish())
}

/// The entities that count, of those that came beside a text of so many UTF-16 units.
fn checked(given: Vec<Entity>, units: usize) -> Result<Vec<Entity>, TextError> {
    let mut entities = Vec::new();
    for entity in given {
        if FOUND.contains(&entity.kind.as_ref()) {
            continue;
        }
        if !MARKED.contains(&entity.kind.as_ref()) {
            return Err(TextError::UnknownEntity);
        }
        let end = entity.offset.saturating_add(entity.length);
        if entity.length > 0 && entity.offset > units {
            return Err(TextError::Begins(entity.offset));
        }
        if entity.length > 0 && end > units {
            return Err(TextError::Ends(entity.offset, end));
        }
        entities.push(entity);
    }
    Ok(entities)
}

/// Reads a text that a person types: no markup, but commands, mentions and links are found.
pub(super) fn typed(raw: &str) -> Text {
    let mut builder = Builder::default();
    builder.push_str(raw);
    builder.finish()
}

/// A text under construction that knows its length in UTF-16 units.
#[derive(Default)]
struct Builder {
    plain: String,
    units: usize,
    entities: Vec<Entity>,
}

impl Builder {
    fn push(&mut self, character: char) {
        self.plain.push(character);
        self.units += character.len_utf16();
    }

    fn push_str(&mut self, text: &str) {
        self.plain.push_str(text);
        self.units += utf16_length(text);
    }

    /// Adds an entity from `offset` up to here; an empty one is nothing.
    fn close(&mut self, kind: &'static str, offset: usize) -> Option<&mut Entity> {
        if self.units == offset {
            return None;
        }
        self.entities
            .push(Entity::new(kind, offset, self.units - offset));
        self.entities.last_mut()
    }

    /// Trims white space at both ends, clips the entities to what is left, lets go of links that lead nowhere, and finds
    /// what speaks for itself.
    fn finish(mut self) -> Text {
        let before = self.plain.len() - self.plain.trim_start().len();
        let cut = utf16_length(&self.plain[..before]);
        let plain = self.plain.trim();
        let length = utf16_length(plain);
        for entity in &mut self.entities {
            let end = entity.offset.saturating_add(entity.length);
            let end = end.saturating_sub(cut).min(length);
            entity.offset = entity.offset.saturating_sub(cut).min(length);
            entity.length = end.saturating_sub(entity.offset);
        }
        let leads = |url: &str| link::fault(url, false).is_none();
        self.entities
            .retain(|entity| entity.length > 0 && entity.url.as_deref().is_none_or(leads));
        detect::add(plain, &mut self.entities);
        self.entities
            .sort_by_key(|entity| (entity.offset, std::cmp::Reverse(entity.length)));
        let plain = if plain.len() == self.plain.len() {
            self.plain
        } else {
            plain.to_owned()
        };
        Text {
            plain,
            entities: self.entities,
        }
    }
}

fn utf16_length(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.chars().map(char::len_utf16).sum()
    }
}
