//! The commands that the book tells people to type, for tests that type them.

use std::fs;
use std::path::Path;

/// All `sh` blocks of a page below one heading and above the next, as one script.
///
/// # Panics
/// The page has no such heading, or no command under it: the test would try nothing.
pub fn commands(page: &str, heading: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/src")
        .join(page);
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let script = blocks(&text, heading);
    assert!(
        !script.is_empty(),
        "{page} has no sh block under '{heading}'"
    );
    script
}

fn blocks(text: &str, heading: &str) -> String {
    let (mut below, mut fence, mut script) = (false, None, String::new());
    for line in text.lines() {
        match (fence, line.strip_prefix("```")) {
            (None, Some(language)) => fence = Some(language),
            (Some(_), Some(_)) => fence = None,
            (Some("sh"), None) if below => script.extend([line, "\n"]),
            (None, None) if line.starts_with('#') => {
                below = line.trim_start_matches('#').trim() == heading;
            }
            _ => {}
        }
    }
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shell_under_the_heading_counts() {
        let page = "# A\n```sh\none\n```\n## B\n```sh\n# a comment\ntwo\n```\ntext\n```ini\nx\n```\n```sh\nthree\n```\n# C\n```sh\nfour\n```\n";
        assert_eq!(blocks(page, "B"), "# a comment\ntwo\nthree\n");
        assert_eq!(blocks(page, "D"), "");
    }
}
