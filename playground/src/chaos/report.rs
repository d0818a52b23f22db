//! What a run of the breaker found, in words for a person.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::schedule::Kind;
use super::verdict::Verdict;

/// The result of a run.
#[derive(Debug, Clone)]
pub struct Report {
    /// The seed, to run it again.
    pub seed: u64,
    /// What was broken, and how often.
    pub faults: BTreeMap<Kind, u32>,
    /// Updates sent.
    pub sent: u64,
    /// Updates answered.
    pub answered: u64,
    /// Answers beyond the first of each update: allowed, but told.
    pub repeated: u64,
    /// Answers that told a player of a failure.
    pub troubles: u64,
    /// Seconds from the first update to the last answer.
    pub seconds: f64,
    /// What else is worth telling, a line each.
    pub notes: Vec<String>,
    /// What was checked.
    pub verdict: Verdict,
    /// Where the logs are, if they were kept.
    pub folder: Option<PathBuf>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, times) in &self.faults {
            writeln!(f, "     {times:>7} {kind}")?;
        }
        writeln!(
            f,
            "     {:>7} updates sent, {} answered within {:.0} s",
            self.sent, self.answered, self.seconds
        )?;
        writeln!(
            f,
            "     {:>7} answers given again, {} that told of a failure",
            self.repeated, self.troubles
        )?;
        for note in &self.notes {
            writeln!(f, "             {note}")?;
        }
        write!(f, "{}", self.verdict)?;
        let word = if self.verdict.is_clean() {
            "PASS"
        } else {
            "FAIL"
        };
        write!(f, "{word} seed {}", self.seed)?;
        if let Some(folder) = &self.folder {
            write!(f, ", logs in {}", folder.display())?;
        }
        Ok(())
    }
}
