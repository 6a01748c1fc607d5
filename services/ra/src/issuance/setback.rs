//! What keeps an order from its certificate, and whether waiting helps.

use cairn_types::{Error, ErrorKind};

/// Why an attempt at an order failed.
pub(super) enum Setback {
    /// Another attempt would fail as well.
    Final(Error),
    /// The client's side does not answer, such as its name servers. It gets a few more attempts.
    Passing(Error),
    /// A service that is needed fails. It gets some time.
    Ours(Error),
}

impl From<Error> for Setback {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::Unavailable
            | ErrorKind::ServerInternal
            | ErrorKind::PermissionDenied
            | ErrorKind::RequestTimeout => Self::Ours(error),
            _ => Self::Final(error),
        }
    }
}
