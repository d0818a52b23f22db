//! The frame of a program: logs, a runtime, an error that is told once, and an exit code.

use std::process::ExitCode;

use anyhow::Context;

use crate::config::Logs;
use crate::telemetry::init_logs;

/// Runs `work` to its end on a runtime of its own. An error is logged with its causes and becomes exit code 1; `failure`
/// says what it means that `work` failed. Ends the process at once if the settings of the logs are of no use.
pub fn run(
    name: &str,
    logs: &Logs,
    failure: &str,
    work: impl Future<Output = anyhow::Result<ExitCode>>,
) -> ExitCode {
    let _logs = match init_logs(logs) {
        Ok(logs) => logs,
        Err(invalid) => invalid.exit(name),
    };
    let end = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime")
        .and_then(|runtime| runtime.block_on(work));
    end.unwrap_or_else(|error| {
        tracing::error!(error = format!("{error:#}"), "{failure}");
        ExitCode::FAILURE
    })
}
