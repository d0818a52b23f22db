//! What a player asks for, freed from Telegram's format: a command and a button that mean the same are the same action.

use super::player::{ChatId, Language, UserId};

/// One update, as the rules see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// Telegram's id of the update: the key of the ledger.
    pub update_id: i64,
    /// Who acts.
    pub user_id: UserId,
    /// The language Telegram tells for him, if the bot speaks it.
    pub language_code: Option<Language>,
    /// Where he acts.
    pub place: Place,
    /// What he asks for.
    pub action: Action,
}

/// Where an action happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The private chat of the player with the bot.
    Private,
    /// A group or a supergroup.
    Group {
        /// Its id.
        chat_id: ChatId,
        /// Its title, as Telegram told it last.
        title: String,
    },
}

impl Turn {
    /// The chat where it happens: the group's id, in private the user's.
    pub fn chat_id(&self) -> ChatId {
        self.group_id().unwrap_or(self.user_id)
    }

    /// The group where it happens, if it is one.
    pub fn group_id(&self) -> Option<ChatId> {
        match self.place {
            Place::Private => None,
            Place::Group { chat_id, .. } => Some(chat_id),
        }
    }

    /// Whether it only looks: a screen in the private chat. In a group the same screen is a press that counts there.
    /// Even a look may write: see [`leaves_no_trace`](super::play::leaves_no_trace).
    pub fn is_read(&self) -> bool {
        matches!(
            (&self.action, &self.place),
            (Action::Show(_), Place::Private)
        )
    }
}

/// Everything a player can ask for.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Greets, and creates a newcomer.
    Start,
    /// Spends 12 atmospheres on a catch.
    Davka,
    /// Sends the held zmiy away.
    Uletet,
    /// Looks for an opponent and proposes a duel with him.
    FindOpponent,
    /// Accepts the proposal that the update of this id made.
    AcceptDuel {
        /// The update whose outcome is the proposal.
        proposal: i64,
    },
    /// A duel at once, with the author of the replied message.
    Fight {
        /// The author.
        defender: UserId,
        /// Whether Telegram calls him a bot.
        is_bot: bool,
    },
    /// Asks for a new nickname.
    AskNickname,
    /// A text message that is no command: in the private chat a nickname, if one is awaited; in a group a reply to the bot.
    Say(String),
    /// Anything in the private chat that is neither text nor a button: a photo, a sticker, a voice.
    Media,
    /// Leaves any dialogue.
    Cancel,
    /// Chooses a language.
    SetLanguage(Language),
    /// Looks at a screen: changes nothing.
    Show(View),
    /// Cannot be done here and now; the answer says why. Touches nobody.
    Decline(Decline),
}

impl Action {
    /// The handler's name: `ledger.kind` and the metrics' label `handler`. One of a fixed set.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Davka => "davka",
            Self::Uletet => "uletet",
            Self::FindOpponent => "find",
            Self::AcceptDuel { .. } => "duel",
            Self::Fight { .. } => "fight",
            Self::AskNickname => "nickname_ask",
            Self::Say(_) => "nickname",
            Self::Media => "media",
            Self::Cancel => "cancel",
            Self::SetLanguage(_) => "language",
            Self::Show(view) => view.name(),
            Self::Decline(_) => "decline",
        }
    }

    /// The class by which requests are limited. One of a fixed set.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Davka | Self::Uletet => "davka",
            Self::FindOpponent | Self::AcceptDuel { .. } | Self::Fight { .. } => "duel",
            Self::AskNickname | Self::Say(_) | Self::Media | Self::Cancel => "nickname",
            Self::Start | Self::SetLanguage(_) | Self::Show(_) | Self::Decline(_) => "menu",
        }
    }

    /// Whether it ends a dialogue: a command or a button does, what a player merely says or sends does not. A declined
    /// button does not either: such data may be forged, and forged data changes nothing.
    pub fn ends_dialogue(&self) -> bool {
        match self {
            Self::Say(_) | Self::Media => false,
            Self::Decline(why) => why.ends_dialogue(),
            _ => true,
        }
    }
}

