//! What an error of the server means at the seam.

use boyin_archive::{Cause, StoreError};
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

/// What is wrong with a server, or with what it holds, in words that say what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// A commit would be acknowledged before it is on the disk.
    #[error("the server runs with {setting} = {value}: what it acknowledges would not survive power loss")]
    Unsafe { setting: &'static str, value: String },
    /// What the state of the store says cannot be read.
    #[error("the state of the store is damaged ({0})")]
    State(&'static str),
    /// The last key of a numbered table is not a number that has a successor.
    #[error("the last number of table {0} is damaged")]
    BadNumber(&'static str),
    /// An index of the server holds keys of about a third of a page.
    #[error("a key of {bytes} bytes: this engine holds keys of up to {max}")]
    KeyTooLong { bytes: usize, max: usize },
    /// Somebody still sees what was deleted.
    #[error(
        "{0} other session(s) still see what was deleted, or cannot be looked at: let checks, copies and dumps finish, \
         let the role be a member of pg_read_all_stats, then do the same act again"
    )]
    SeenElsewhere(i64),
    /// The table is the same as before: its owner alone can rewrite it.
    #[error("table {0} was not rewritten: let the user of the archive own it, then do the same act again")]
    NotRewritten(&'static str),
    /// One of several servers would answer, and it may lag behind.
    #[error("the address names several hosts: who writes needs the one that takes writes")]
    SeveralHosts,
    /// The thread that drives the connections is gone.
    #[error("the connections to the server are closed")]
    Closed,
    /// The server said so.
    #[error("{}", Said(.0))]
    Server(Error),
}

/// The words of the server with its code, which the client's own message leaves out.
struct Said<'e>(&'e Error);

impl std::fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.as_db_error() {
            // `detail` is left out: it may quote keys.
            Some(said) => write!(f, "{} (SQLSTATE {})", said.message(), said.code().code()),
            None => match std::error::Error::source(self.0) {
                Some(source) => write!(f, "{}: {source}", self.0),
                None => write!(f, "{}", self.0),
            },
        }
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::State(_) | Fault::BadNumber(_) => Self::Corrupt(Cause::new(fault)),
            Fault::Unsafe { .. }
            | Fault::KeyTooLong { .. }
            | Fault::SeenElsewhere(_)
            | Fault::NotRewritten(_)
            | Fault::SeveralHosts
            | Fault::Closed => Self::Io(Cause::new(fault)),
            Fault::Server(error) => refused(error),
        }
    }
}

/// The server's error at the seam.
pub(crate) fn refused(error: Error) -> StoreError {
    let Some(code) = error.code().cloned() else {
        return StoreError::Io(Cause::new(Fault::Server(error)));
    };
    let class = code.code().get(..2).unwrap_or_default().to_owned();
    let cause = Cause::new(Fault::Server(error));
    if code == SqlState::DISK_FULL {
        StoreError::Full(cause)
    } else if code == SqlState::READ_ONLY_SQL_TRANSACTION {
        StoreError::ReadOnly
    } else if class == "XX" && code != SqlState::INTERNAL_ERROR || code == SqlState::UNDEFINED_TABLE {
        StoreError::Corrupt(cause)
    } else {
        StoreError::Io(cause)
    }
}

/// Whether the server asks that the transaction be done again; nothing of it was done.
pub(crate) fn again(error: &Error) -> bool {
    error
        .code()
        .is_some_and(|c| *c == SqlState::T_R_SERIALIZATION_FAILURE || *c == SqlState::T_R_DEADLOCK_DETECTED)
}

/// Whether the connection is gone, or about to be.
pub(crate) fn lost(error: &Error) -> bool {
    match error.code() {
        Some(code) => {
            [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW].contains(code)
                || code.code().starts_with("08")
        }
        None => true,
    }
}

/// Whether there is no such schema or table.
pub(crate) fn absent(error: &Error) -> bool {
    error.code().is_some_and(|c| *c == SqlState::UNDEFINED_TABLE || *c == SqlState::INVALID_SCHEMA_NAME)
}

/// Whether the server has no such setting.
pub(crate) fn unknown_setting(error: &Error) -> bool {
    error.code().is_some_and(|c| *c == SqlState::UNDEFINED_OBJECT)
}

/// Whether the server does not know such a statement.
pub(crate) fn unsupported(error: &Error) -> bool {
    error.code().is_some_and(|c| *c == SqlState::SYNTAX_ERROR || *c == SqlState::FEATURE_NOT_SUPPORTED)
}

/// Whether the server has no such function.
pub(crate) fn unknown_function(error: &Error) -> bool {
    error.code().is_some_and(|c| *c == SqlState::UNDEFINED_FUNCTION)
}
