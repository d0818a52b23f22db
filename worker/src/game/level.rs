//! The level of a gofra: a figure that follows from its length alone, so it is stored nowhere.

use super::balance::{LEVELS, Level};

/// The level of a gofra of this length: the highest threshold that is not above it.
pub fn of(gofra_mm: f64) -> &'static Level {
    LEVELS
        .iter()
        .rev()
        .find(|level| level.from_mm <= gofra_mm)
        .unwrap_or(&LEVELS[0])
}

/// The level after `level`; the last has none.
pub fn after(level: &Level) -> Option<&'static Level> {
    LEVELS.iter().find(|next| next.number > level.number)
}

/// How much of the way from this level to the next is behind, 0.0..=1.0; `None` on the last level.
pub fn progress(gofra_mm: f64) -> Option<f64> {
    let this = of(gofra_mm);
    let next = after(this)?;
    Some(((gofra_mm - this.from_mm) / (next.from_mm - this.from_mm)).clamp(0.0, 1.0))
}

impl Level {
    /// Speed of regeneration as a factor.
    pub fn speed(&self) -> f64 {
        self.speed_tenths as f64 / 10.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(gofra_mm: f64, number: u8, speed: f64, grams: (i64, i64)) {
        let level = of(gofra_mm);
        assert_eq!(
            (
                level.number,
                level.speed(),
                (level.grams_low, level.grams_high)
            ),
            (number, speed, grams),
            "{gofra_mm} mm"
        );
    }

    #[test]
    fn thresholds_speeds_and_grams() {
        check(10.0, 1, 1.0, (50, 100));
        check(50.0, 2, 1.1, (100, 200));
        check(150.0, 3, 1.2, (200, 300));
        check(300.0, 4, 1.3, (300, 400));
        check(600.0, 5, 1.4, (400, 500));
        check(1_200.0, 6, 1.5, (500, 600));
        check(2_500.0, 7, 1.6, (600, 700));
        check(5_000.0, 8, 1.7, (700, 800));
        check(10_000.0, 9, 1.8, (800, 900));
        check(20_000.0, 10, 2.0, (900, 1_100));
    }

    #[test]
    fn just_below_a_threshold_is_the_level_before() {
        for pair in LEVELS.windows(2) {
            assert_eq!(of(pair[1].from_mm - 0.001).number, pair[0].number);
        }
    }

    #[test]
    fn absurd_lengths_still_have_a_level() {
        for (gofra_mm, number) in [
            (9.9, 1),
            (0.0, 1),
            (-5.0, 1),
            (f64::NAN, 1),
            (f64::NEG_INFINITY, 1),
            (1e12, 10),
            (f64::INFINITY, 10),
        ] {
            assert_eq!(of(gofra_mm).number, number, "{gofra_mm}");
        }
    }

    #[test]
    fn progress_runs_from_threshold_to_threshold() {
        for (gofra_mm, expected) in [
            (5.0, Some(0.0)),
            (10.0, Some(0.0)),
            (30.0, Some(0.5)),
            (50.0, Some(0.0)),
            (75.0, Some(0.25)),
            (15_000.0, Some(0.5)),
            (20_000.0, None),
            (99_999.0, None),
        ] {
            assert_eq!(progress(gofra_mm), expected, "{gofra_mm}");
        }
    }

    #[test]
    fn each_level_leads_to_the_next() {
        let next: Vec<_> = LEVELS
            .iter()
            .map(|level| after(level).map(|next| next.number))
            .collect();
        let expected: Vec<_> = (2..=10).map(Some).chain([None]).collect();
        assert_eq!(next, expected);
    }
}
