//! The front end over HTTPS, with a registration and a storage authority that do as they are told.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something unexpected happens"
)]

mod accounts;
mod certificates;
mod explanations;
mod fakes;
mod http_rules;
mod orders;
mod pki;
mod world;
