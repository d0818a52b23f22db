//! Logs: lines on standard error as text or JSON, and on request a rolling `performance.log`.
//!
//! Standard output stays free for what commands print. Lines are dotted fields with units (`batch.size`, `wait_ms`);
//! no line holds a secret, a token or a message's text.

use std::{fs, io, path::Path};

use tracing::level_filters::LevelFilter;
use tracing_appender::{
    non_blocking::{NonBlocking, WorkerGuard},
    rolling::{RollingFileAppender, Rotation},
};
use tracing_subscriber::{Layer, filter::Targets, fmt, layer::SubscriberExt, registry::Registry};

use crate::config::{Invalid, LogFormat, Logs};

/// Target of the lines that go to `performance.log`, and only there: `tracing::info!(target: PERFORMANCE, ...)`.
pub const PERFORMANCE: &str = "performance";

/// Days of `performance.log` that are kept.
const DAYS_KEPT: usize = 7;

/// Targets that are silent unless the level names them. The queue and the pools repeat our own lines, connection by
/// connection, and lapin also prints the bodies of returned messages; the options print the values of parameters; the
/// notices of Postgres say at each start that the tables are there.
const CHATTY: [&str; 5] = [
    "lapin",
    "sqlx::pool",
    "sqlx_core::pool",
    "sqlx_postgres::options",
    "sqlx::postgres::notice",
];

/// Writes out what is still buffered when it is dropped: keep it until the end of `main`.
#[must_use = "buffered lines are lost when the guard is dropped early"]
pub struct Guard {
    _performance: Option<WorkerGuard>,
}

/// Starts logging for the whole process. The first call wins: a second changes nothing, so tests may all call it.
///
/// # Errors
/// `LOG_DIR` cannot be written.
pub fn init_logs(logs: &Logs) -> Result<Guard, Invalid> {
    let (performance, guard) = match &logs.log_dir {
        None => (None, None),
        Some(folder) => {
            let (writer, guard) = rolling(folder)?;
            (Some(writer), Some(guard))
        }
    };
    let subscriber = Registry::default()
        .with(lines(logs, io::stderr))
        .with(performance.map(performance_lines));
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(Guard {
        _performance: guard,
    })
}

fn rolling(folder: &Path) -> Result<(NonBlocking, WorkerGuard), Invalid> {
    let refuse = || Invalid::new("LOG_DIR", format!("cannot write in '{}'", folder.display()));
    // Otherwise the library prints a line of its own about a folder that it cannot list.
    fs::create_dir_all(folder)
        .and_then(|()| fs::read_dir(folder))
        .map_err(|_| refuse())?;
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("performance.log")
        .max_log_files(DAYS_KEPT)
        .build(folder)
        .map_err(|_| refuse())?;
    // Bounded (128,000 lines) and lossy: a full disk must not hold up the game.
    Ok(tracing_appender::non_blocking(appender))
}

/// The layer of ordinary lines: everything that the level lets pass but the performance target.
fn lines<S, W>(logs: &Logs, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'span> tracing_subscriber::registry::LookupSpan<'span>,
    W: for<'writer> fmt::MakeWriter<'writer> + Send + Sync + 'static,
{
    let levels = logs
        .log_level
        .0
        .clone()
        .with_target(PERFORMANCE, LevelFilter::OFF);
    let levels = CHATTY.into_iter().fold(levels, |levels, chatty| {
        match levels.iter().any(|(target, _)| target.starts_with(chatty)) {
            true => levels,
            false => levels.with_target(chatty, LevelFilter::OFF),
        }
    });
    let layer = fmt::layer().with_writer(writer);
    match logs.log_format {
        LogFormat::Text => layer
            .with_ansi(io::IsTerminal::is_terminal(&io::stderr()))
            .with_filter(levels)
            .boxed(),
        LogFormat::Json => layer.json().flatten_event(true).with_filter(levels).boxed(),
    }
}

fn performance_lines<S, W>(writer: W) -> impl Layer<S>
where
    S: tracing::Subscriber + for<'span> tracing_subscriber::registry::LookupSpan<'span>,
    W: for<'writer> fmt::MakeWriter<'writer> + Send + Sync + 'static,
{
    let only = Targets::new().with_target(PERFORMANCE, LevelFilter::TRACE);
    fmt::layer()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_writer(writer)
        .with_filter(only)
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        sync::{Arc, Mutex},
    };

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Config {
        #[command(flatten)]
        logs: Logs,
    }

    fn logs(args: &[&str]) -> Logs {
        crate::config::try_parse::<Config>(["test"].iter().chain(args))
            .unwrap()
            .logs
    }

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(logs: &Logs) -> String {
        let memory = Memory::default();
        let writer = memory.clone();
        let subscriber = Registry::default().with(lines(logs, move || writer.clone()));
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(batch.size = 3, "told");
            tracing::debug!("kept quiet");
            tracing::info!(target: PERFORMANCE, "elsewhere");
            tracing::warn!(target: "sqlx_postgres::options::parse", "a secret");
            tracing::info!(target: "sqlx::postgres::notice", "already exists, skipping");
        });
        String::from_utf8(memory.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn levels_and_formats_are_as_configured() {
        let text = written(&logs(&[]));
        assert!(
            text.contains("INFO") && text.contains("told batch.size=3"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 1, "{text}");
        let json: serde_json::Value =
            serde_json::from_str(&written(&logs(&["--log-format=json"]))).unwrap();
        assert_eq!(
            (&json["message"], &json["batch.size"]),
            (&"told".into(), &3.into())
        );
        assert_eq!(written(&logs(&["--log-level=warn"])), "");
        assert!(written(&logs(&["--log-level=warn,gofrobot_shared=debug"])).contains("kept quiet"));
        assert!(
            written(&logs(&["--log-level=info,sqlx::postgres::notice=info"]))
                .contains("already exists")
        );
    }

    #[test]
    fn performance_lines_go_to_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let (writer, guard) = rolling(folder.path()).unwrap();
        let subscriber = Registry::default().with(performance_lines(writer));
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(target: PERFORMANCE, commit_ms = 1.5, "batch");
            tracing::info!("not this one");
        });
        drop(guard);
        let file = fs::read_dir(folder.path())
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
        assert!(
            file.file_name()
                .to_str()
                .unwrap()
                .starts_with("performance.log")
        );
        let text = fs::read_to_string(file.path()).unwrap();
        assert!(
            text.contains("\"commit_ms\":1.5") && text.lines().count() == 1,
            "{text}"
        );
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_a_configuration_error() {
        let error = rolling(Path::new("/proc/no/such"))
            .err()
            .unwrap()
            .to_string();
        assert_eq!(error, "LOG_DIR: cannot write in '/proc/no/such'");
    }
}
