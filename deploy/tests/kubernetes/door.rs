//! A Service from outside of the cluster: `kubectl port-forward`, and plain HTTP through it.

use crate::cluster::Cluster;
use anyhow::{Context, ensure};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

/// The largest answer that is read.
const LIMIT: u64 = 1 << 20;

/// A forwarded port; closed when it is dropped.
pub(crate) struct Door {
    address: String,
    kubectl: Child,
    /// It says a line for each connection, and dies when nobody can hear it.
    _said: BufReader<ChildStdout>,
}

impl Door {
    /// Opens one to a Service's port.
    pub(crate) fn to(cluster: &Cluster, service: &str, port: u16) -> anyhow::Result<Self> {
        let (service, port) = (format!("service/{service}"), format!(":{port}"));
        Self::by(cluster.command("kubectl", &["port-forward", &service, &port]))
    }

    /// Opens the one that a command forwards.
    pub(crate) fn by(mut command: Command) -> anyhow::Result<Self> {
        let mut kubectl = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{command:?} cannot be started"))?;
        let mut stdout = BufReader::new(kubectl.stdout.take().context("no stdout")?);
        let mut said = String::new();
        stdout.read_line(&mut said)?;
        let address = said
            .split_whitespace()
            .find(|word| word.starts_with("127.0.0.1:"));
        let address = address.unwrap_or_default().to_owned();
        let door = Self {
            address,
            kubectl,
            _said: stdout,
        };
        ensure!(!door.address.is_empty(), "nothing is forwarded: {said}");
        Ok(door)
    }

    /// What is at this path.
    pub(crate) fn get(&self, path: &str) -> anyhow::Result<String> {
        self.request("GET", path, "")
    }

    /// Posts JSON and returns the answer's.
    pub(crate) fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&self.request(
            "POST",
            path,
            &body.to_string(),
        )?)?)
    }

    fn request(&self, method: &str, path: &str, body: &str) -> anyhow::Result<String> {
        let address = &self.address;
        let mut stream = TcpStream::connect(address)?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.take(LIMIT).read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.lines().next().unwrap_or_default();
        ensure!(status.contains(" 20"), "{method} {path}: {status} {body}");
        Ok(body.to_owned())
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let _ = self.kubectl.kill();
        let _ = self.kubectl.wait();
    }
}
