//! What can go wrong between the worker and its database, sorted by what the caller does about it: wait in place, or
//! give the batch up. Messages never contain the address: it may carry a password.

use sqlx::migrate::MigrateError;
use sqlx::sqlite::SqliteError;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away or out of room: the same call may succeed later. A commit that ended so may have taken
    /// place; calling again is safe, because the ledger knows.
    #[error("the database is away: {0}")]
    Unavailable(sqlx::Error),
    /// Others changed the same rows again and again: the same call may succeed later.
    #[error("the transaction met conflicts {attempts} times, the last one: {last}")]
    Contended {
        /// How often it was tried.
        attempts: u32,
        /// The last conflict.
        last: String,
    },
    /// The database refuses: a wrong password, a missing table, a value it cannot hold. Waiting does not help.
    #[error("the database refuses: {0}")]
    Broken(sqlx::Error),
    /// `DATABASE_URL` is no address of a database that the game can live in.
    #[error("DATABASE_URL: {0}")]
    Address(&'static str),
    /// The folder of the SQLite file cannot be created.
    #[error("the folder of the database file cannot be created: {0}")]
    Folder(std::io::Error),
    /// The tables could not be brought up to date.
    #[error("migration failed: {0}")]
    Migration(MigrateError),
}

impl StoreError {
    /// Whether the same call may succeed later without anybody's help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Contended { .. })
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match nature(&error) {
            Nature::Away | Nature::Conflict => Self::Unavailable(error),
            Nature::Broken => Self::Broken(error),
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) if nature(&error) == Nature::Away => {
                Self::Unavailable(error)
            }
            error => Self::Migration(error),
        }
    }
}

/// Why one attempt at a transaction failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Somebody else was faster: play it again on fresh rows.
    Conflict(String),
    /// Trying at once would fail again.
    Fatal(StoreError),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        match nature(&error) {
            Nature::Conflict => Self::Conflict(error.to_string()),
            Nature::Away | Nature::Broken => Self::Fatal(error.into()),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Nature {
    Away,
    Conflict,
    Broken,
}

fn nature(error: &sqlx::Error) -> Nature {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => Nature::Away,
        sqlx::Error::Database(refusal) if refusal.is_unique_violation() => Nature::Conflict,
        sqlx::Error::Database(refusal) => {
            let code = refusal.code().unwrap_or_default();
            if refusal.try_downcast_ref::<SqliteError>().is_some() {
                sqlite_nature(&code)
            } else {
                postgres_nature(&code)
            }
        }
        _ => Nature::Broken,
    }
}

/// By SQLSTATE, see the appendix "PostgreSQL Error Codes" of its manual.
fn postgres_nature(code: &str) -> Nature {
    match code {
        // Serialization failure, deadlock, lock timeout.
        "40001" | "40P01" | "55P03" => Nature::Conflict,
        // Statement timeout; a server that became a standby; a transaction ended because its worker was suspended.
        "57014" | "25006" | "25P03" => Nature::Away,
        // Connection lost, out of resources, shutting down or starting up.
        _ if ["08", "53", "57P"]
            .iter()
            .any(|class| code.starts_with(class)) =>
        {
            Nature::Away
        }
        _ => Nature::Broken,
    }
}

/// By result code, see "Result and Error Codes" of SQLite's manual; the low byte is the primary code.
fn sqlite_nature(code: &str) -> Nature {
    match code.parse::<i32>().unwrap_or_default() & 0xff {
        // Busy, locked.
        5 | 6 => Nature::Conflict,
        // I/O error, disk full.
        10 | 13 => Nature::Away,
        _ => Nature::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_tell_waiting_from_refusal() {
        for (code, expect) in [
            ("40P01", Nature::Conflict),
            ("40001", Nature::Conflict),
            ("08006", Nature::Away),
            ("53300", Nature::Away),
            ("57P01", Nature::Away),
            ("57P03", Nature::Away),
            ("25P03", Nature::Away),
            ("28P01", Nature::Broken),
            ("42P01", Nature::Broken),
            ("", Nature::Broken),
        ] {
            assert_eq!(postgres_nature(code), expect, "{code}");
        }
        for (code, expect) in [
            ("5", Nature::Conflict),
            ("517", Nature::Conflict),
            ("13", Nature::Away),
            ("1", Nature::Broken),
        ] {
            assert_eq!(sqlite_nature(code), expect, "{code}");
        }
    }
}
