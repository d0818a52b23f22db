//! Those whom the user created, in a file: they are there again when the program starts again.
//!
//! Players belong to ids, so an id is written down before anybody gets it, and never given away twice.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::simulator::{Person, Simulator};

/// The list of newcomers. Clones share it.
#[derive(Clone, Default)]
pub struct Book(Arc<Inside>);

#[derive(Default)]
struct Inside {
    /// `None`: nobody outlives the program.
    path: Option<PathBuf>,
    pages: Mutex<Pages>,
}

/// What the file holds.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Pages {
    /// The highest id ever given away.
    last_id: i64,
    people: Vec<Person>,
}

impl Book {
    /// Reads `people.json` in `folder`; where there is none nobody has come yet.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("people.json");
        let pages = read(&path).with_context(|| {
            let path = path.display();
            format!("{path}, the people that you created: mend the file, or move it away")
        })?;
        Ok(Self(Arc::new(Inside {
            path: Some(path),
            pages: Mutex::new(pages),
        })))
    }

    /// Brings everybody in.
    pub fn introduce(&self, simulator: &Simulator) {
        for person in &self.pages().people {
            simulator.welcome(person.clone());
        }
    }

    /// Adds a person with a new id, who joins every group. Waits for the disk.
    ///
    /// # Errors
    /// The file cannot be written; then nobody came.
    pub fn add(
        &self,
        simulator: &Simulator,
        first_name: &str,
        language_code: &str,
    ) -> io::Result<Person> {
        let mut pages = self.pages();
        let Some(path) = &self.0.path else {
            return Ok(simulator.new_person(first_name, language_code));
        };
        let person = Person {
            id: simulator.next_id().max(pages.last_id + 1),
            is_bot: false,
            first_name: first_name.to_owned(),
            username: None,
            language_code: Some(language_code.to_owned()),
        };
        pages.last_id = person.id;
        pages.people.push(person.clone());
        if let Err(error) = write(path, &pages) {
            pages.people.pop();
            return Err(error);
        }
        simulator.welcome(person.clone());
        Ok(person)
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(path: &Path) -> anyhow::Result<Pages> {
    let text = match fs::read(path) {
        // Of a folder that is none the database has better words.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Pages::default());
        }
        text => text?,
    };
    let mut pages: Pages = serde_json::from_slice(&text)?;
    ensure!(
        pages.people.iter().all(|person| person.id > 0),
        "ids of people are positive"
    );
    let highest = pages.people.iter().map(|person| person.id).max();
    pages.last_id = pages.last_id.max(highest.unwrap_or(0));
    Ok(pages)
}

/// Whole or not at all: readers find the old file or the new one.
fn write(path: &Path, pages: &Pages) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = NamedTempFile::new_in(folder)?;
    serde_json::to_writer_pretty(&mut file, pages)?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::Options;

    fn telegram(folder: &Path) -> (Simulator, Book) {
        let simulator = Simulator::new(Options::default());
        let book = Book::open(folder).unwrap();
        book.introduce(&simulator);
        (simulator, book)
    }

    #[test]
    fn people_come_back_and_ids_are_not_given_away_twice() {
        let folder = tempfile::tempdir().unwrap();
        let users = folder.path().join("users");
        let (simulator, book) = telegram(&users);
        let vitya = book.add(&simulator, "Vitya", "ru").unwrap();
        let lida = book.add(&simulator, "Lida", "en").unwrap();
        let (simulator, _) = telegram(&users);
        assert_eq!(simulator.people(), [vitya.clone(), lida.clone()]);

        // The user takes Lida out of the file.
        let path = users.join("people.json");
        let mut pages = read(&path).unwrap();
        pages.people.pop();
        write(&path, &pages).unwrap();
        let (simulator, book) = telegram(&users);
        assert_eq!(simulator.people(), [vitya]);
        assert_eq!(book.add(&simulator, "Zoya", "en").unwrap().id, lida.id + 1);
    }

    #[test]
    fn a_broken_file_is_named_and_fields_that_are_missing_or_unknown_are_no_matter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.json");
        fs::write(&path, r#"{"people":[{"id":7,"first_name":"V","age":3}]}"#).unwrap();
        let (simulator, book) = telegram(folder.path());
        assert_eq!(book.add(&simulator, "Lida", "en").unwrap().id, 8);
        for broken in ["", "{", r#"{"people":[{"id":-7,"first_name":"V"}]}"#] {
            fs::write(&path, broken).unwrap();
            let error = format!("{:#}", Book::open(folder.path()).err().unwrap());
            assert!(error.contains("people.json"), "{error}");
        }
    }
}
