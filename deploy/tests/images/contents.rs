//! What is in the images.

use gofrobot_deploy::docker::{PROGRAMS, binary, docker, image, inspect};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Most that an image may hold beside its program.
const BESIDE: u64 = 25_000_000;

/// The files of an image, each with its size.
fn files(image: &str) -> BTreeMap<String, u64> {
    let container = docker(["create", image, "nothing"]).unwrap();
    let container = container.trim();
    let mut export = Command::new("docker")
        .args(["export", container])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let listed = Command::new("tar")
        .args(["--list", "--verbose", "--numeric-owner"])
        .stdin(export.stdout.take().unwrap())
        .output()
        .unwrap();
    assert!(export.wait().unwrap().success() && listed.status.success());
    docker(["rm", container]).unwrap();
    // drwxr-xr-x 0/0 0 2025-05-19 00:00 bin/
    let file = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let size = words[2].parse().unwrap_or(0);
        (!words[0].starts_with('d')).then(|| (words[5].to_owned(), size))
    };
    String::from_utf8(listed.stdout)
        .unwrap()
        .lines()
        .filter_map(file)
        .collect()
}

fn base() -> String {
    let dockerfile = Path::new(env!("CARGO_MANIFEST_DIR")).join("Dockerfile");
    let text = fs::read_to_string(dockerfile).unwrap();
    let default = text
        .lines()
        .find_map(|line| line.strip_prefix("ARG BASE_IMAGE="));
    default.unwrap().to_owned()
}

#[test]
fn an_image_holds_one_program_above_its_base() {
    let base = files(&base());
    for program in PROGRAMS {
        let files = files(&image(program));
        let path = format!("usr/local/bin/{}", binary(program));
        let above: Vec<_> = files
            .keys()
            .filter(|file| !base.contains_key(*file))
            .collect();
        assert_eq!(above, [&path], "{program}");
        let whole: u64 = inspect(&image(program)).unwrap()["Size"].as_u64().unwrap();
        let beside = whole - files[&path];
        println!(
            "{}: {:.1} MB, of which the program {:.1}, beside it {:.1} in {} files",
            image(program),
            whole as f64 / 1e6,
            files[&path] as f64 / 1e6,
            beside as f64 / 1e6,
            files.len() - 1
        );
        assert!(
            beside < BESIDE,
            "{program}: {beside} bytes beside the program"
        );
    }
}

#[test]
fn there_is_no_shell_and_no_package_manager() {
    for program in PROGRAMS {
        let image = image(program);
        let unwanted = [
            "sh", "bash", "dash", "ash", "busybox", "env", "apt", "dpkg", "perl", "python3", "curl",
        ];
        let files = files(&image);
        let found: Vec<_> = files
            .keys()
            .filter(|file| unwanted.contains(&file.rsplit('/').next().unwrap_or_default()))
            .filter(|file| file.contains("bin/"))
            .collect();
        assert!(found.is_empty(), "{image}: {found:?}");
    }
}

#[test]
fn labels_tell_version_and_commit() {
    for program in PROGRAMS {
        let config = inspect(&image(program)).unwrap()["Config"].clone();
        let label = |name: &str| {
            let name = format!("org.opencontainers.image.{name}");
            config["Labels"][&name]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        assert_eq!(label("version"), env!("CARGO_PKG_VERSION"), "{program}");
        assert_eq!(label("title"), format!("gofrobot-{program}"));
        assert_eq!(label("licenses"), "MIT OR Apache-2.0");
        let commit = label("revision");
        let commit = commit.trim_end_matches("-changed");
        let is_commit = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(is_commit || commit == "unknown", "{program}: {commit}");
    }
}

#[test]
fn the_user_is_a_number_that_is_not_root() {
    for program in PROGRAMS {
        let config = inspect(&image(program)).unwrap()["Config"].clone();
        assert_eq!(config["User"], "65532:65532", "{program}");
        let check = config["Healthcheck"]["Test"].clone();
        let expected = format!("/usr/local/bin/{}", binary(program));
        assert_eq!(check, serde_json::json!(["CMD", expected, "healthcheck"]));
    }
}
