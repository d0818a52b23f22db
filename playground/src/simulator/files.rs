//! Files that were sent. Only their descriptions are kept, so that a file id can be sent again.

use std::collections::{HashMap, VecDeque};

use super::chats::Media;

/// Files remembered; the oldest are forgotten.
const KEPT: usize = 10_000;

/// What file ids stand for.
#[derive(Default)]
pub(super) struct Files {
    known: HashMap<String, Media>,
    /// Oldest first.
    ids: VecDeque<String>,
}

impl Files {
    pub(super) fn keep(&mut self, media: &Media) {
        let id = media.file_id();
        if self.known.insert(id.to_owned(), media.clone()).is_none() {
            self.ids.push_back(id.to_owned());
        }
        if self.ids.len() > KEPT
            && let Some(oldest) = self.ids.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<Media> {
        self.known.get(id).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten() {
        let mut files = Files::default();
        for number in 0..=KEPT {
            files.keep(&Media::photo(number.to_string(), 1));
        }
        assert!(files.get("0").is_none());
        assert!(files.get("1").is_some());
        assert_eq!(files.known.len(), KEPT);
    }
}
