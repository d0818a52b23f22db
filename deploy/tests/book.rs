//! The book holds together: its table of contents names every page, and no link leads nowhere.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

/// All pages below a folder.
fn pages(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                pages(&path)
            } else if path.extension().is_some_and(|kind| kind == "md") {
                BTreeSet::from([path])
            } else {
                BTreeSet::new()
            }
        })
        .collect()
}

/// The files that a page's links and pictures lead to; links out of the project are left out.
fn targets(page: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(page).unwrap();
    let links = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', ' ']).next());
    links
        .map(|link| link.split('#').next().unwrap_or_default())
        .filter(|link| !link.is_empty() && !link.contains("://") && !link.starts_with("mailto:"))
        .map(|link| page.parent().unwrap().join(link))
        .collect()
}

#[test]
fn the_table_of_contents_names_every_page() {
    let source = root().join("docs/src");
    let summary = source.join("SUMMARY.md");
    let named = targets(&summary)
        .into_iter()
        .chain([summary])
        .collect::<BTreeSet<_>>();
    assert_eq!(named, pages(&source), "docs/src/SUMMARY.md and the pages");
}

#[test]
fn no_link_leads_nowhere() {
    let root = root();
    let mut read = pages(&root.join("docs/src"));
    read.extend([root.join("README.md"), root.join("CHANGELOG.md")]);
    let dead = read
        .iter()
        .flat_map(|page| targets(page).into_iter().map(move |to| (page, to)))
        .filter(|(_, to)| !to.exists())
        .map(|(page, to)| format!("{} -> {}", page.display(), to.display()))
        .collect::<Vec<_>>();
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}
