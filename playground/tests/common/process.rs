//! Programs of the workspace as processes: started with nothing but the given variables, watched, and stopped.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

use super::address::free_address;
use super::side_door;
use super::wait::{until_some, within};

/// A program that runs; killed when it is dropped. What it wrote is shown when its test fails.
pub struct Program {
    name: String,
    child: Child,
    lines: Lines,
    /// Where it was told to open /health, /ready, /metrics and /stats.
    pub admin: SocketAddr,
}

type Lines = Arc<Mutex<Vec<String>>>;

impl Program {
    /// Starts it in `folder`.
    pub fn start(
        name: &str,
        path: impl AsRef<Path>,
        folder: &Path,
        variables: &[(&str, &str)],
    ) -> Self {
        let admin = free_address();
        let mut child = Command::new(path.as_ref())
            .env_clear()
            .env("ADMIN_ADDR", admin.to_string())
            .envs(variables.iter().copied())
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()));
        let lines = Lines::default();
        note(child.stdout.take().unwrap(), &lines);
        note(child.stderr.take().unwrap(), &lines);
        Self {
            name: name.to_owned(),
            child,
            lines,
            admin,
        }
    }

    /// The first line that `find` makes something of.
    pub async fn line<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let look = || {
            self.lines
                .lock()
                .unwrap()
                .iter()
                .find_map(|line| find(line))
        };
        until_some(&format!("{}: {what}", self.name), look).await
    }

    /// All that it has written.
    pub fn written(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }

    /// Waits until it says that it is ready.
    pub async fn until_ready(&self) {
        side_door::until_ready(self.admin).await;
    }

    /// The sum of a metric over the lines that carry all these labels.
    pub async fn metric(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        side_door::metric(self.admin, name, labels).await
    }

    /// Asks it to stop, as an orchestrator does.
    pub async fn ask_to_stop(&self) {
        let id = self.child.id().expect("the process lives").to_string();
        let kill = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(kill.unwrap().success());
    }

    /// Waits for its end and gives its exit code.
    pub async fn exit_code(&mut self) -> Option<i32> {
        let end = format!("the end of {}", self.name);
        within(&end, self.child.wait()).await.unwrap().code()
    }

    /// SIGTERM, and the exit code.
    pub async fn stop(&mut self) -> Option<i32> {
        self.ask_to_stop().await;
        self.exit_code().await
    }

    /// SIGKILL: no time for a last word.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut shown = format!("--- {} wrote:\n", self.name);
            for line in self.lines.lock().unwrap().iter().rev().take(60).rev() {
                let _ = writeln!(shown, "{line}");
            }
            eprint!("{shown}");
        }
    }
}

fn note(stream: impl AsyncRead + Unpin + Send + 'static, lines: &Lines) {
    let lines = Arc::clone(lines);
    tokio::spawn(async move {
        let mut stream = BufReader::new(stream).lines();
        while let Ok(Some(line)) = stream.next_line().await {
            lines.lock().unwrap().push(line);
        }
    });
}
