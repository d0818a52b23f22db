//! The JavaScript side of the tests: its folder and its libraries.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// Where the scripts are; their libraries are fetched as the lock file says, once.
pub(crate) async fn scripts() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/js");
    if !folder.join("node_modules/.package-lock.json").exists() {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund"])
            .current_dir(&folder)
            .stdin(Stdio::null());
        let status = npm.status().await.expect("npm must be installed");
        assert!(status.success(), "npm ci: {status}");
    }
    folder
}
