//! Processes of one's own, for the breaker and the bench: servers, ingresses and workers that are started, looked at,
//! hurt and ended, and that are gone when the program which started them is.

mod process;
pub(crate) mod services;
mod slot;
mod usage;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use tempfile::TempDir;

pub(crate) use process::{End, Recipe};
pub(crate) use slot::Slot;
pub(crate) use usage::{Usage, own_cpu};

/// A program that is asked to leave has promised to be gone in 10 s; half as much again for a machine that is busy.
pub(crate) const LEAVE: Duration = Duration::from_secs(15);

/// A folder for the data and the logs of servers and programs.
///
/// # Errors
/// None can be made.
pub(crate) fn folder(prefix: &str) -> anyhow::Result<TempDir> {
    tempfile::Builder::new()
        .prefix(prefix)
        // PostgreSQL runs as another user.
        .permissions(std::fs::Permissions::from_mode(0o755))
        .tempdir()
        .context("a folder for servers and logs")
}

/// The folder of this workspace's programs: the one that was chosen, else where this program is.
///
/// # Errors
/// The system does not tell where this program is.
pub(crate) fn programs(chosen: Option<&Path>) -> anyhow::Result<PathBuf> {
    match chosen {
        Some(folder) => Ok(folder.to_owned()),
        None => Ok(std::env::current_exe()?.with_file_name("")),
    }
}

/// The program of this name in a folder.
///
/// # Errors
/// It is not there.
pub(crate) fn program(folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let path = folder.join(name);
    ensure!(
        path.exists(),
        "{} is missing: `cargo build --workspace` builds it, --programs names another folder",
        path.display()
    );
    path.canonicalize().context(name.to_owned())
}
