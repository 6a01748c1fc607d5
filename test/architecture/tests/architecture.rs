//! Architecture tests.
