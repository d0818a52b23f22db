//! The frame of a program: logs, a runtime, an error that is told once, and an exit code.

use std::process::ExitCode;

use anyhow::Context;

use crate::config::Logs;
use crate::telemetry::{init_logs, traces};

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
    let end = || {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.enable_all().build().context("the runtime")?;
        // Dropped before the runtime, which carries the last traces out.
        let _traces = traces::init(logs, name, runtime.handle())?;
        runtime.block_on(work)
    };
    end().unwrap_or_else(|error| {
        tracing::error!(error = with_causes(&error), "{failure}");
        ExitCode::FAILURE
    })
}

/// An error and its causes in one line; a cause that the words before it end with is told already.
fn with_causes(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |told, cause| {
        let cause = cause.to_string();
        match told.as_str() {
            "" => cause,
            _ if told.ends_with(&cause) => told,
            _ => format!("{told}: {cause}"),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::admin::CheckError;

    #[test]
    fn no_cause_is_told_twice() {
        let source = io::Error::from_raw_os_error(111);
        let address = ([127, 0, 0, 1], 8000).into();
        let error = anyhow::Error::new(CheckError::Unreachable { address, source });
        assert_eq!(
            with_causes(&error.context("the worker")),
            "the worker: 127.0.0.1:8000 does not answer: Connection refused (os error 111)"
        );
    }
}
