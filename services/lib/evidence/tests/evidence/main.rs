//! What verifies, and everything that does not.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by it, as it should; clippy knows only the functions marked as tests"
)]

mod control;
mod encoding;
mod mutations;
mod permission;
mod policy;
mod vectors;
mod world;
