//! Store errors: what can go wrong between a use case and its rows.
//!
//! Invariant: an error's text quotes no customer data from PostgreSQL's error details.

use crate::pg::sqlstate::{self, SqlStateRemedy};
use tokio_postgres::error::SqlState;

/// A store error. Refusals of rules are not errors here; they are values of a command's outcome.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine cannot be reached, or its answer to a commit never arrived. The outcome is unknown. A retry is safe
    /// for every command of this service.
    #[error("the store cannot be reached: {0}")]
    Unavailable(String),
    /// As [`Error::Unavailable`], and the connection is unusable: it is dropped, and the next command gets another.
    #[error("the store cannot be reached: {why}")]
    ConnectionLost {
        /// The engine's error text.
        why: String,
        /// Whether the server takes no writes. Then every other connection to it is dropped as well.
        read_only: bool,
    },
    /// The disk failed to sync. The engine cannot tell what the disk holds, so the outcome is unknown. The store takes
    /// no more commands until the process restarts.
    #[error("the disk failed to sync, restart to recover: {0}")]
    SyncFailed(String),
    /// Two transactions conflicted; the command may be run again.
    #[error("the store asks to try again: {0}")]
    Conflict(String),
    /// A row holds a value that is not valid.
    #[error("query {query}: column {column} holds {found}")]
    InvalidRow {
        /// The query that read it.
        query: &'static str,
        /// The column, counted from 0.
        column: usize,
        /// The value found.
        found: String,
    },
    /// The engine refused a statement: a programming error or a damaged file.
    #[error("query {query}: {source}")]
    Statement {
        /// The query.
        query: &'static str,
        /// The engine's error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store cannot be opened; the text states what to do.
    #[error("{0}")]
    CannotOpen(String),
}

/// A store result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn from_sqlite(query: &'static str, error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, FileLockingProtocolFailed, ReadOnly, SystemIoFailure,
        };
        match error.sqlite_error_code() {
            // A second sync may succeed although the pages of the first one are lost, so there must not be one.
            Some(SystemIoFailure) if extended_code(&error).is_some_and(|code| SYNC_FAILURE_CODES.contains(&code)) => {
                Error::SyncFailed(error.to_string())
            }
            Some(DatabaseBusy | DatabaseLocked) => Error::Conflict(error.to_string()),
            Some(DiskFull | SystemIoFailure | CannotOpen | ReadOnly | FileLockingProtocolFailed) => {
                Error::Unavailable(error.to_string())
            }
            _ => Error::Statement { query, source: error.into() },
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "shaped for map_err")]
    pub(crate) fn from_postgres(query: &'static str, error: tokio_postgres::Error) -> Self {
        match sqlstate::remedy_for(&error) {
            SqlStateRemedy::RetryOnConnection => Error::Conflict(driver_message(&error)),
            SqlStateRemedy::Reconnect => {
                Error::ConnectionLost { why: driver_message(&error), read_only: sqlstate::is_read_only(&error) }
            }
            SqlStateRemedy::Unavailable => Error::Unavailable(driver_message(&error)),
            SqlStateRemedy::ProgrammingError => {
                let taken = error.code() == Some(&SqlState::UNIQUE_VIOLATION);
                Error::Statement {
                    query,
                    source: StatementRejection { words: driver_message(&error), unique_violation: taken }.into(),
                }
            }
        }
    }

    /// A copy of the error, for another command that it concerns.
    pub(crate) fn duplicate(&self) -> Self {
        match self {
            Error::Unavailable(words) => Error::Unavailable(words.clone()),
            Error::ConnectionLost { why, read_only } => {
                Error::ConnectionLost { why: why.clone(), read_only: *read_only }
            }
            Error::SyncFailed(words) => Error::SyncFailed(words.clone()),
            Error::Conflict(words) => Error::Conflict(words.clone()),
            Error::CannotOpen(words) => Error::CannotOpen(words.clone()),
            Error::InvalidRow { query, column, found } => {
                Error::InvalidRow { query, column: *column, found: found.clone() }
            }
            Error::Statement { query, source } => {
                let refusal =
                    StatementRejection { words: source.to_string(), unique_violation: self.is_unique_violation() };
                Error::Statement { query, source: refusal.into() }
            }
        }
    }

    /// Whether the store, not the command, is the reason: another command would fail as well.
    pub(crate) fn is_outage(&self) -> bool {
        matches!(self, Error::Unavailable(_) | Error::ConnectionLost { .. } | Error::SyncFailed(_))
    }

    /// Whether nothing may be written until the process restarts.
    pub(crate) fn is_sync_failure(&self) -> bool {
        matches!(self, Error::SyncFailed(_))
    }

    /// Whether the command may be run again.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, Error::Conflict(_))
    }

    /// Whether a key was taken, perhaps by another node after the command had checked it.
    pub(crate) fn is_unique_violation(&self) -> bool {
        let Error::Statement { source, .. } = self else { return false };
        source.downcast_ref::<StatementRejection>().is_some_and(|refusal| refusal.unique_violation)
    }
}

/// SQLite's error codes for a file or folder that failed to sync.
const SYNC_FAILURE_CODES: [i32; 2] = [rusqlite::ffi::SQLITE_IOERR_FSYNC, rusqlite::ffi::SQLITE_IOERR_DIR_FSYNC];

fn extended_code(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|error| error.extended_code)
}

/// A statement that PostgreSQL refused.
#[derive(Debug, thiserror::Error)]
#[error("{words}")]
struct StatementRejection {
    words: String,
    unique_violation: bool,
}

/// PostgreSQL's error message, since the driver's own text is only "db error". It omits the detail, which quotes
/// customers' data.
pub(crate) fn driver_message(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(db), _) => format!("{} ({})", db.message(), db.code().code()),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}
