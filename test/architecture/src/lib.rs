//! Tests only: see `tests/architecture.rs`.
