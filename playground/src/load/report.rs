//! What a load run found, in words for a person and as JSON for a program.

use hdrhistogram::Histogram;
use serde_json::{Value, json};
use std::fmt;

/// The result of a load run.
#[derive(Debug, Clone)]
pub struct Report {
    /// Updates sent.
    pub sent: u64,
    /// Updates answered.
    pub answered: u64,
    /// Updates without an answer.
    pub lost: u64,
    /// Answers to nothing: an update answered twice, or a message nobody asked for.
    pub doubles: u64,
    /// Seconds from the first update to the last answer.
    pub seconds: f64,
    /// From sending an update to its answer, microseconds.
    pub latency_us: Histogram<u64>,
}

impl Report {
    /// Whether each update got exactly one answer.
    pub fn is_clean(&self) -> bool {
        self.lost == 0 && self.doubles == 0
    }

    /// Answers a second.
    pub fn rate(&self) -> f64 {
        self.answered as f64 / self.seconds.max(f64::EPSILON)
    }

    /// The same for a program: counts, seconds, and milliseconds of waiting.
    pub fn json(&self) -> Value {
        json!({
            "sent": self.sent,
            "answered": self.answered,
            "lost": self.lost,
            "doubles": self.doubles,
            "seconds": self.seconds,
            "latency_ms": {
                "p50": self.ms(0.5),
                "p90": self.ms(0.9),
                "p99": self.ms(0.99),
                "p99.9": self.ms(0.999),
                "max": self.ms(1.0),
            },
        })
    }

    fn ms(&self, quantile: f64) -> f64 {
        self.latency_us.value_at_quantile(quantile) as f64 / 1_000.0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "sent      {}", self.sent)?;
        writeln!(
            f,
            "answered  {} in {:.1} s, {:.0} a second",
            self.answered,
            self.seconds,
            self.rate()
        )?;
        writeln!(f, "lost      {}", self.lost)?;
        writeln!(f, "doubles   {}", self.doubles)?;
        write!(
            f,
            "latency   p50 {:.1} ms, p90 {:.1} ms, p99 {:.1} ms, p99.9 {:.1} ms, max {:.1} ms",
            self.ms(0.5),
            self.ms(0.9),
            self.ms(0.99),
            self.ms(0.999),
            self.ms(1.0)
        )
    }
}
