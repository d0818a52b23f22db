//! House rules of this folder, as a test: the rules touch nothing but what they are given.

use std::path::Path;

const FORBIDDEN: [&str; 14] = [
    "Utc::now",
    "Local::now",
    "Instant",
    "SystemTime",
    "rand::",
    "tokio",
    "sqlx",
    "teloxide",
    "async fn",
    ".await",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
];

#[test]
fn no_input_output_clock_or_dice_under_game() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/game");
    let mut seen = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert!(
                path.ends_with("tests"),
                "a new folder {} needs a look from here",
                path.display()
            );
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("//!"),
            "{} does not say what it is for",
            path.display()
        );
        for word in FORBIDDEN {
            assert!(!text.contains(word), "{} contains {word}", path.display());
        }
        seen += 1;
    }
    assert!(seen > 10, "only {seen} files found");
}
