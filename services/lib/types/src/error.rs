//! One error type for everything that crosses a crate's edge.
//!
//! An [`Error`] carries two texts: what a client may read and what only the log may hold. It has no
//! `Display`, so that the second can never be printed where the first belongs.

use serde::{Deserialize, Serialize};

use crate::{Duration, Identifier, Observation};

/// The result of an operation that crosses a crate's edge.
pub type Result<T> = std::result::Result<T, Error>;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What went wrong, in the terms of RFC 8555 section 6.7 and of the services themselves.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum ErrorKind { $($(#[$doc])* $name,)* }

        impl ErrorKind {
            /// Every kind, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable name by which this kind crosses gRPC and is stored.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The kind of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)* _ => None }
            }
        }
    };
}

kinds! {
    /// The request names an account that does not exist.
    AccountDoesNotExist = "accountDoesNotExist",
    /// The certificate to replace was already replaced (RFC 9773).
    AlreadyReplaced = "alreadyReplaced",
    /// The certificate to revoke is revoked already.
    AlreadyRevoked = "alreadyRevoked",
    /// The certificate request is unacceptable.
    BadCsr = "badCSR",
    /// The nonce is unknown, expired or spent.
    BadNonce = "badNonce",
    /// The key is of a kind or quality that the server does not accept.
    BadPublicKey = "badPublicKey",
    /// The revocation reason is not one a client may give.
    BadRevocationReason = "badRevocationReason",
    /// The JWS algorithm is not supported; the problem lists those that are.
    BadSignatureAlgorithm = "badSignatureAlgorithm",
    /// CAA records forbid issuance.
    Caa = "caa",
    /// Several problems, found in the subproblems.
    Compound = "compound",
    /// The request contradicts what is stored (409), such as a key already in use.
    Conflict = "conflict",
    /// The validator could not connect to the validation target.
    Connection = "connection",
    /// A DNS query failed during validation.
    Dns = "dns",
    /// The account needs an external account binding.
    ExternalAccountRequired = "externalAccountRequired",
    /// The response to a challenge did not match.
    IncorrectResponse = "incorrectResponse",
    /// A contact URL is invalid.
    InvalidContact = "invalidContact",
    /// The profile is unknown or does not fit the order.
    InvalidProfile = "invalidProfile",
    /// The request is malformed.
    Malformed = "malformed",
    /// The request method is not allowed for this resource.
    MethodNotAllowed = "methodNotAllowed",
    /// There is no such resource.
    NotFound = "notFound",
    /// The order is not ready to be finalized.
    OrderNotReady = "orderNotReady",
    /// The request body is larger than the limit.
    PayloadTooLarge = "payloadTooLarge",
    /// The calling service is not allowed to make this call.
    PermissionDenied = "permissionDenied",
    /// A rate limit was exceeded.
    RateLimited = "rateLimited",
    /// The server will not issue for an identifier.
    RejectedIdentifier = "rejectedIdentifier",
    /// The client took too long to send its request.
    RequestTimeout = "requestTimeout",
    /// Something failed inside; details are in the log only.
    ServerInternal = "serverInternal",
    /// A TLS error during validation.
    Tls = "tls",
    /// The client lacks the authority for the request.
    Unauthorized = "unauthorized",
    /// A service that is needed cannot be reached or did not answer in time; try again.
    Unavailable = "unavailable",
    /// A contact URL has an unsupported scheme.
    UnsupportedContact = "unsupportedContact",
    /// An identifier's type is not supported.
    UnsupportedIdentifier = "unsupportedIdentifier",
    /// The media type of the request is not supported.
    UnsupportedMediaType = "unsupportedMediaType",
    /// The account holder has to visit the instance URL first.
    UserActionRequired = "userActionRequired",
}

/// A problem with one identifier, part of a [`Problem`] (RFC 8555 section 6.7.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subproblem {
    /// What is wrong.
    pub kind: ErrorKind,
    /// The public explanation.
    pub detail: String,
    /// The identifier it concerns, as ordered.
    pub identifier: Option<Identifier>,
}

/// The public part of an error: what is stored with a challenge or an order, and what a client sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What went wrong.
    pub kind: ErrorKind,
    /// A sentence for the client: what was wrong and, where possible, what would be right.
    pub detail: String,
    /// Problems with single identifiers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subproblems: Vec<Subproblem>,
    /// What each perspective saw, if this is about a failed validation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observations: Vec<Observation>,
}

/// An error with a public and an internal side. Build one with the constructor of its kind, then
/// attach what belongs to the log by [`Error::because`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What clients may see.
    pub problem: Problem,
    /// What only the log may see.
    pub internal: Option<String>,
    /// When to try again.
    pub retry_after: Option<Duration>,
    /// A URL that the error points at: the account of a conflicting key, the terms of service.
    pub location: Option<String>,
}

impl Error {
    /// An error of `kind` with a public explanation.
    pub fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self {
            problem: Problem {
                kind,
                detail: detail.into(),
                subproblems: Vec::new(),
                observations: Vec::new(),
            },
            internal: None,
            retry_after: None,
            location: None,
        }
    }

    /// `malformed`: the request breaks the protocol.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Malformed, detail)
    }

    /// `unauthorized`: the client lacks the authority.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unauthorized, detail)
    }

    /// No such resource; `what` names it, as in "order".
    pub fn not_found(what: &str) -> Self {
        Self::new(ErrorKind::NotFound, format!("no such {what}"))
    }

    /// The request contradicts what is stored.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, detail)
    }

    /// Something failed inside. `why` goes to the log only.
    pub fn internal(why: impl Into<String>) -> Self {
        Self::new(
            ErrorKind::ServerInternal,
            "the server failed to handle the request",
        )
        .because(why)
    }

    /// A needed service does not answer. `why` goes to the log only.
    pub fn unavailable(why: impl Into<String>) -> Self {
        let mut error = Self::new(
            ErrorKind::Unavailable,
            "the server cannot handle the request at the moment",
        )
        .because(why);
        error.retry_after = Some(Duration::from_secs(5));
        error
    }

    /// Adds what only the log may hold.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.internal = Some(why.into());
        self
    }

    /// Adds the time after which a repetition may succeed.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// Adds the URL or id that the error points at.
    #[must_use]
    pub fn at(mut self, location: impl Into<String>) -> Self {
        self.location = Some(location.into());
        self
    }

    /// Adds problems with single identifiers.
    #[must_use]
    pub fn with_subproblems(mut self, subproblems: Vec<Subproblem>) -> Self {
        self.problem.subproblems = subproblems;
        self
    }

    /// What went wrong.
    pub const fn kind(&self) -> ErrorKind {
        self.problem.kind
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self {
            problem,
            internal: None,
            retry_after: None,
            location: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name() {
        for kind in ErrorKind::ALL {
            assert_eq!(ErrorKind::from_name(kind.as_str()), Some(*kind));
        }
        assert_eq!(ErrorKind::from_name("nonsense"), None);
    }
}
