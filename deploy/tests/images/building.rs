//! How the images are built.

use gofrobot_deploy::command;
use gofrobot_deploy::docker::docker;
use std::fs;
use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A copy of what git knows, or would know after `git add`.
fn copy_of_the_project(to: &Path) {
    let listed = command::output(Command::new("git").current_dir(root()).args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
    ]));
    for file in listed.unwrap().lines() {
        let (from, to) = (root().join(file), to.join(file));
        if from.is_file() {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from, to).unwrap();
        }
    }
}

#[test]
fn a_change_of_one_source_builds_no_dependency_again() {
    let copy = tempfile::tempdir().unwrap();
    copy_of_the_project(copy.path());
    let source = copy.path().join("ingress/src/lib.rs");
    let changed = fs::read_to_string(&source).unwrap() + "\n// One line more.\n";
    fs::write(source, changed).unwrap();
    fs::create_dir(copy.path().join("ingress/src/more")).unwrap();
    fs::write(copy.path().join("ingress/src/more/another.rs"), "").unwrap();

    let mut build = Command::new(copy.path().join("deploy/build-images"));
    build
        .args(["--progress", "plain"])
        .env("TARGETS", "dependencies")
        .env("TAG", "test");
    let ended = build.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}");
    docker(["rmi", "gofrobot-dependencies:test"]).unwrap();
    // A step's line bears its name, and the next of the same number tells that it was done before.
    let compiling = said
        .lines()
        .find(|line| line.contains("RUN cargo build"))
        .expect(&said);
    let number = compiling.split(' ').next().unwrap();
    assert!(
        said.lines().any(|line| line == format!("{number} CACHED")),
        "{said}"
    );
}
