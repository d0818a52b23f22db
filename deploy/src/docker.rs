//! The container engine's client, and the images that are built here.

use crate::command;
use serde_json::Value;
use std::ffi::OsStr;

/// The programs that have an image, by the end of its name.
pub const PROGRAMS: [&str; 3] = ["ingress", "worker", "playground"];

/// The name of a program's image, as `deploy/build-images` gives it.
pub fn image(program: &str) -> String {
    format!("gofrobot-{program}:{}", env!("CARGO_PKG_VERSION"))
}

/// The file that an image exists for.
pub fn binary(program: &str) -> &'static str {
    match program {
        "ingress" => "gofrobot-ingress",
        "worker" => "gofrobot-worker",
        _ => "gofrobot",
    }
}

/// Runs `docker` and returns what it printed.
///
/// # Errors
/// There is no client, or it ends with another code than 0.
pub fn docker<I: AsRef<OsStr>>(arguments: impl IntoIterator<Item = I>) -> anyhow::Result<String> {
    command::run("docker", arguments)
}

/// What the engine knows of an image or a container.
///
/// # Errors
/// It knows none of that name.
pub fn inspect(name: &str) -> anyhow::Result<Value> {
    let known = serde_json::from_str::<Value>(&docker(["inspect", name])?)?;
    Ok(known[0].clone())
}
