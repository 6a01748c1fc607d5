//! Certificate Transparency (RFC 6962): SCTs and their verification.
//!
//! [`submission`] writes what a log is sent and reads its answer, an [`Sct`]. [`PrecertEntry::new`] derives
//! what the log signed from the precertificate, and [`LogKey::verify`] checks the signature: no SCT may be
//! used before that.
//!
//! Pure: no I/O, no clock.

mod entry;
mod log;
mod sct;
pub mod submission;

pub use entry::{EntryError, PrecertEntry};
pub use log::{LogId, LogKey, LogKeyError, VerifyError};
pub use sct::{Sct, SctError};
