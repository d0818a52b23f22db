//! What the book shows is true: its values are the scenarios' files, and its commands of helm render.

use crate::helm::{CHART, helm};
use std::path::Path;

const PAGES: [(&str, &str); 4] = [
    (
        "kubernetes",
        include_str!("../../../docs/src/operate/kubernetes.md"),
    ),
    (
        "upgrade",
        include_str!("../../../docs/src/operate/upgrade.md"),
    ),
    ("scale", include_str!("../../../docs/src/operate/scale.md")),
    (
        "README of the chart",
        include_str!("../../../helm/gofrobot/README.md"),
    ),
];

/// The blocks of a language on a page.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let begin = format!("```{language}\n");
    let parts = page.split(&begin).skip(1);
    parts
        .map(|part| part.split("```").next().unwrap())
        .collect()
}

#[test]
fn values_on_the_pages_are_those_that_are_tested() {
    let mut seen = 0;
    for (page, text) in PAGES {
        for block in blocks(text, "yaml") {
            let (first, shown) = block.split_once('\n').unwrap();
            let Some(file) = first.strip_prefix("# ci/") else {
                continue;
            };
            let file = std::fs::read_to_string(Path::new(CHART).join("ci").join(file)).unwrap();
            let lines = file.lines().skip_while(|line| line.starts_with('#'));
            let told: Vec<&str> = shown.lines().collect();
            assert_eq!(told, lines.collect::<Vec<_>>(), "{page}: {first}");
            seen += 1;
        }
    }
    assert_eq!(seen, 4);
}

#[test]
fn commands_of_helm_on_the_pages_render() {
    let mut seen = 0;
    for (page, text) in PAGES {
        let lines = blocks(text, "sh").into_iter().flat_map(str::lines);
        let begun =
            |line: &&str| line.starts_with("helm install ") || line.starts_with("helm upgrade ");
        for line in lines.filter(begun) {
            let words: Vec<&str> = line
                .split(" #")
                .next()
                .unwrap()
                .split_whitespace()
                .collect();
            // Where values are kept from before, those were of some working release.
            let mut command = helm(&["template", "bot", CHART]);
            if line.contains("--reset-then-reuse-values") {
                command.args(["--set", "simulate=true"]);
            }
            for pair in words.windows(2) {
                match pair[0] {
                    "--set" => _ = command.args(["--set", pair[1]]),
                    "-f" => {
                        _ = command
                            .arg("-f")
                            .arg(Path::new(CHART).join("../..").join(pair[1]))
                    }
                    _ => {}
                }
            }
            let ended = command.output().unwrap();
            let said = String::from_utf8_lossy(&ended.stderr);
            assert!(ended.status.success(), "{page}: {line}: {said}");
            seen += 1;
        }
    }
    assert!(seen >= 7, "{seen} commands");
}
