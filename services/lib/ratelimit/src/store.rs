//! Where the state of buckets is kept.

use std::future::Future;
use std::pin::Pin;

use cairn_types::Timestamp;

use crate::gcra::Decision;
use crate::{Bucket, Limit};

/// A future that a trait object returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A bucket, its size, and what to take out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The bucket.
    pub bucket: Bucket,
    /// What it holds.
    pub limit: Limit,
    /// What to take.
    pub cost: u32,
}

/// A store does not answer. Limits nothing; the text is for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("rate limits are not applied: {0}")]
pub struct StoreError(pub String);

/// Keeps the state of buckets, for one process or for many.
///
/// Implementations apply [`crate::gcra::spend`] to every charge. State may be dropped once the bucket is
/// full, which [`crate::gcra::is_full`] tells.
pub trait Store: Send + Sync {
    /// Takes all charges, or none if one bucket holds too little. The decisions are in the order of the
    /// charges. Atomic: spending at the same time, from whichever process, never exceeds a limit.
    fn spend<'a>(
        &'a self,
        now: Timestamp,
        charges: &'a [Charge],
    ) -> BoxFuture<'a, Result<Vec<Decision>, StoreError>>;

    /// What [`Store::spend`] would decide, and takes nothing.
    fn check<'a>(
        &'a self,
        now: Timestamp,
        charges: &'a [Charge],
    ) -> BoxFuture<'a, Result<Vec<Decision>, StoreError>>;
}
