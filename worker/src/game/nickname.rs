//! Nicknames: what may be one, what belongs to somebody already, and the dialogue that changes it.

use super::balance::{
    NICKNAME_MAX_CHARS, NICKNAME_MIN_CHARS, NICKNAME_WINDOW_S, NICKNAMES_PER_WINDOW,
};
use super::lookalike;
use super::outcome::{NicknameRefusal, Outcome};
use super::player::{Dialogue, Player, UserId};
use super::window;
use super::world::World;
use chrono::{DateTime, Utc};

/// What a default nickname starts with; the user id follows.
const DEFAULT_PREFIX: &str = "gofr";

/// Words that nobody may carry, in both languages.
const RESERVED: [&str; 16] = [
    "admin",
    "administrator",
    "moderator",
    "support",
    "root",
    "bot",
    "админ",
    "администратор",
    "модератор",
    "саппорт",
    "суппорт",
    "поддержка",
    "техподдержка",
    "рут",
    "бот",
    "модер",
];

/// A nickname as uniqueness compares it (`players.nickname_key`): case-folded.
pub fn key(nickname: &str) -> String {
    // By way of capitals, so that letters whose capitals are the same (`s` and `ſ`) are the same.
    nickname
        .chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

/// The nickname of a newcomer: at most 20 characters for every id of Telegram's 52 bits. Nobody else can take it.
pub fn default_nickname(user_id: UserId) -> String {
    format!("{DEFAULT_PREFIX}{user_id}")
}

/// Whether this can be a nickname of that player, apart from somebody else having it. Checked in this order: length,
/// characters, spaces, a letter, reserved words.
pub fn validate(nickname: &str, user_id: UserId) -> Result<(), NicknameRefusal> {
    let length = nickname.chars().take(NICKNAME_MAX_CHARS + 1).count();
    if length < NICKNAME_MIN_CHARS {
        return Err(NicknameRefusal::TooShort);
    }
    if length > NICKNAME_MAX_CHARS {
        return Err(NicknameRefusal::TooLong);
    }
    if !nickname
        .chars()
        .all(|c| is_letter(c) || c.is_ascii_digit() || matches!(c, ' ' | '_' | '-'))
    {
        return Err(NicknameRefusal::Character);
    }
    if nickname.starts_with(' ') || nickname.ends_with(' ') || nickname.contains("  ") {
        return Err(NicknameRefusal::Spaces);
    }
    if !nickname.chars().any(is_letter) {
        return Err(NicknameRefusal::NoLetter);
    }
    if has_reserved_word(nickname) || is_default_of_another(nickname, user_id) {
        return Err(NicknameRefusal::Reserved);
    }
    Ok(())
}

/// A text that came while a nickname is awaited. Checked in this order: whether it is his name already (then nothing
/// changes), the name itself, the changes of the last hour, whether somebody has it. The wait goes on after a refusal,
/// except when there is nothing to wait for.
pub fn rename(world: &mut World, player: &mut Player, wanted: &str, now: DateTime<Utc>) -> Outcome {
    if wanted == player.nickname {
        player.dialogue = None;
        return Outcome::Cancelled { was_waiting: true };
    }
    if let Err(refusal) = validate(wanted, player.user_id) {
        return Outcome::NicknameRefused(refusal);
    }
    let changes = world.nickname_changes.entry(player.user_id).or_default();
    let retry_after_s = window::wait_s(
        changes.iter().copied(),
        NICKNAMES_PER_WINDOW,
        NICKNAME_WINDOW_S,
        now,
    );
    if retry_after_s > 0 {
        player.dialogue = None;
        return Outcome::NicknameRefused(NicknameRefusal::TooOften {
            limit: NICKNAMES_PER_WINDOW,
            retry_after_s,
        });
    }
    let key = key(wanted);
    if world
        .nickname_owners
        .get(&key)
        .is_some_and(|owner| *owner != player.user_id)
    {
        return Outcome::NicknameRefused(NicknameRefusal::Taken);
    }
    // The old name stays its owner's until the batch is written: all rows are saved at once, and a name that moved from
    // one row to another would break the unique index on the way.
    world.nickname_owners.insert(key, player.user_id);
    changes.push(now);
    player.dialogue = None;
    let from = std::mem::replace(&mut player.nickname, wanted.to_owned());
    Outcome::NicknameChanged {
        from,
        to: wanted.to_owned(),
    }
}

/// Begins to wait for a nickname, because the update of this id asks for it.
pub fn ask(player: &mut Player, asked_by: i64) -> Outcome {
    player.dialogue = Some(Dialogue::Nickname { asked_by });
    Outcome::NicknameAsked {
        nickname: player.nickname.clone(),
    }
}

/// Latin (with the accents of European languages) and Cyrillic.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic()
        || (matches!(c, '\u{c0}'..='\u{17f}' | '\u{400}'..='\u{52f}') && c.is_alphabetic())
}

fn has_reserved_word(nickname: &str) -> bool {
    let seen = lookalike::fold(nickname);
    seen.split([' ', '_', '-']).any(|word| {
        RESERVED
            .iter()
            .any(|reserved| lookalike::fold(reserved) == word)
    })
}

fn is_default_of_another(nickname: &str, user_id: UserId) -> bool {
    let seen = lookalike::fold(nickname);
    let digits = seen.strip_prefix(DEFAULT_PREFIX).unwrap_or_default();
    !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
        && key(nickname) != default_nickname(user_id)
}
