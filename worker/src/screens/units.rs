//! Figures as the game shows them: lengths, durations and masses by its own rules, and the bars.

use super::words::Words;

/// Lengths beyond this are not of this world: they are shown as this, so that every text stays short. mm
const LONGEST_MM: f64 = 1e15;

/// Cells of a progress bar that is not about atmospheres.
const CELLS: usize = 10;

/// Writes figures in one language.
#[derive(Clone, Copy)]
pub(super) struct Units(Words);

impl Units {
    /// Units of a language.
    pub(super) fn of(words: Words) -> Self {
        Self(words)
    }

    /// A length: below 10 mm as mm, from 10 mm as cm, from 1000 mm as m, one decimal.
    pub(super) fn length(self, mm: f64) -> String {
        let mm = if mm.is_nan() {
            0.0
        } else {
            mm.clamp(0.0, LONGEST_MM)
        };
        let (value, unit) = if mm < 10.0 {
            (mm, "unit-mm")
        } else if mm < 1_000.0 {
            (mm / 10.0, "unit-cm")
        } else {
            (mm / 1_000.0, "unit-m")
        };
        format!("{value:.1} {}", self.0.plain(unit))
    }

    /// A duration by its two or three greatest units; those that are nothing are left out, seconds show below an hour.
    pub(super) fn duration(self, seconds: i64) -> String {
        let seconds = seconds.max(0);
        let parts = [
            (seconds / 86_400, "unit-day"),
            (seconds / 3_600 % 24, "unit-hour"),
            (seconds / 60 % 60, "unit-minute"),
            (
                if seconds < 3_600 { seconds % 60 } else { 0 },
                "unit-second",
            ),
        ];
        let mut shown = String::new();
        for (value, unit) in parts {
            if value > 0 {
                if !shown.is_empty() {
                    shown.push(' ');
                }
                shown.push_str(&format!("{value} {}", self.0.plain(unit)));
            }
        }
        if shown.is_empty() {
            shown = format!("0 {}", self.0.plain("unit-second"));
        }
        shown
    }

    /// A mass: whole grams below a kilogram, kilograms with one decimal from there.
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    pub(super) fn mass(self, grams: i64) -> String {
        if grams < 1_000 {
            format!("{grams} {}", self.0.plain("unit-g"))
        } else {
            format!("{:.1} {}", grams as f64 / 1_000.0, self.0.plain("unit-kg"))
        }
    }

    /// A number with its noun, such as "3 davkas".
    pub(super) fn count(self, noun: &'static str, count: i64) -> String {
        self.0.say(noun, [("count", count.into())]).into_owned()
    }
}

/// A figure with one decimal: percents, speeds.
pub(super) fn decimal(value: f64) -> String {
    let value = if value.is_finite() {
        value.clamp(-1e9, 1e9)
    } else {
        0.0
    };
    format!("{value:.1}")
}

/// A bar of whole things, such as atmospheres.
pub(super) fn bar_of(filled: usize, cells: usize) -> String {
    let filled = filled.min(cells);
    "▰".repeat(filled) + &"▱".repeat(cells - filled)
}

/// A bar of a fraction, 0.0..=1.0; full only when all is done.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the cells"
)]
pub(super) fn bar(fraction: f64) -> String {
    bar_of((fraction.clamp(0.0, 1.0) * CELLS as f64) as usize, CELLS)
}

/// Whole percents of a fraction, 0.0..=1.0, rounded down: 100 only when all is done.
#[expect(clippy::cast_possible_truncation, reason = "clamped to 0..=100")]
pub(super) fn percent(fraction: f64) -> i64 {
    (fraction.clamp(0.0, 1.0) * 100.0) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::game::player::Language;

    const EN: fn() -> Units = || Units::of(Words::of(Language::En));
    const RU: fn() -> Units = || Units::of(Words::of(Language::Ru));

    #[test]
    fn lengths() {
        for (mm, english, russian) in [
            (0.0, "0.0 mm", "0.0 мм"),
            (0.1, "0.1 mm", "0.1 мм"),
            (9.94, "9.9 mm", "9.9 мм"),
            (10.0, "1.0 cm", "1.0 см"),
            (12.0, "1.2 cm", "1.2 см"),
            (999.9, "100.0 cm", "100.0 см"),
            (1_000.0, "1.0 m", "1.0 м"),
            (20_000.0, "20.0 m", "20.0 м"),
            (-5.0, "0.0 mm", "0.0 мм"),
            (f64::NAN, "0.0 mm", "0.0 мм"),
            (f64::INFINITY, "1000000000000.0 m", "1000000000000.0 м"),
        ] {
            assert_eq!(EN().length(mm), english);
            assert_eq!(RU().length(mm), russian);
        }
    }

    #[test]
    fn durations() {
        for (seconds, english, russian) in [
            (-1, "0 s", "0 с"),
            (0, "0 s", "0 с"),
            (59, "59 s", "59 с"),
            (60, "1 m", "1 мин"),
            (61, "1 m 1 s", "1 мин 1 с"),
            (3_599, "59 m 59 s", "59 мин 59 с"),
            (3_600, "1 h", "1 ч"),
            (3_661, "1 h 1 m", "1 ч 1 мин"),
            (86_400, "1 d", "1 д"),
            (86_460, "1 d 1 m", "1 д 1 мин"),
            (90_061, "1 d 1 h 1 m", "1 д 1 ч 1 мин"),
        ] {
            assert_eq!(EN().duration(seconds), english);
            assert_eq!(RU().duration(seconds), russian);
        }
    }

    #[test]
    fn masses() {
        for (grams, english, russian) in [
            (0, "0 g", "0 г"),
            (80, "80 g", "80 г"),
            (999, "999 g", "999 г"),
            (1_000, "1.0 kg", "1.0 кг"),
            (1_049, "1.0 kg", "1.0 кг"),
            (123_456, "123.5 kg", "123.5 кг"),
        ] {
            assert_eq!(EN().mass(grams), english);
            assert_eq!(RU().mass(grams), russian);
        }
    }

    #[test]
    fn bars_and_percents_are_full_only_at_the_end() {
        assert_eq!(bar(0.0), "▱▱▱▱▱▱▱▱▱▱");
        assert_eq!(bar(0.55), "▰▰▰▰▰▱▱▱▱▱");
        assert_eq!(bar(0.999), "▰▰▰▰▰▰▰▰▰▱");
        assert_eq!(bar(1.0), "▰▰▰▰▰▰▰▰▰▰");
        assert_eq!(bar(f64::NAN), "▱▱▱▱▱▱▱▱▱▱");
        assert_eq!(bar_of(4, 12), "▰▰▰▰▱▱▱▱▱▱▱▱");
        assert_eq!(bar_of(99, 3), "▰▰▰");
        assert_eq!(
            (percent(0.999), percent(1.0), percent(7.0), percent(-1.0)),
            (99, 100, 100, 0)
        );
        assert_eq!(
            (decimal(57.0), decimal(33.333), decimal(f64::NAN)),
            ("57.0".into(), "33.3".into(), "0.0".into())
        );
    }
}
