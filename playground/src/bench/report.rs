//! What a bench has measured, in words for a person.

use std::fmt;
use std::time::Duration;

use crate::load;

/// What everything that runs in a round has used up to a moment.
pub(super) struct Used {
    /// Processor time by what used it, in an order that is always the same.
    pub(super) cpu: Vec<(&'static str, Duration)>,
    /// Most memory that any worker has had in use, bytes.
    pub(super) worker_peak_bytes: u64,
}

/// The figures of one round.
#[derive(Debug, Clone)]
pub(super) struct Figures {
    clean: bool,
    /// Each with its name and unit, in an order that is always the same.
    values: Vec<(String, f64)>,
}

impl Figures {
    /// Figures of a load between two moments.
    pub(super) fn new(load: &load::Report, before: &Used, after: &Used) -> Self {
        let ms = |quantile| load.latency_us.value_at_quantile(quantile) as f64 / 1_000.0;
        let mut values = vec![
            ("updates a second".to_owned(), load.rate()),
            ("median, ms".to_owned(), ms(0.5)),
            ("90th percentile, ms".to_owned(), ms(0.9)),
            ("99th percentile, ms".to_owned(), ms(0.99)),
            (
                "worker's peak memory, MB".to_owned(),
                after.worker_peak_bytes as f64 / 1e6,
            ),
        ];
        let cpu = before.cpu.iter().zip(&after.cpu);
        values.extend(cpu.map(|((name, before), (_, after))| {
            let us = after.saturating_sub(*before).as_secs_f64() * 1e6;
            let name = format!("CPU us an update, {name}");
            (name, us / load.answered.max(1) as f64)
        }));
        Self {
            clean: load.is_clean(),
            values,
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.clean {
            f.write_str("UPDATES WERE LOST OR ANSWERED TWICE; ")?;
        }
        for (place, (name, value)) in self.values.iter().enumerate() {
            let comma = if place > 0 { "; " } else { "" };
            write!(f, "{comma}{name} {value:.1}")?;
        }
        Ok(())
    }
}

/// The figures of all rounds.
#[derive(Debug, Clone)]
pub struct Report {
    /// For each build, its rounds.
    builds: Vec<Vec<Figures>>,
}

impl Report {
    /// Of so many builds; nothing measured yet.
    pub(super) fn new(builds: usize) -> Self {
        Self {
            builds: vec![Vec::new(); builds],
        }
    }

    /// Adds a round of a build.
    pub(super) fn add(&mut self, build: usize, figures: Figures) {
        self.builds[build].push(figures);
    }

    /// Whether each update of each round got exactly one answer.
    pub fn is_clean(&self) -> bool {
        self.builds.iter().flatten().all(|round| round.clean)
    }

    /// What was measured, a figure after the other: its name with its unit, and its value in each round of each build.
    pub fn figures(&self) -> impl Iterator<Item = (&str, Vec<Vec<f64>>)> {
        let first = self.builds.iter().flatten().next();
        let named = first.map_or(&[][..], |round| &round.values);
        named.iter().enumerate().map(|(place, (name, _))| {
            let values = |rounds: &Vec<Figures>| {
                let values = rounds.iter().map(|round| round.values[place].1);
                values.collect()
            };
            (name.as_str(), self.builds.iter().map(values).collect())
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headings = ["median (least to most)", "against", "ratio of neighbours"];
        let columns = if self.builds.len() > 1 { 3 } else { 1 };
        write!(f, "{:<34}", "")?;
        for heading in &headings[..columns] {
            write!(f, "{heading:>28}")?;
        }
        for (name, builds) in self.figures() {
            write!(f, "\n{name:<34}")?;
            for values in &builds {
                write!(f, "{:>28}", spread(values, 1))?;
            }
            if let [these, others] = &builds[..] {
                let pairs = these.iter().zip(others);
                let ratios: Vec<f64> = pairs.map(|(this, other)| this / other).collect();
                write!(f, "{:>28}", spread(&ratios, 2))?;
            }
        }
        if !self.is_clean() {
            f.write_str("\nUPDATES WERE LOST OR ANSWERED TWICE")?;
        }
        Ok(())
    }
}

/// The median of some values, and the least and the most of them.
fn spread(values: &[f64], digits: usize) -> String {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (Some(least), Some(most)) = (sorted.first(), sorted.last()) else {
        return String::new();
    };
    let (below, above) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
    let median = f64::midpoint(below, above);
    format!("{median:.digits$} ({least:.digits$} to {most:.digits$})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_values() {
        for (values, said) in [
            (&[][..], ""),
            (&[2.0], "2.0 (2.0 to 2.0)"),
            (&[3.0, 1.0], "2.0 (1.0 to 3.0)"),
            (&[9.0, 1.0, 2.0], "2.0 (1.0 to 9.0)"),
        ] {
            assert_eq!(spread(values, 1), said);
        }
    }

    #[test]
    fn neighbours_are_compared() {
        let round = |rate| Figures {
            clean: true,
            values: vec![("rate".to_owned(), rate)],
        };
        let mut report = Report::new(2);
        for (these, others) in [(100.0, 50.0), (30.0, 20.0), (400.0, 400.0)] {
            report.add(0, round(these));
            report.add(1, round(others));
        }
        let said = report.to_string();
        assert!(said.ends_with("1.50 (1.00 to 2.00)"), "{said}");
        assert!(said.contains("100.0 (30.0 to 400.0)"), "{said}");
    }
}
