//! The registration authority on a network of its own: its calls, deadlines, errors and allow lists are the
//! real ones, the services around it are small fakes that record what they are asked.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod fakes;
mod issuance;
mod orders;
mod revocation;
mod stage;
mod validation;
