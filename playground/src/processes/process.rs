//! One process: with a log file, signalled at will, and gone when the program that started it is.
//!
//! It is started through `setpriv --pdeathsig`, so the kernel ends it even when that program itself is killed;
//! `setpriv` becomes the program it starts, so signals meet the program and nothing between.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout};

use super::usage::{Usage, children};

/// How a process is started, as often as need be.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    /// What it is called in the log.
    pub(crate) name: String,
    program: OsString,
    arguments: Vec<OsString>,
    variables: Vec<(String, String)>,
    folder: PathBuf,
    user: Option<&'static str>,
}

impl Recipe {
    /// A program that runs in `folder` and writes to `name.log` there.
    pub(crate) fn new(name: &str, program: impl AsRef<OsStr>, folder: &Path) -> Self {
        Self {
            name: name.to_owned(),
            program: program.as_ref().to_owned(),
            arguments: Vec::new(),
            variables: Vec::new(),
            folder: folder.to_owned(),
            user: None,
        }
    }

    /// Adds arguments.
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        let arguments = arguments.into_iter().map(|it| it.as_ref().to_owned());
        self.arguments.extend(arguments);
        self
    }

    /// Adds an argument that ends with a path.
    pub(crate) fn arg_path(mut self, option: &str, path: &Path) -> Self {
        let mut argument = OsString::from(option);
        argument.push(path);
        self.arguments.push(argument);
        self
    }

    /// Adds a variable; besides these it only gets PATH and LANG.
    pub(crate) fn var(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Runs it as this user, for programs that refuse to be root.
    pub(crate) fn user(mut self, user: Option<&'static str>) -> Self {
        self.user = user;
        self
    }

    /// The command, with its output going to the log file.
    ///
    /// # Errors
    /// The log file cannot be written.
    pub(crate) fn command(&self) -> io::Result<Command> {
        let log = self.log()?;
        let mut command = Command::new("setpriv");
        if let Some(user) = self.user {
            command.args([
                format!("--reuid={user}"),
                format!("--regid={user}"),
                "--init-groups".to_owned(),
            ]);
        }
        command
            .args(["--pdeathsig=KILL", "--"])
            .arg(&self.program)
            .args(&self.arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LANG", "C.UTF-8")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.folder)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true);
        Ok(command)
    }

    /// Starts it.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) fn start(&self) -> anyhow::Result<Process> {
        let what = || format!("{} ({})", self.name, self.program.to_string_lossy());
        let child = self.command().and_then(|mut command| command.spawn());
        let child = child.with_context(what)?;
        let pid = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        Ok(Process {
            child,
            pid: pid.with_context(what)?,
            since: Instant::now(),
        })
    }

    fn log(&self) -> io::Result<File> {
        let path = self.folder.join(format!("{}.log", self.name));
        OpenOptions::new().create(true).append(true).open(path)
    }
}

/// A process that runs. Dropping it kills it, with what it has started.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pid: Pid,
    since: Instant,
}

impl Process {
    /// What it has used of the machine so far.
    pub(crate) fn usage(&self) -> Usage {
        Usage::of(self.pid)
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal and waits for the end, `patience` at most; what has not ended then is killed. Gives the exit code,
    /// where there is one, and how long it took.
    pub(crate) async fn end(mut self, signal: Signal, patience: Duration) -> End {
        let begun = Instant::now();
        let age = begun - self.since;
        let _ = kill_process(self.pid, signal);
        let status = timeout(patience, self.child.wait()).await;
        End {
            code: status.ok().and_then(Result::ok).and_then(|it| it.code()),
            took: begun.elapsed(),
            age,
        }
    }

    /// Stops it, and all that it has started itself, for a while.
    pub(crate) async fn pause(&self, hold: Duration) {
        let _paused = Paused::new(self.pid);
        tokio::time::sleep(hold).await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = kill_process_group(self.pid, Signal::KILL);
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    /// Its exit code; none when a signal ended it.
    code: Option<i32>,
    /// From the signal to the end.
    took: Duration,
    /// From its start to the signal.
    age: Duration,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "exit code {code}")?,
            None => f.write_str("by a signal")?,
        }
        write!(
            f,
            " after {:.1?}, at the age of {:.1?}",
            self.took, self.age
        )
    }
}

impl End {
    /// Whether a process that was asked to leave left as it should. One that had just been started may not have known yet
    /// what the signal means.
    pub(crate) fn is_good(&self) -> bool {
        self.code == Some(0) || (self.code.is_none() && self.age < YOUTH)
    }
}

/// Within this time a process that starts has not necessarily come to listening for signals, on a busy machine.
const YOUTH: Duration = Duration::from_secs(3);

/// Goes on when it is dropped, so that whoever is interrupted leaves nothing standing still.
struct Paused(Vec<Pid>);

impl Paused {
    fn new(pid: Pid) -> Self {
        let mut stopped = vec![pid];
        let _ = kill_process(pid, Signal::STOP);
        // PostgreSQL's backends are processes of their own.
        stopped.extend(children(pid));
        for child in &stopped[1..] {
            let _ = kill_process(*child, Signal::STOP);
        }
        Self(stopped)
    }
}

impl Drop for Paused {
    fn drop(&mut self) {
        for pid in &self.0 {
            let _ = kill_process(*pid, Signal::CONT);
        }
    }
}
