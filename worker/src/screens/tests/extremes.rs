//! Figures and names that no honest player has.

use super::samples::{PLAIN_VIEWS, caught, duel, now, player, scene};
use super::telegram::check;
use crate::game::action::{Place, TopKey, View};
use crate::game::facts::{ChatFigures, ChatShare, Facts, Leaderboard, TopRow};
use crate::game::outcome::{Catch, Duel, Outcome, Rival, Shown};
use crate::game::player::{Language, Player};
use crate::screens::render;
use proptest::prelude::*;

proptest! {
    // Each case renders a hundred screens.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_figure_breaks_a_screen(
        (gofra, cable, chance) in (any::<f64>(), any::<f64>(), any::<f64>()),
        (grams, count, seconds) in (any::<i64>(), any::<i64>(), any::<i64>()),
        (atm, level) in (any::<i32>(), any::<u8>()),
        name in "[^{}\\p{C}]{0,300}",
        in_group: bool,
    ) {
        let place = if in_group { Place::Group { chat_id: -1, title: name.clone() } } else { Place::Private };
        let rival = Rival { user_id: 1, nickname: name.clone(), gofra_mm: gofra, cable_mm: cable };
        let player = Player {
            nickname: name.clone(), gofra_mm: gofra, cable_mm: cable, atm, zmiy_g: grams, total_zmiy_g: grams,
            davkas: count, best_g: grams, duels: count, duel_wins: count, ..player(10.0, 1)
        };
        let row = TopRow { place: count, user_id: 1, nickname: name.clone(), value: gofra };
        let facts = [
            Facts::Top(Leaderboard { key: Some(TopKey::Wins), rows: vec![row.clone(); 99], players: count, own: Some(row) }),
            Facts::Chat(ChatFigures { players: count, active: count, davkas: count, grams, last_activity: Some(now()) }),
            Facts::Share(ChatShare { grams, davkas: 1, place: Some(count), players: count, chat_grams: count }),
        ];
        let caught = Catch {
            gofra_mm: gofra, cable_grown_mm: cable, zmiy_g: grams, full_in_s: seconds, ..caught(grams, Some(level))
        };
        let duel = Duel {
            attacker: rival.clone(), defender: rival.clone(), chance, gofra_grown_mm: gofra, ..duel(in_group, Some(level))
        };
        let mut outcomes = vec![
            Outcome::Davka(caught),
            Outcome::DavkaRefused { atm, full_in_s: seconds },
            Outcome::Proposed { opponent: rival, chance },
            Outcome::Duel(duel),
            Outcome::NicknameAsked { nickname: name.clone() },
        ];
        let views = PLAIN_VIEWS.into_iter().chain([View::ChatTop, View::ChatStats, View::ChatMe]);
        outcomes.extend(views.map(|view| Outcome::Show(Shown { view })));
        for facts in &facts {
            for outcome in &outcomes {
                check(&render(outcome, &scene(Language::Ru, &place, Some(&player), facts)), &place, "extreme");
            }
        }
    }
}
