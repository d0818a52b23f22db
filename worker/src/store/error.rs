//! What can go wrong between the worker and its database, sorted by what the caller does about it: wait in place, or
//! blame what was asked. Only an error that depends on the data may be blamed on an update: a revoked right or a dropped
//! table would otherwise cost every player an answer. Messages never contain the address: it may carry a password.

use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::SqliteError;
use std::io::ErrorKind;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away or out of room: the same call may succeed later. A commit that ended so may have taken
    /// place; calling again is safe, because the ledger knows.
    #[error("the database is away: {0}")]
    Unavailable(sqlx::Error),
    /// Others changed the same rows again and again, or a statement took too long: the same call may succeed later, but
    /// what was asked may be at fault as well, so the caller tries a bounded number of times.
    #[error("the database was not done after {attempts} attempts, the last one: {last}")]
    Contended {
        /// How often it was tried.
        attempts: u32,
        /// Why the last attempt failed.
        last: String,
    },
    /// The database turns everybody away, whatever they ask: a wrong password, a missing right, database or table, a
    /// file that cannot be written. It works again once an operator has seen to it.
    #[error("the database is not set up for the game: {0}")]
    Misconfigured(sqlx::Error),
    /// The database is there, but nobody has made its tables yet.
    #[error("the tables are missing; `gofrobot-worker migrate` makes them")]
    NoTables,
    /// The database refuses this very call, such as a value it cannot hold. Waiting does not help.
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
    /// What an operator may look at, to be said behind the address.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Misconfigured(_) => "; are user, password, database and rights right?",
            Self::Unavailable(_) => "; is it running, and can it be reached from here?",
            _ => "",
        }
    }

    /// Whether the same call may succeed later without anybody's help.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_) | Self::Contended { .. } | Self::NoTables
        )
    }

    /// Whether other calls would fail as well, so that no update may be blamed. To be waited out in place by who already
    /// works; at start [`StoreError::is_transient`] decides, for a wrong set-up is best told at once.
    pub fn concerns_everybody(&self) -> bool {
        self.is_transient() || matches!(self, Self::Misconfigured(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match nature(&error) {
            Nature::Away | Nature::Conflict => Self::Unavailable(error),
            Nature::Slow => Self::Contended {
                attempts: 1,
                last: error.to_string(),
            },
            Nature::Misconfigured => Self::Misconfigured(error),
            Nature::Broken => Self::Broken(error),
        }
    }
}

/// What a look for the tables found.
pub(super) fn looked_for_tables<T>(found: Result<T, sqlx::Error>) -> Result<(), StoreError> {
    match found {
        Err(sqlx::Error::Database(refusal)) if is_missing_table(&*refusal) => {
            Err(StoreError::NoTables)
        }
        found => Ok(found.map(drop)?),
    }
}

fn is_missing_table(refusal: &dyn DatabaseError) -> bool {
    refusal.code().as_deref() == Some("42P01") || refusal.message().starts_with("no such table")
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error)
                if matches!(nature(&error), Nature::Away | Nature::Slow) =>
            {
                error.into()
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
            Nature::Away | Nature::Slow | Nature::Misconfigured | Nature::Broken => {
                Self::Fatal(error.into())
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Nature {
    Away,
    Conflict,
    /// Not tried again at once like a conflict: that would take as long again.
    Slow,
    Misconfigured,
    Broken,
}

fn nature(error: &sqlx::Error) -> Nature {
    match error {
        // Silence where a new connection could be had: too much may have been asked, such as packets larger than some
        // router on the way lets pass. From who is away no connection can be had.
        sqlx::Error::Io(error) if error.kind() == ErrorKind::TimedOut => Nature::Slow,
        sqlx::Error::Io(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => Nature::Away,
        sqlx::Error::Configuration(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::TypeNotFound { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnIndexOutOfBounds { .. } => Nature::Misconfigured,
        sqlx::Error::Database(refusal) if refusal.is_unique_violation() => Nature::Conflict,
        sqlx::Error::Database(refusal) => {
            let code = refusal.code().unwrap_or_default();
            if refusal.try_downcast_ref::<SqliteError>().is_some() {
                sqlite_nature(&code, refusal.message())
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
        // Statement timeout.
        "57014" => Nature::Slow,
        // A server that became a standby; a transaction ended because its worker was suspended.
        "25006" | "25P03" => Nature::Away,
        // Connection lost, out of resources, shutting down or starting up.
        _ if of_class(code, &["08", "53", "57P"]) => Nature::Away,
        // Password, database, schema; rights, tables and columns.
        _ if of_class(code, &["28", "3D", "3F", "42"]) => Nature::Misconfigured,
        // A value out of range, a constraint, a row that a trigger refuses, and whatever may depend on the data.
        _ => Nature::Broken,
    }
}

fn of_class(code: &str, classes: &[&str]) -> bool {
    classes.iter().any(|class| code.starts_with(class))
}

/// By result code, see "Result and Error Codes" of SQLite's manual; the low byte is the primary code.
fn sqlite_nature(code: &str, message: &str) -> Nature {
    match code.parse::<i32>().unwrap_or_default() & 0xff {
        // Busy, locked.
        5 | 6 => Nature::Conflict,
        // Out of memory, I/O error, disk full.
        7 | 10 | 13 => Nature::Away,
        // "SQL error" is a missing table or column as well as a sum out of range; only the message tells them apart.
        1 if message.starts_with("no such ") => Nature::Misconfigured,
        // SQL error, too big, constraint, mismatch of types, parameter out of range.
        1 | 18 | 19 | 20 | 25 => Nature::Broken,
        // Read-only (8), cannot open (14), and what does not depend on the data either.
        _ => Nature::Misconfigured,
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
            ("55P03", Nature::Conflict),
            ("57014", Nature::Slow),
            ("08006", Nature::Away),
            ("53300", Nature::Away),
            ("57P01", Nature::Away),
            ("57P03", Nature::Away),
            ("25006", Nature::Away),
            ("25P03", Nature::Away),
            ("28000", Nature::Misconfigured),
            ("28P01", Nature::Misconfigured),
            ("3D000", Nature::Misconfigured),
            ("42P01", Nature::Misconfigured),
            ("42703", Nature::Misconfigured),
            ("42501", Nature::Misconfigured),
            ("P0001", Nature::Broken),
            ("22003", Nature::Broken),
            ("22021", Nature::Broken),
            ("23514", Nature::Broken),
            ("54000", Nature::Broken),
        ] {
            assert_eq!(postgres_nature(code), expect, "{code}");
        }
        for (code, message, expect) in [
            ("5", "", Nature::Conflict),
            ("517", "", Nature::Conflict),
            ("13", "", Nature::Away),
            ("8", "", Nature::Misconfigured),
            ("1032", "", Nature::Misconfigured),
            ("14", "", Nature::Misconfigured),
            ("1", "no such table: players", Nature::Misconfigured),
            ("1", "integer overflow", Nature::Broken),
            ("275", "", Nature::Broken),
        ] {
            assert_eq!(sqlite_nature(code, message), expect, "{code} {message}");
        }
    }

    #[test]
    fn only_what_depends_on_the_data_is_blamed_on_an_update() {
        for (error, transient, everybody) in [
            (sqlx::Error::PoolTimedOut, true, true),
            (sqlx::Error::Configuration("odd option".into()), false, true),
            (sqlx::Error::Tls("odd certificate".into()), false, true),
            (sqlx::Error::ColumnNotFound("x".to_owned()), false, true),
            (sqlx::Error::Decode("odd bytes".into()), false, false),
            (sqlx::Error::Encode("odd value".into()), false, false),
        ] {
            let error = StoreError::from(error);
            assert_eq!(error.is_transient(), transient, "{error:?}");
            assert_eq!(error.concerns_everybody(), everybody, "{error:?}");
        }
        let contended = StoreError::Contended {
            attempts: 1,
            last: String::new(),
        };
        assert!(contended.concerns_everybody());
    }
}
