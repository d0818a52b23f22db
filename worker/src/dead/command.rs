//! The command line of `gofrobot-worker dead`, and which letters it means.

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand};
use gofrobot_shared::config::Invalid;
use gofrobot_shared::queue::DeadLetter;

/// What to do with the dead letters.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Lists the letters, oldest first, and leaves them where they are.
    List {
        /// Which letters; all, without any filter.
        #[command(flatten)]
        filter: Filter,
        /// Most letters to list.
        #[arg(long, default_value_t = 100, value_name = "COUNT", value_parser = count)]
        limit: usize,
        /// One JSON array instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Shows a letter's headers and its update.
    Show {
        /// The letter's id, as `list` gives it.
        id: String,
    },
    /// Puts letters back into the queue, in order, to be played like fresh updates.
    ///
    /// An update that has been played is not played again. What Telegram no longer answers stays (a message after 24
    /// hours, a button press after 150 s, an inline query after 30 s), and so does what nobody can read. Exit code 1
    /// when a letter stays.
    Replay {
        /// Which letters.
        #[command(flatten)]
        selection: Selection,
        /// What else may be replayed.
        #[command(flatten)]
        also: Also,
    },
    /// Removes letters for good.
    Drop {
        /// Which letters.
        #[command(flatten)]
        selection: Selection,
        /// Really removes them; without it they are only counted.
        #[arg(long)]
        yes: bool,
    },
}

/// What a letter must be like. Of several filters all must hold; of several values of one, any.
#[derive(Clone, Debug, Default, Args)]
pub struct Filter {
    /// Letters that died for this reason; several are separated by commas. Example: failed,unreadable
    #[arg(long, value_delimiter = ',')]
    pub reason: Vec<String>,
    /// Letters whose update was received longer ago than this. Example: 90s, 15m, 2h, 1d
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub older_than: Option<TimeDelta>,
    /// Letters of this update; several are separated by commas.
    #[arg(long, value_delimiter = ',', allow_negative_numbers = true)]
    pub update_id: Vec<i64>,
}

/// What is only replayed on request.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Also {
    /// Replays updates that are too old as well.
    #[arg(long)]
    pub force: bool,
    /// Lets whichever workers are there play updates of another bot, or of another Bot API server; without it such an update
    /// waits for that bot's workers, and becomes a dead letter again if there are none.
    #[arg(long)]
    pub any_bot: bool,
}

/// Letters by their ids, by filters, or all.
#[derive(Clone, Debug, Default, Args)]
pub struct Selection {
    /// The letters' ids, as `list` gives them.
    pub ids: Vec<String>,
    /// What they must be like.
    #[command(flatten)]
    pub filter: Filter,
    /// All letters, as far as no filter excludes them.
    #[arg(long)]
    pub all: bool,
    /// Most letters to take, the oldest first.
    #[arg(long, value_name = "COUNT", value_parser = count)]
    pub limit: Option<usize>,
}

impl Command {
    /// What the parser cannot know: that letters are chosen on purpose.
    ///
    /// # Errors
    /// `replay` or `drop` without any choice of letters.
    pub fn check(&self) -> Result<(), Invalid> {
        match self {
            Self::Replay { selection, .. } => selection.check("dead replay"),
            Self::Drop { selection, .. } => selection.check("dead drop"),
            Self::List { .. } | Self::Show { .. } => Ok(()),
        }
    }
}

impl Selection {
    fn check(&self, command: &'static str) -> Result<(), Invalid> {
        if self.all || !self.ids.is_empty() || !self.filter.is_empty() {
            return Ok(());
        }
        let expected =
            "which letters? Give their ids, --reason, --older-than, --update-id or --all";
        Err(Invalid::new(command, expected))
    }

    /// Whether the letter is meant.
    pub fn takes(&self, letter: &DeadLetter, now: DateTime<Utc>) -> bool {
        let named = |id: String| self.ids.iter().any(|it| it.eq_ignore_ascii_case(&id));
        (self.ids.is_empty() || named(letter.id())) && self.filter.takes(letter, now)
    }

    /// The ids among those asked for that none of `found` has.
    pub fn missing<'a>(&'a self, found: &'a [String]) -> impl Iterator<Item = &'a String> {
        let is_found = |id: &String| found.iter().any(|it| it.eq_ignore_ascii_case(id));
        self.ids.iter().filter(move |id| !is_found(id))
    }
}

impl Filter {
    fn is_empty(&self) -> bool {
        self.reason.is_empty() && self.older_than.is_none() && self.update_id.is_empty()
    }

    /// Whether all filters hold for the letter.
    pub fn takes(&self, letter: &DeadLetter, now: DateTime<Utc>) -> bool {
        let envelope = &letter.envelope;
        let old_enough = |least| now - envelope.received_at > least;
        (self.reason.is_empty() || self.reason.contains(&letter.reason))
            && (self.update_id.is_empty() || self.update_id.contains(&envelope.update_id))
            && self.older_than.is_none_or(old_enough)
    }
}

fn count(text: &str) -> Result<usize, String> {
    match text.trim().parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err("not a number of letters; expected a whole number from 1".to_owned()),
    }
}

fn age(text: &str) -> Result<TimeDelta, String> {
    let parsed = humantime::parse_duration(text.trim()).map(TimeDelta::from_std);
    match parsed {
        Ok(Ok(age)) => Ok(age),
        _ => Err("not an age; expected the like of 90s, 15m, 2h or 1d 12h".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_asks_for_no_letters() {
        for (text, expect) in [
            ("1", Some(1)),
            (" 20 ", Some(20)),
            ("0", None),
            ("-1", None),
        ] {
            assert_eq!(count(text).ok(), expect, "{text}");
        }
    }
}
