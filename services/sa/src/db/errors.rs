//! Why a transaction did not happen.

use std::time::Duration;

use cairn_types::Error;
use diesel::result::DatabaseErrorKind;

/// The result of a query, inside the storage authority.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// Why a transaction changed nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The rules of the operation: the caller is told so.
    #[error("refused: {}", .0.problem.detail)]
    Refused(Box<Error>),
    /// The database.
    #[error("SQL: {0}")]
    Sql(#[from] diesel::result::Error),
    /// What is stored cannot be what was stored.
    #[error("the stored {what} is damaged: {why}")]
    Damaged {
        /// The column or object.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The group of transactions that this one belonged to was not committed.
    #[error("not committed: {0}")]
    NotCommitted(String),
    /// More work is waiting than can be done in time.
    #[error("too many transactions are waiting")]
    Overloaded,
    /// The server does not answer, or does not take writes.
    #[error("no connection to the database: {0}")]
    Unreachable(String),
    /// The server gave up a statement: for a lock that is held too long, or for too much to do.
    #[error("a statement took longer than {limit:?}: {why}")]
    TooSlow {
        /// What a statement may take.
        limit: Duration,
        /// What the server says.
        why: String,
    },
    /// The threads of the database have ended.
    #[error("the database is closed")]
    Closed,
    /// A query did what it must not: it panicked, or waited for something that is not the database.
    #[error("a fault in the query: {0}")]
    Fault(&'static str),
}

impl Failure {
    /// The word by which metrics count it.
    pub(crate) const fn outcome(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            _ => "failed",
        }
    }
}

/// The failure that tells the caller `error`. Not a `From`: an error from decoding a stored row must not
/// become an answer by accident.
pub(crate) fn refusal(error: Error) -> Failure {
    Failure::Refused(Box::new(error))
}

/// Refuses with `error`.
pub(crate) fn refuse<T>(error: Error) -> Result<T> {
    Err(refusal(error))
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(error) => *error,
            // The last: lost in the middle, and not found again in time.
            Failure::NotCommitted(_)
            | Failure::Overloaded
            | Failure::Unreachable(_)
            | Failure::TooSlow { .. }
            | Failure::Closed
            | Failure::Sql(diesel::result::Error::DatabaseError(
                DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::ReadOnlyTransaction
                | DatabaseErrorKind::SerializationFailure,
                _,
            )) => Self::unavailable(failure.to_string()),
            Failure::Sql(_) | Failure::Damaged { .. } | Failure::Fault(_) => {
                Self::internal(failure.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cairn_types::ErrorKind;

    use super::*;

    #[test]
    fn only_refusals_are_told() {
        let told = Error::from(refusal(Error::conflict("taken")));
        assert_eq!(
            (told.kind(), told.problem.detail.as_str()),
            (ErrorKind::Conflict, "taken")
        );
        for (failure, kind) in [
            (
                Failure::Sql(diesel::result::Error::NotFound),
                ErrorKind::ServerInternal,
            ),
            (Failure::Fault("panic"), ErrorKind::ServerInternal),
            (
                Failure::NotCommitted("disk full".to_owned()),
                ErrorKind::Unavailable,
            ),
            (Failure::Overloaded, ErrorKind::Unavailable),
            (
                Failure::Unreachable("connection refused".to_owned()),
                ErrorKind::Unavailable,
            ),
            (
                Failure::TooSlow {
                    limit: Duration::from_secs(1),
                    why: "canceled".to_owned(),
                },
                ErrorKind::Unavailable,
            ),
            (Failure::Closed, ErrorKind::Unavailable),
        ] {
            let internal = failure.to_string();
            let error = Error::from(failure);
            assert_eq!(
                (error.kind(), error.internal.as_deref()),
                (kind, Some(internal.as_str()))
            );
        }
    }
}
