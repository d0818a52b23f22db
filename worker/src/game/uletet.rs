//! Uletet: the held zmiy goes; what was caught in all stays on record.

use super::outcome::Outcome;
use super::player::Player;

/// Sends the held zmiy away, or refuses when there is none.
pub fn uletet(player: &mut Player) -> Outcome {
    if player.zmiy_g <= 0 {
        return Outcome::UletetRefused;
    }
    let grams = std::mem::take(&mut player.zmiy_g);
    Outcome::Uletet {
        grams,
        total_zmiy_g: player.total_zmiy_g,
    }
}