/// A screen that only shows figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// Main menu, in a group the group's menu.
    Menu,
    /// Help, in a group the group's help.
    Help,
    /// All own figures at a glance.
    Profile,
    /// The gofra.
    Gofra,
    /// Progress to the next level.
    GofraProgress,
    /// Speed of regeneration at this level.
    GofraSpeed,
    /// What the next level brings.
    GofraNext,
    /// The cable.
    Cable,
    /// What the cable is good for.
    CableUse,
    /// What it adds to the chance in a duel.
    CableDuel,
    /// Atmospheres.
    Atm,
    /// Time to the next atmosphere.
    AtmNext,
    /// Time to all twelve.
    AtmFull,
    /// A leaderboard of all players.
    Top(TopKey),
    /// The leaderboard of the group, by grams caught there.
    ChatTop,
    /// Figures of the group.
    ChatStats,
    /// One's own share in the group.
    ChatMe,
    /// The menu of duels.
    Rademka,
    /// One's own last duels.
    MyDuels,
    /// One's own history.
    Stats,
    /// Language.
    Settings,
    /// For administrators.
    Admin,
}

impl View {
    /// The screen's name, as in [`Action::name`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Menu => "menu",
            Self::Help => "help",
            Self::Profile => "profile",
            Self::Gofra => "gofra",
            Self::GofraProgress => "gofra_progress",
            Self::GofraSpeed => "gofra_speed",
            Self::GofraNext => "gofra_next",
            Self::Cable => "cable",
            Self::CableUse => "cable_use",
            Self::CableDuel => "cable_duel",
            Self::Atm => "atm",
            Self::AtmNext => "atm_next",
            Self::AtmFull => "atm_full",
            Self::Top(_) => "top",
            Self::ChatTop => "chat_top",
            Self::ChatStats => "chat_stats",
            Self::ChatMe => "chat_me",
            Self::Rademka => "rademka",
            Self::MyDuels => "my_duels",
            Self::Stats => "stats",
            Self::Settings => "settings",
            Self::Admin => "admin",
        }
    }
}

/// What a leaderboard is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TopKey {
    /// Length of the gofra.
    Gofra,
    /// Length of the cable.
    Cable,
    /// Lifetime grams of zmiy.
    Zmiy,
    /// Atmospheres now.
    Atm,
    /// Duels won.
    Wins,
}

impl TopKey {
    /// The key's name, for caches and labels.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gofra => "gofra",
            Self::Cable => "cable",
            Self::Zmiy => "zmiy",
            Self::Atm => "atm",
            Self::Wins => "wins",
        }
    }

    /// All keys, in the order in which menus show them.
    pub const ALL: [Self; 5] = [Self::Gofra, Self::Cable, Self::Zmiy, Self::Atm, Self::Wins];
}

/// Why something is answered but not done, before the rules are even asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decline {
    /// A command that does not exist (only in private; in groups such a message is ignored).
    UnknownCommand,
    /// Works in the private chat only.
    PrivateOnly,
    /// Works in groups only.
    GroupOnly,
    /// The menu belongs to another player.
    ForeignMenu,
    /// A button of an older version, or data no button of ours ever carried.
    StaleButton,
    /// For administrators only.
    AdminsOnly,
    /// `/fight` without replying to anybody's message.
    FightWithoutReply,
    /// Too many requests; seconds until the next is allowed.
    TooMany {
        /// Seconds until the next request is allowed.
        retry_after_s: u32,
    },
    /// The machinery failed; the error id is shown by the caller.
    Trouble,
}

impl Decline {
    /// Whether it ends a dialogue all the same: what a player typed as a command does, and what came too often (which is
    /// played only if it would have ended one), unlike a button that was not his and the state of the machinery.
    pub fn ends_dialogue(self) -> bool {
        match self {
            Self::UnknownCommand
            | Self::PrivateOnly
            | Self::GroupOnly
            | Self::AdminsOnly
            | Self::FightWithoutReply
            | Self::TooMany { .. } => true,
            Self::ForeignMenu | Self::StaleButton | Self::Trouble => false,
        }
    }
}
