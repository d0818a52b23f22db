//! Workers that come, leave and die under load: how the partitions are shared before and after, how long that takes, and
//! how long the unluckiest update waits meanwhile.

use std::time::Duration;

use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::cluster::PARTITIONS;
use super::plan::Findings;
use super::trial::Trial;
use super::verdict::Check;
use crate::processes::LEAVE;

/// Service may stand still this long when a worker leaves in good order.
const LEAVE_GAP: Duration = Duration::from_secs(1);

/// And this long when one dies.
const DEATH_GAP: Duration = Duration::from_secs(5);

/// Playing between two changes, long enough to see who still waits.
const STEADY: Duration = Duration::from_secs(6);

/// By then the workers must share evenly.
const BALANCED: Duration = Duration::from_secs(30);

/// Takes the workers from one to three and back to two, twice.
///
/// # Errors
/// A worker cannot be started.
pub(super) async fn measure(trial: &Trial<'_>) -> anyhow::Result<Findings> {
    let workers = &trial.cluster.workers;
    let mut scales = Scales {
        trial,
        notes: Vec::new(),
        gaps: Check::new("longer gaps in service than promised"),
        uneven: Check::new("changes after which the workers did not share evenly"),
    };
    let come = async || -> anyhow::Result<()> {
        for worker in &workers[..3] {
            worker.start().await?;
        }
        Ok(())
    };
    let go = async |signal| -> anyhow::Result<()> {
        workers[2].stop(signal, LEAVE).await;
        Ok(())
    };
    scales.change("1 worker", 1, None, async { Ok(()) }).await?;
    scales.change("1 -> 3 workers", 3, None, come()).await?;
    scales
        .change(
            "3 -> 2 workers, one leaves",
            2,
            Some(LEAVE_GAP),
            go(Signal::TERM),
        )
        .await?;
    scales.change("2 -> 3 workers", 3, None, come()).await?;
    scales
        .change(
            "3 -> 2 workers, one is killed",
            2,
            Some(DEATH_GAP),
            go(Signal::KILL),
        )
        .await?;
    Ok(Findings {
        notes: scales.notes,
        checks: vec![scales.gaps, scales.uneven],
    })
}

/// What is measured, change by change.
struct Scales<'a> {
    trial: &'a Trial<'a>,
    notes: Vec<String>,
    gaps: Check,
    uneven: Check,
}

impl Scales<'_> {
    /// Makes a change, after which there are so many workers, and looks what comes of it.
    async fn change(
        &mut self,
        what: &str,
        size: usize,
        promised: Option<Duration>,
        change: impl Future<Output = anyhow::Result<()>>,
    ) -> anyhow::Result<()> {
        let before = self.shares().await;
        let since = Instant::now();
        change.await?;
        let mut after = self.shares().await;
        while !is_even(&after, size) && since.elapsed() < BALANCED {
            sleep(Duration::from_millis(50)).await;
            after = self.shares().await;
        }
        let took = since.elapsed();
        sleep(STEADY).await;
        let gap = self.trial.record.longest_wait(since);
        let words = format!(
            "{what}: partitions {before:?} -> {after:?}, shared after {took:.1?}, longest wait for an answer {gap:.2?}"
        );
        tracing::info!("{words}");
        if promised.is_some_and(|promised| gap > promised) {
            self.gaps.find(|| words.clone());
        }
        if !is_even(&after, size) {
            self.uneven.find(|| words.clone());
        }
        self.notes.push(words);
        Ok(())
    }

    /// How many partitions each running worker says it has.
    async fn shares(&self) -> Vec<u32> {
        let mut shares = Vec::new();
        for address in &self.trial.cluster.admin {
            shares.extend(share(address).await);
        }
        shares
    }
}

fn is_even(shares: &[u32], size: usize) -> bool {
    let (fewest, most) = (shares.iter().min(), shares.iter().max());
    shares.len() == size
        && shares.iter().sum::<u32>() == PARTITIONS
        && most
            .zip(fewest)
            .is_some_and(|(most, fewest)| most - fewest <= 1)
}

/// The partitions of the worker at this address; none when it does not run.
async fn share(address: &str) -> Option<u32> {
    let metrics = reqwest::get(format!("http://{address}/metrics"))
        .await
        .ok()?;
    let metrics = metrics.text().await.ok()?;
    let line = metrics
        .lines()
        .find(|line| line.starts_with("bot_partitions_owned"))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_even_within_one_of_each_other() {
        assert!(is_even(&[16], 1));
        assert!(is_even(&[6, 5, 5], 3));
        assert!(!is_even(&[7, 5, 4], 3));
        assert!(!is_even(&[6, 5], 2));
        assert!(!is_even(&[8, 8], 3));
    }
}
