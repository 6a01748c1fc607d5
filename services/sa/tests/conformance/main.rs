//! What `proto/cairn/sa/v1` promises, asked over gRPC of a storage authority with a database of its own.
//!
//! Nothing here knows the backend: `stage` alone chooses it.

mod accounts;
mod authorizations;
mod certificates;
mod claims;
mod issuance;
mod orders;
mod races;
mod replacement;
mod restart;
mod stage;
mod validation;
