//! Programs that a user would type, run to their end.

use anyhow::{Context, bail};
use std::ffi::OsStr;
use std::process::{Command, Output, Stdio};

/// Runs a program and returns what it printed on stdout.
///
/// # Errors
/// It cannot be started, or it ends with another code than 0; then the error holds the command and all that it printed.
pub fn run<I: AsRef<OsStr>>(
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = I>,
) -> anyhow::Result<String> {
    let mut command = Command::new(program);
    command.args(arguments);
    output(&mut command)
}

/// The same for a command that is already put together.
///
/// # Errors
/// As [`run`].
pub fn output(command: &mut Command) -> anyhow::Result<String> {
    let ended = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{command:?} cannot be started"))?;
    if !ended.status.success() {
        bail!("{command:?} ended with {}: {}", ended.status, said(&ended));
    }
    Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
}

fn said(ended: &Output) -> String {
    let mut text = String::from_utf8_lossy(&ended.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&ended.stderr));
    text
}
