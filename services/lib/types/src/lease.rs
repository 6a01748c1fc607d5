//! Work in flight.

use crate::{LeaseId, Timestamp};

/// The right to do one piece of work (a validation, a finalize) until a deadline.
///
/// Whoever finishes the work names the lease; a lease that was taken over no longer matches, so a
/// process that was paused past its deadline cannot write a stale result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// This attempt.
    pub id: LeaseId,
    /// The process that took it, for operators; not used for authority.
    pub owner: String,
    /// After this the work may be taken over.
    pub deadline: Timestamp,
}
