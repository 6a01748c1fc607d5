//! Which failures are worth another attempt.
//!
//! The queries may be repeated as a whole, whatever happened to the attempt before (decision 2), so what remains
//! to be decided is whether that may help, and how long.

use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as Sql};
use tokio::time::Instant;

use crate::db::errors::Failure;
use crate::db::tx::ATTEMPTS;

/// How long a server that went away is waited for: a restart, or a standby that takes over. Callers that are
/// refused then may come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Between attempts to find a server.
const RECONNECT: Duration = Duration::from_millis(100);

/// Between attempts after a conflict with another transaction; twice as long each time.
const CONFLICT: Duration = Duration::from_millis(5);

/// The attempts of one transaction.
pub(super) struct Attempts {
    give_up: Instant,
    conflicts: u32,
}

impl Attempts {
    pub(super) fn start() -> Self {
        Self {
            give_up: Instant::now() + PATIENCE,
            conflicts: 0,
        }
    }

    /// How long to wait before the next attempt; none if there should be none.
    pub(super) fn pause_after(&mut self, failure: &Failure) -> Option<Duration> {
        if is_lost_connection(failure) {
            return (Instant::now() < self.give_up).then_some(RECONNECT);
        }
        if !is_conflict(failure) {
            return None;
        }
        self.conflicts += 1;
        (self.conflicts < ATTEMPTS).then(|| CONFLICT * 2_u32.pow(self.conflicts))
    }
}

/// Whether the server went away, or is no longer the one that takes writes.
pub(super) fn is_lost_connection(failure: &Failure) -> bool {
    match failure {
        Failure::Sql(Sql::DatabaseError(kind, _)) => matches!(
            kind,
            DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::ReadOnlyTransaction
        ),
        Failure::Unreachable(_) | Failure::Sql(Sql::BrokenTransactionManager) => true,
        _ => false,
    }
}

/// Whether another transaction was in the way, or may have been: Diesel does not tell a deadlock, or a server
/// that shuts down, from errors without a name.
fn is_conflict(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Sql(Sql::DatabaseError(
            DatabaseErrorKind::SerializationFailure
                | DatabaseErrorKind::UniqueViolation
                | DatabaseErrorKind::Unknown,
            _
        ))
    )
}
