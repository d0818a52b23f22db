//! What a screen is rendered for: who reads it, where, and what is known.

use super::keyboard::Keyboards;
use super::page::escape;
use super::units::Units;
use super::words::Words;
use crate::game::action::{Place, Turn};
use crate::game::facts::Facts;
use crate::game::outcome::Outcome;
use crate::game::player::{Language, Player, UserId};
use chrono::{DateTime, Utc};
use std::borrow::Cow;

/// What a screen is rendered for.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The language to speak.
    pub language: Language,
    /// The update that is answered: a proposal to duel is accepted by this id.
    pub update_id: i64,
    /// Who acted: in a group the menu is his.
    pub user_id: UserId,
    /// Where.
    pub place: &'a Place,
    /// The player after the action; `None` if he was not touched.
    pub player: Option<&'a Player>,
    /// What the screen shows beside the player.
    pub facts: &'a Facts,
    /// The present moment.
    pub now: DateTime<Utc>,
    /// The bot's username, without the `@`.
    pub bot_username: &'a str,
    /// What to show when the machinery failed.
    pub error_id: Option<&'a str>,
}

impl<'a> Scene<'a> {
    /// The scene of a turn, in the language that the player chose, else in Telegram's, else in English.
    pub fn of(
        turn: &'a Turn,
        player: Option<&'a Player>,
        facts: &'a Facts,
        now: DateTime<Utc>,
        bot_username: &'a str,
    ) -> Self {
        let chosen = player.and_then(|player| player.language);
        let told = turn
            .language_code
            .or_else(|| player.and_then(|player| player.language_code));
        Self {
            language: chosen.or(told).unwrap_or(Language::En),
            update_id: turn.update_id,
            user_id: turn.user_id,
            place: &turn.place,
            player,
            facts,
            now,
            bot_username,
            error_id: None,
        }
    }
}

/// A scene with the tools to write it.
#[derive(Clone, Copy)]
pub(super) struct Stage<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) language: Language,
    pub(super) words: Words,
    pub(super) units: Units,
    pub(super) keyboards: Keyboards,
}

impl<'a> Stage<'a> {
    fn of(scene: &'a Scene<'a>) -> Self {
        let words = Words::of(scene.language);
        let owner = (*scene.place != Place::Private).then_some(scene.user_id);
        Self {
            scene,
            language: scene.language,
            words,
            units: Units::of(words),
            keyboards: Keyboards::of(words, owner),
        }
    }

    /// The stage after an outcome: a language that was just chosen is spoken at once.
    pub(super) fn after(outcome: &Outcome, scene: &'a Scene<'a>) -> Self {
        let stage = Self::of(scene);
        match outcome {
            Outcome::LanguageSet { language } => stage.speaking(*language),
            _ => stage,
        }
    }

    /// The same in another language.
    fn speaking(self, language: Language) -> Self {
        let words = Words::of(language);
        Self {
            language,
            words,
            units: Units::of(words),
            keyboards: self.keyboards.speaking(words),
            ..self
        }
    }

    pub(super) fn in_group(&self) -> bool {
        *self.scene.place != Place::Private
    }

    /// The title of the group, escaped.
    pub(super) fn title(&self) -> Cow<'a, str> {
        match self.scene.place {
            Place::Group { title, .. } => escape(title),
            Place::Private => Cow::Borrowed(self.scene.bot_username),
        }
    }

    /// How long ago a moment was.
    pub(super) fn ago(&self, at: DateTime<Utc>) -> String {
        self.units.duration((self.scene.now - at).num_seconds())
    }

    /// The player's nickname, escaped.
    pub(super) fn nickname(&self) -> Cow<'a, str> {
        match self.scene.player {
            Some(player) => escape(&player.nickname),
            None => self.words.plain("somebody"),
        }
    }
}
