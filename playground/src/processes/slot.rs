//! A place for one process: what happens to it happens one after another.

use std::time::Duration;

use rustix::process::Signal;
use tokio::sync::Mutex;

use super::process::{End, Process, Recipe};
use super::usage::Usage;

/// A recipe and, while it runs, its process. Whoever does something to it holds its lock meanwhile, so a process that is
/// paused is not stopped at the same time, and one that is away is not paused.
pub(crate) struct Slot {
    recipe: Recipe,
    process: Mutex<Option<Process>>,
}

impl Slot {
    pub(crate) fn new(recipe: Recipe) -> Self {
        Self {
            recipe,
            process: Mutex::default(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.recipe.name
    }

    /// Starts it, unless it runs already.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) async fn start(&self) -> anyhow::Result<()> {
        let mut process = self.process.lock().await;
        if process.is_none() {
            *process = Some(self.recipe.start()?);
        }
        Ok(())
    }

    /// Whether it has ended by itself.
    pub(crate) async fn has_ended(&self) -> bool {
        let mut process = self.process.lock().await;
        process.as_mut().is_some_and(Process::has_ended)
    }

    /// Whether it runs and nothing is being done to it.
    pub(crate) fn is_free(&self) -> bool {
        matches!(self.process.try_lock().as_deref(), Ok(Some(_)))
    }

    /// Starts it again if it has ended by itself: a server that refused to start because its predecessor was still
    /// dying.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) async fn revive(&self) -> anyhow::Result<bool> {
        let mut process = self.process.lock().await;
        let ended = process.as_mut().is_some_and(Process::has_ended);
        if ended {
            *process = Some(self.recipe.start()?);
        }
        Ok(ended)
    }

    /// What it has used of the machine so far; nought when it does not run.
    pub(crate) async fn usage(&self) -> Usage {
        let process = self.process.lock().await;
        process.as_ref().map(Process::usage).unwrap_or_default()
    }

    /// Ends it with a signal and leaves it away. `None` when it did not run.
    pub(crate) async fn stop(&self, signal: Signal, patience: Duration) -> Option<End> {
        let process = self.process.lock().await.take()?;
        Some(process.end(signal, patience).await)
    }

    /// Ends it with a signal, waits, and starts it again. `None` when it did not run.
    ///
    /// # Errors
    /// It cannot be started again.
    pub(crate) async fn restart(
        &self,
        signal: Signal,
        patience: Duration,
        away: Duration,
    ) -> anyhow::Result<Option<End>> {
        let mut place = self.process.lock().await;
        let Some(process) = place.take() else {
            return Ok(None);
        };
        let end = process.end(signal, patience).await;
        tokio::time::sleep(away).await;
        *place = Some(self.recipe.start()?);
        Ok(Some(end))
    }

    /// Lets it stand still for a while. `false` when it does not run.
    pub(crate) async fn pause(&self, hold: Duration) -> bool {
        let place = self.process.lock().await;
        match &*place {
            Some(process) => {
                process.pause(hold).await;
                true
            }
            None => false,
        }
    }
}
