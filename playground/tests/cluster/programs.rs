//! The binaries of the other packages. Cargo tells a test only where the binaries of its own package are; those of the
//! whole workspace lie beside them, and `cargo test --workspace` builds them before any test runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The path of a program of the workspace. Fails rather than test a program that is older than its sources, which is
/// what somebody may have who runs this test alone.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_gofrobot")).with_file_name(name);
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let package = name.strip_prefix("gofrobot-").unwrap();
    let sources = ["shared", package].map(|package| newest(&workspace.join(package).join("src")));
    let built = written(&path);
    assert!(
        built.is_some() && sources.iter().all(|source| *source <= built),
        "{} is missing or older than its sources: `cargo test --workspace` builds it, and so does `cargo build --workspace`",
        path.display()
    );
    path
}

/// When the newest source under `path` was written. What only unit tests are made of does not count.
fn newest(path: &Path) -> Option<SystemTime> {
    if path.file_stem()?.to_str()?.contains("test") {
        None
    } else if path.is_dir() {
        let inside = fs::read_dir(path).unwrap();
        inside.map(|entry| newest(&entry.unwrap().path())).max()?
    } else {
        written(path)
    }
}

fn written(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}
