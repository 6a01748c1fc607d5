//! What `proto/cairn/sa/v1` promises, asked over gRPC of a storage authority with a database of its own.
//!
//! Nothing here knows the backend: `stage` alone chooses it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]
#![expect(
    clippy::similar_names,
    reason = "stale leases on a stage, what begins and what has begun"
)]

mod accounts;
mod audit;
mod authorizations;
mod callers;
mod certificates;
mod claims;
mod issuance;
mod orders;
mod races;
mod replacement;
mod restart;
mod retries;
mod stage;
mod trail;
mod validation;
