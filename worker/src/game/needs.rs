//! What a batch of turns may touch, told before any of them is played.

use super::action::{Action, Turn};
use super::nickname;
use super::world::Needs;

impl Needs {
    /// Adds what one turn may touch.
    pub fn add(&mut self, turn: &Turn) {
        let user_id = turn.user_id;
        if let Action::Decline(_) = turn.action {
            // It creates nobody; at most it ends a dialogue of somebody who exists.
            if turn.action.ends_dialogue() {
                self.updates.push(turn.update_id);
                self.others.push(user_id);
            }
            return;
        }
        self.updates.push(turn.update_id);
        self.actors.push(user_id);
        match &turn.action {
            Action::FindOpponent => {
                self.seekers.push(user_id);
                self.attackers.push(user_id);
            }
            Action::AcceptDuel { proposal } => {
                self.proposals.push(*proposal);
                self.attackers.push(user_id);
            }
            Action::Fight {
                defender,
                is_bot: false,
            } if *defender != user_id => {
                self.others.push(*defender);
                self.attackers.push(user_id);
            }
            Action::Say(text) if nickname::validate(text, user_id).is_ok() => {
                self.nickname_keys.push(nickname::key(text));
                self.renamers.push(user_id);
            }
            _ => {}
        }
    }

    /// Sorts everything and drops what is said twice; whoever acts is no longer among the others. To be called once,
    /// after the last [`Needs::add`]: locks are then taken in one order by everybody.
    pub fn finish(&mut self) {
        for ids in [
            &mut self.updates,
            &mut self.actors,
            &mut self.others,
            &mut self.proposals,
            &mut self.attackers,
            &mut self.seekers,
            &mut self.renamers,
        ] {
            ids.sort_unstable();
            ids.dedup();
        }
        self.nickname_keys.sort_unstable();
        self.nickname_keys.dedup();
        self.others
            .retain(|id| self.actors.binary_search(id).is_err());
    }
}
