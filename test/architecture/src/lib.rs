//! Tests only: see `tests/architecture`.
