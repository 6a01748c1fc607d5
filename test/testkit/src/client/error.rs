//! Why a request failed.

use cairn_acme::{JwsError, ProblemDocument};
use http::StatusCode;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No connection, or it broke.
    #[error("{url}: {reason}")]
    Connection {
        /// What was asked for.
        url: String,
        /// Why it failed.
        reason: String,
    },
    /// The server answered with a problem document.
    #[error("{url}: {status}: {} {}", .document.kind, .document.detail)]
    Problem {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: StatusCode,
        /// The problem.
        document: Box<ProblemDocument>,
    },
    /// The server's answer is not what RFC 8555 says.
    #[error("{url}: {reason}")]
    Answer {
        /// What was asked for.
        url: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// Something did not come to an end in time.
    #[error("{0}: not within the time allowed")]
    Timeout(String),
    /// The client's own cryptography failed.
    #[error("cryptography: {0}")]
    Crypto(String),
}

impl ClientError {
    pub(super) fn connection(url: &str, reason: &dyn std::fmt::Display) -> Self {
        Self::Connection {
            url: url.to_owned(),
            reason: reason.to_string(),
        }
    }

    pub(super) fn answer(url: &str, reason: impl Into<String>) -> Self {
        Self::Answer {
            url: url.to_owned(),
            reason: reason.into(),
        }
    }

    /// The problem document, if the server sent one.
    pub fn problem(&self) -> Option<&ProblemDocument> {
        match self {
            Self::Problem { document, .. } => Some(document),
            _ => None,
        }
    }
}

impl From<JwsError> for ClientError {
    fn from(error: JwsError) -> Self {
        Self::Crypto(error.to_string())
    }
}

impl From<openssl::error::ErrorStack> for ClientError {
    fn from(error: openssl::error::ErrorStack) -> Self {
        Self::Crypto(error.to_string())
    }
}
