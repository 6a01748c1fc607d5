//! Backup, restore, and what a restored database has to be told: what docs/operations.md says, run.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod logs;
mod postgres;
mod prepared;
mod program;
mod service;
mod sqlite;
#[path = "../conformance/stage.rs"]
#[expect(dead_code, reason = "not every scenario is for this test")]
mod stage;

use prepared::{ENTRIES, Storage};
