//! The binaries of the other packages. Cargo tells a test only where the binaries of its own package are.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;
use tokio::sync::OnceCell;

/// The path of a program of the workspace, as the sources are now.
pub(crate) async fn program(name: &str) -> PathBuf {
    static FOLDER: OnceCell<PathBuf> = OnceCell::const_new();
    FOLDER.get_or_init(build).await.join(name)
}

/// Builds both with the features and the profile of `cargo test --workspace`, which has done so already when it runs
/// this test; whoever runs this test alone waits for a compiler now instead of testing stale programs.
///
/// Cargo builds a package's binaries for its integration tests, hence the names of one of each package.
async fn build() -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_gofrobot")).parent().unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["test", "--no-run", "--quiet", "--workspace"])
        .args(["--test", "process", "--test", "store"])
        .arg("--target-dir")
        .arg(folder.parent().unwrap())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    assert!(
        cargo.status().await.unwrap().success(),
        "gofrobot-ingress and gofrobot-worker cannot be built"
    );
    folder.to_owned()
}
