//! The whole CA as its users meet it: `cairn local` with all its processes, over HTTPS and mutual TLS.
//!
//! One CA is shared by all tests ([`support::stack`]); a test that restarts or reconfigures something runs
//! one of its own. The binaries must have been built before: `make test` does that.

mod account_records;
mod accounts;
mod ari;
mod audit;
mod authorizations;
mod bad_input;
mod caa;
mod certificates;
mod challenges;
mod configuration;
mod crashes;
mod directory;
mod evidence;
mod explanations;
mod external_account;
mod finalize;
mod grpc;
mod headers;
mod key_change;
mod nonces;
mod operations;
mod orders;
mod restart;
mod restore;
mod revocation;
mod support;
mod terms;
