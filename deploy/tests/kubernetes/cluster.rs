//! A namespace of the cluster, and the two programs by which it is reached: `kubectl` and `helm`, as a user types them.
//! Each command is printed with the seconds it took.

use anyhow::{Context, bail};
use gofrobot_deploy::command;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// A namespace of the tests' own, under the restricted Pod Security Standard.
pub(crate) struct Cluster {
    /// Its name.
    pub(crate) namespace: &'static str,
    /// The registry that holds the images, where they were not brought into the nodes.
    pub(crate) registry: Option<String>,
    kubeconfig: PathBuf,
}

impl Cluster {
    /// Makes the namespace anew in the cluster of TEST_KUBECONFIG.
    pub(crate) fn new(namespace: &'static str) -> anyhow::Result<Self> {
        let kubeconfig = std::env::var_os("TEST_KUBECONFIG")
            .context("TEST_KUBECONFIG names no cluster: `make test-kubernetes` starts one")?;
        let cluster = Self {
            namespace,
            registry: std::env::var("TEST_REGISTRY").ok(),
            kubeconfig: kubeconfig.into(),
        };
        cluster.leave()?;
        cluster.kubectl(["create", "namespace", namespace])?;
        let level = "pod-security.kubernetes.io/enforce=restricted";
        cluster.kubectl(["label", "namespace", namespace, level])?;
        // No pod is let in before it; a controller that has just started takes a moment to make it.
        let account = "serviceaccount/default";
        cluster.kubectl(["wait", "--for=create", account, "--timeout=60s"])?;
        Ok(cluster)
    }

    /// Removes the namespace and all that is in it.
    pub(crate) fn leave(&self) -> anyhow::Result<()> {
        let namespace = self.namespace;
        self.kubectl(["delete", "namespace", namespace, "--ignore-not-found"])?;
        Ok(())
    }

    /// Runs kubectl and returns what it printed.
    pub(crate) fn kubectl<const N: usize>(&self, arguments: [&str; N]) -> anyhow::Result<String> {
        self.run("kubectl", &arguments)
    }

    /// Runs helm and returns what it printed.
    pub(crate) fn helm(&self, arguments: &[&str]) -> anyhow::Result<String> {
        self.run("helm", arguments)
    }

    /// Runs a line as it was printed for a user, in a shell.
    pub(crate) fn shell(&self, line: &str) -> anyhow::Result<String> {
        self.timed(line, &mut self.shell_command(line))
    }

    /// The same for one who starts it himself. The shell becomes its only command, so that it can be ended.
    pub(crate) fn shell_command(&self, line: &str) -> Command {
        let mut shell = Command::new("bash");
        shell
            .args(["-euo", "pipefail", "-c", line])
            .env("KUBECONFIG", &self.kubeconfig);
        shell
    }

    /// One look at the cluster, not printed: for what is looked at again and again.
    pub(crate) fn look<const N: usize>(&self, arguments: [&str; N]) -> anyhow::Result<String> {
        command::output(&mut self.command("kubectl", &arguments))
    }

    /// An object or a list of objects.
    pub(crate) fn get(&self, what: &str) -> anyhow::Result<Value> {
        let text = self.look(["get", what, "-o", "json"])?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Pods with these labels.
    pub(crate) fn pods(&self, labels: &str) -> anyhow::Result<Vec<Value>> {
        let text = self.look(["get", "pods", "-l", labels, "-o", "json"])?;
        let list: Value = serde_json::from_str(&text)?;
        Ok(list["items"].as_array().cloned().unwrap_or_default())
    }

    /// Makes objects of a manifest.
    pub(crate) fn apply(&self, name: &str, manifest: &Value) -> anyhow::Result<()> {
        let file = self.file(&format!("{name}.json"), &manifest.to_string())?;
        self.kubectl(["apply", "-f", &file])?;
        Ok(())
    }

    /// Posts to a Service's port through the API server, which is how a user without a way in reaches one.
    pub(crate) fn post(&self, service: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        let file = self.file(
            &format!("{}.json", path.replace('/', "-")),
            &body.to_string(),
        )?;
        let raw = self.through(service, path);
        let answer = self.look(["create", "--raw", &raw, "-f", &file])?;
        Ok(serde_json::from_str(&answer)?)
    }

    /// Sends a DELETE to a Service's port through the API server.
    pub(crate) fn delete(&self, service: &str, path: &str) -> anyhow::Result<()> {
        let raw = self.through(service, path);
        self.look(["delete", "--raw", &raw])?;
        Ok(())
    }

    fn through(&self, service: &str, path: &str) -> String {
        let namespace = self.namespace;
        format!("/api/v1/namespaces/{namespace}/services/{service}/proxy/{path}")
    }

    /// A kubectl that somebody else starts.
    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(["--namespace", self.namespace])
            .args(arguments)
            .env("KUBECONFIG", &self.kubeconfig);
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let line = format!("{program} -n {} {}", self.namespace, arguments.join(" "));
        self.timed(&line, &mut self.command(program, arguments))
    }

    fn timed(&self, line: &str, command: &mut Command) -> anyhow::Result<String> {
        let begun = Instant::now();
        let said = command::output(command);
        let fate = if said.is_ok() { "" } else { ", failed" };
        println!(
            "  $ {line}   ({:.1} s{fate})",
            begun.elapsed().as_secs_f64()
        );
        said
    }

    /// Writes a file for a command to read, and returns its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> anyhow::Result<String> {
        let folder = folder().join(self.namespace);
        std::fs::create_dir_all(&folder)?;
        let file = folder.join(name);
        std::fs::write(&file, text)?;
        Ok(file.to_string_lossy().into_owned())
    }
}

/// Where the tests write: beside the programs that cargo builds.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("kubernetes")
}

/// Looks until something is there, or fails with the last look's words.
pub(crate) fn until<T>(
    what: &str,
    patience: Duration,
    mut look: impl FnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let begun = Instant::now();
    loop {
        let seen = look();
        if let Ok(Some(found)) = seen {
            return Ok(found);
        }
        if begun.elapsed() > patience {
            let why = seen
                .err()
                .map_or(String::new(), |error| format!(": {error:#}"));
            bail!("{what}: not after {} s{why}", patience.as_secs());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}
