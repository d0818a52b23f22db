//! The binaries of the other packages. Cargo tells a test only where the binaries of its own package are; those of the
//! whole workspace lie beside them, and `cargo test --workspace` builds them before any test runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The path of a program of the workspace. Fails rather than test a program that is older than its sources, which is
/// what somebody may have who runs this test alone.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_gofrobot")).with_file_name(name);
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let package = name.strip_prefix("gofrobot-").unwrap();
    let sources = ["shared", package].map(|package| newest_source(&workspace.join(package)));
    let built = written(&path);
    assert!(
        built.is_some() && sources.iter().all(|source| *source <= built),
        "{} is missing or older than its sources: `cargo test --workspace` builds it, and so does `cargo build --workspace`",
        path.display()
    );
    path
}

/// When the newest of what a package's programs are built from was written.
fn newest_source(package: &Path) -> Option<SystemTime> {
    let parts = ["src", "build.rs", "locales", "migrations"].map(|part| package.join(part));
    let there = parts.iter().filter(|part| part.exists());
    there.filter_map(|part| newest(part)).max()
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

#[test]
fn a_text_and_a_migration_are_sources_too() {
    let package = tempfile::tempdir().unwrap();
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    for (seconds, name) in [
        (1, "src/main.rs"),
        (2, "build.rs"),
        (3, "locales/en/words.ftl"),
        (4, "migrations/postgres/1_tables.sql"),
    ] {
        let path = package.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = fs::File::create(&path).unwrap();
        file.set_modified(at(seconds)).unwrap();
        assert_eq!(newest_source(package.path()), Some(at(seconds)), "{name}");
    }
}
