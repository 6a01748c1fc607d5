//! The servers themselves.

mod databases;
