//! Tests only: see `tests/integration`.
