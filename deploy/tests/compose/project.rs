//! A project of docker compose that belongs to one test: its own name, ports, folder and volumes.

use gofrobot_deploy::docker::docker;
use gofrobot_deploy::pages;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;
use tempfile::TempDir;

/// What compose reads, and what it mounts.
const FILES: [&str; 6] = [
    "docker-compose.yml",
    ".env.example",
    "deploy/backup.sh",
    "deploy/simulate.env",
    "deploy/rabbitmq/enabled_plugins",
    "deploy/rabbitmq/rabbitmq.conf",
];

pub(crate) struct Project {
    name: String,
    /// Where the commands are typed.
    pub(crate) folder: PathBuf,
    variables: Vec<(String, String)>,
    /// IP and port of the chat page.
    pub(crate) page: String,
    _copy: Option<TempDir>,
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

impl Project {
    /// In a copy of the files, so that an `.env` can be made without touching the developer's.
    pub(crate) fn copied(name: &str) -> Self {
        let copy = tempfile::tempdir().unwrap();
        for file in FILES {
            let to = copy.path().join(file);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(root().join(file), to).unwrap();
        }
        fs::create_dir(copy.path().join("backups")).unwrap();
        let mut project = Self::at(copy.path().to_owned(), name);
        project._copy = Some(copy);
        project
    }

    /// In the project's own folder.
    pub(crate) fn in_place(name: &str) -> Self {
        Self::at(root().to_owned(), name)
    }

    fn at(folder: PathBuf, name: &str) -> Self {
        let name = format!("gofrobot-test-{name}-{}", std::process::id());
        let page = free_port();
        let mut project = Self {
            name: name.clone(),
            folder,
            variables: Vec::new(),
            page: format!("127.0.0.1:{page}"),
            _copy: None,
        };
        project.set("COMPOSE_PROJECT_NAME", &name);
        project.set("PAGE_PORT", &page.to_string());
        project.set("INGRESS_PORT", &free_port().to_string());
        project.set("RABBITMQ_PORT", &free_port().to_string());
        project
    }

    /// Sets a variable of the shell, which goes before those in `.env`.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Types a script and gives what it did; it ends at the first command that fails.
    pub(crate) fn try_sh(&self, script: &str) -> Output {
        let mut shell = Command::new("sh");
        shell.args(["-ec", script]).current_dir(&self.folder);
        for name in super::variables::explained() {
            shell.env_remove(name);
        }
        shell
            .env("COMPOSE_PROGRESS", "quiet")
            .envs(self.variables.clone());
        shell.output().unwrap()
    }

    /// Types a script that must succeed; prints its seconds and gives its output.
    pub(crate) fn sh(&self, script: &str) -> String {
        let begun = Instant::now();
        let said = self.quietly(script);
        let name = script.trim().lines().last().unwrap_or_default();
        println!("{:5.1} s  {name}", begun.elapsed().as_secs_f64());
        said
    }

    /// The same without a word.
    pub(crate) fn quietly(&self, script: &str) -> String {
        let ended = self.try_sh(script);
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        if !ended.status.success() {
            let complaint = String::from_utf8_lossy(&ended.stderr);
            let logs = self.try_sh("docker compose ps -a; docker compose logs --tail 20");
            let logs = String::from_utf8_lossy(&logs.stdout).into_owned();
            panic!(
                "{script}\nended with {}:\n{said}{complaint}\n{logs}",
                ended.status
            );
        }
        said
    }

    /// Types the commands of the book below a heading.
    pub(crate) fn book(&self, page: &str, heading: &str) -> String {
        println!("         {page}: {heading}");
        self.sh(&pages::commands(page, heading))
    }

    /// Asks the database.
    pub(crate) fn sql(&self, query: &str) -> String {
        self.quietly(&format!(
            "docker compose exec -T postgres psql -U gofrobot -qAtc '{query}'"
        ))
    }

    /// Names of this project's containers, volumes and networks.
    pub(crate) fn traces(&self) -> String {
        let filter = format!("--filter=label=com.docker.compose.project={}", self.name);
        let kinds = [["ps", "-aq"], ["volume", "-q"], ["network", "-q"]];
        let list = |[kind, quiet]: [&str; 2]| {
            let arguments = if kind == "ps" {
                vec![kind, quiet]
            } else {
                vec![kind, "ls", quiet]
            };
            docker(arguments.into_iter().chain([filter.as_str()])).unwrap()
        };
        kinds.map(list).concat()
    }

    /// Removes everything.
    pub(crate) fn remove(&self) {
        let script = "docker compose --profile '*' down --volumes --remove-orphans --timeout 5";
        let ended = self.try_sh(&format!(
            "BOT_TOKEN=1:x POSTGRES_PASSWORD=x RABBITMQ_PASSWORD=x REDIS_PASSWORD=x {script}"
        ));
        assert!(
            ended.status.success(),
            "{}",
            String::from_utf8_lossy(&ended.stderr)
        );
        assert_eq!(self.traces(), "", "{} leaves something behind", self.name);
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        // A test that failed has told why; it leaves nothing behind either.
        if std::thread::panicking() {
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.remove()));
        } else {
            self.remove();
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
