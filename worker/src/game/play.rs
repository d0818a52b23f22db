//! One turn against the loaded world: the rules in the order in which they apply.
//!
//! 1. An update that was played before is answered with what came of it then.
//! 2. What was declined touches nobody (but a command, even a wrong one, ends the wait for a nickname).
//! 3. A newcomer is created; the language Telegram tells is remembered; a command or button ends a dialogue.
//! 4. The action's own rule.
//! 5. A newcomer who asked for nothing that needs a player stays unknown.
//! 6. In a group, the press counts for the group.
//! 7. The ledger gets its row, unless the turn leaves no trace: see [`leaves_no_trace`].

use super::action::{Action, Place, Turn, View};
use super::balance::SIGN_OF_LIFE_S;
use super::chance::Chance;
use super::outcome::{Catch, Declined, DuelRefusal, Outcome, Shown};
use super::player::{Dialogue, Player};
use super::world::{LedgerEntry, World};
use super::{davka, nickname, opponent, rademka, uletet};
use chrono::{DateTime, TimeDelta, Utc};

/// Plays one turn. The world must hold what [`Needs`](super::world::Needs) asked for this turn; what it does not hold
/// does not exist.
pub fn play(
    world: &mut World,
    turn: &Turn,
    now: DateTime<Utc>,
    chance: &mut dyn Chance,
) -> Outcome {
    if let Some(outcome) = world.played.get(&turn.update_id) {
        return outcome.clone();
    }
    if let Action::Decline(why) = turn.action {
        let outcome = Outcome::Declined(Declined { why });
        end_dialogue_of_declined(world, turn, &outcome, now);
        return outcome;
    }

    // The actor leaves the map while he acts, so that the rules can change him and the rest of the world side by side.
    let before = world.players.remove(&turn.user_id);
    let newcomer = before.is_none();
    let mut player = before
        .clone()
        .unwrap_or_else(|| Player::newcomer(turn.user_id, turn.language_code, now));
    player.language_code = turn.language_code.or(player.language_code);
    let was_waiting = player.dialogue.is_some();
    if ends_dialogue(turn, &player) {
        player.dialogue = None;
    }

    let outcome = match &turn.action {
        Action::Start => Outcome::Started { newcomer },
        Action::Davka => davka::davka(&mut player, now, chance),
        Action::Uletet => uletet::uletet(&mut player),
        Action::FindOpponent => opponent::find(world, &player, now, chance),
        Action::AcceptDuel { proposal } => {
            rademka::accept(world, turn, &mut player, *proposal, now, chance)
        }
        Action::Fight { defender, is_bot } => {
            rademka::at_once(world, turn, &mut player, (*defender, *is_bot), now, chance)
        }
        Action::AskNickname => nickname::ask(&mut player, turn.update_id),
        Action::Say(text) if was_waiting && turn.place == Place::Private => {
            nickname::rename(world, &mut player, text, now)
        }
        Action::Media if was_waiting => Outcome::NicknameStillAwaited,
        Action::Say(_) | Action::Media => Outcome::Chatter,
        Action::Cancel => Outcome::Cancelled { was_waiting },
        Action::SetLanguage(language) => {
            player.language = Some(*language);
            Outcome::LanguageSet {
                language: *language,
            }
        }
        Action::Show(view) => Outcome::Show(Shown { view: *view }),
        Action::Decline(why) => Outcome::Declined(Declined { why: *why }),
    };

    if newcomer && !needs_a_player(&outcome) {
        return outcome;
    }
    count_in_group(world, turn, &outcome, now);
    let traceless = before.is_some_and(|before| leaves_no_trace(turn, &before, now));
    if !traceless {
        player.updated_at = now;
        record(world, turn, &outcome, now);
    }
    world.players.insert(player.user_id, player);
    outcome
}

/// Whether there must be a player for this to have come of his action. A stranger may chat, read the help or press
/// something forged and leave nothing behind.
fn needs_a_player(outcome: &Outcome) -> bool {
    !matches!(
        outcome,
        Outcome::Chatter
            | Outcome::Cancelled { .. }
            | Outcome::DuelRefused(DuelRefusal::NoProposal)
            | Outcome::Show(Shown {
                view: View::Help | View::Settings
            })
    )
}

/// Whether playing this turn would leave the player and the books as they are: it needs no transaction then, and may be
/// answered from what is known of him.
///
/// That is so for a look in private that tells no new language, ends no dialogue and is not his first sign of life of
/// the day (who only looks is alive too, and can be found as an opponent); and for a declined turn that ends no dialogue.
pub fn leaves_no_trace(turn: &Turn, player: &Player, now: DateTime<Utc>) -> bool {
    if ends_dialogue(turn, player) {
        return false;
    }
    if let Action::Decline(_) = turn.action {
        return true;
    }
    let known_language = turn.language_code.is_none() || turn.language_code == player.language_code;
    turn.is_read() && known_language && now - player.updated_at < TimeDelta::seconds(SIGN_OF_LIFE_S)
}

/// Whether a dialogue of the player ends with this turn.
///
/// A look or a declined command from before the question does not end it: such a turn left no row in the ledger when it
/// was played, so only its id tells that it has merely come again.
fn ends_dialogue(turn: &Turn, player: &Player) -> bool {
    let rowless = turn.is_read() || matches!(turn.action, Action::Decline(_));
    match player.dialogue {
        Some(Dialogue::Nickname { asked_by }) if rowless && turn.update_id < asked_by => false,
        Some(_) => turn.action.ends_dialogue(),
        None => false,
    }
}

/// A command ends the wait for a nickname even if nothing else comes of it.
fn end_dialogue_of_declined(world: &mut World, turn: &Turn, outcome: &Outcome, now: DateTime<Utc>) {
    let Some(player) = world.players.get_mut(&turn.user_id) else {
        return;
    };
    if !leaves_no_trace(turn, player, now) {
        player.dialogue = None;
        player.updated_at = now;
        record(world, turn, outcome, now);
    }
}

/// Any action in a group but mere chatter makes the player one of those who press there; a catch counts for the group
/// too.
fn count_in_group(world: &mut World, turn: &Turn, outcome: &Outcome, now: DateTime<Utc>) {
    let Place::Group { chat_id, title } = &turn.place else {
        return;
    };
    if *outcome == Outcome::Chatter {
        return;
    }
    world.chat_titles.insert(*chat_id, title.clone());
    let activity = world
        .chat_activity
        .entry((*chat_id, turn.user_id))
        .or_default();
    activity.at = activity.at.max(now);
    if let Outcome::Davka(Catch { grams, .. }) = outcome {
        activity.davkas += 1;
        activity.grams += grams;
    }
}

fn record(world: &mut World, turn: &Turn, outcome: &Outcome, now: DateTime<Utc>) {
    world.changed.insert(turn.user_id);
    world.played.insert(turn.update_id, outcome.clone());
    world.ledger.push(LedgerEntry {
        update_id: turn.update_id,
        user_id: turn.user_id,
        chat_id: turn.chat_id(),
        kind: turn.action.name(),
        outcome: outcome.clone(),
        at: now,
    });
}
