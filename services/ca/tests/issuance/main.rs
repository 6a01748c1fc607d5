//! The certificate authority over the wire, with a storage authority that can be made to misbehave.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking; clippy knows only the functions marked as tests"
)]

mod fake_sa;
mod forged;
mod interrupted;
mod issued;
mod parties;
mod stack;
