//! Errors across gRPC: [`cairn_types::Error`] to [`tonic::Status`] and back.
//!
//! The public part crosses as a `cairn.core.v1.ErrorDetail` in the status details; the internal text
//! stays in the log of the server where the error becomes a status.

use std::time::Duration;

use cairn_proto::core::v1 as pb;
use cairn_types::{Error, ErrorKind, Problem, Result};
use prost::Message as _;
use tonic::{Code, Status};

use crate::convert::Wire;

/// The status of an error. What only the log may hold is logged here, in the span of the call.
///
/// For `map_err` in gRPC handlers.
pub fn to_status(error: Error) -> Status {
    let kind = error.kind();
    let internal = error.internal.as_deref().unwrap_or_default();
    let detail = error.problem.detail.as_str();
    match kind {
        ErrorKind::ServerInternal => tracing::error!(kind = kind.as_str(), detail, internal, "call failed"),
        ErrorKind::Unavailable => tracing::warn!(kind = kind.as_str(), detail, internal, "call failed"),
        _ => tracing::debug!(kind = kind.as_str(), detail, internal, "call refused"),
    }
    let encoded = encode(&error).encode_to_vec();
    Status::with_details(code(kind), error.problem.detail, encoded.into())
}

/// The error of a status that a client received.
///
/// A status without detail is one of the transport or of a foreign server: then its code decides which
/// error it becomes, and its text is for the log.
pub fn from_status(status: &Status) -> Error {
    let detail = status.details();
    if detail.is_empty() {
        return without_detail(status);
    }
    pb::ErrorDetail::decode(detail)
        .ok()
        .and_then(|detail| decode(detail).ok())
        .unwrap_or_else(|| without_detail(status))
}

fn without_detail(status: &Status) -> Error {
    let text = format!("{:?}: {}", status.code(), status.message());
    match status.code() {
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled => Error::unavailable(text),
        Code::PermissionDenied => permission_denied().because(text),
        _ => Error::internal(text),
    }
}

/// The error of a caller who is not on the allow list.
pub(crate) fn permission_denied() -> Error {
    Error::new(ErrorKind::PermissionDenied, "the caller may not use this service")
}

const fn code(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::AccountDoesNotExist | ErrorKind::NotFound => Code::NotFound,
        ErrorKind::AlreadyReplaced | ErrorKind::AlreadyRevoked | ErrorKind::Conflict => Code::AlreadyExists,
        ErrorKind::BadCsr
        | ErrorKind::BadNonce
        | ErrorKind::BadPublicKey
        | ErrorKind::BadRevocationReason
        | ErrorKind::BadSignatureAlgorithm
        | ErrorKind::Compound
        | ErrorKind::InvalidContact
        | ErrorKind::InvalidProfile
        | ErrorKind::Malformed
        | ErrorKind::MethodNotAllowed
        | ErrorKind::PayloadTooLarge
        | ErrorKind::RejectedIdentifier
        | ErrorKind::RequestTimeout
        | ErrorKind::UnsupportedContact
        | ErrorKind::UnsupportedIdentifier
        | ErrorKind::UnsupportedMediaType => Code::InvalidArgument,
        ErrorKind::Caa
        | ErrorKind::Connection
        | ErrorKind::Dns
        | ErrorKind::ExternalAccountRequired
        | ErrorKind::IncorrectResponse
        | ErrorKind::OrderNotReady
        | ErrorKind::Tls
        | ErrorKind::UserActionRequired => Code::FailedPrecondition,
        // `Unauthorized` is about the ACME client; the calling service is authenticated all the same.
        ErrorKind::PermissionDenied | ErrorKind::Unauthorized => Code::PermissionDenied,
        ErrorKind::RateLimited => Code::ResourceExhausted,
        ErrorKind::ServerInternal => Code::Internal,
        ErrorKind::Unavailable => Code::Unavailable,
    }
}

fn encode(error: &Error) -> pb::ErrorDetail {
    pb::ErrorDetail {
        problem: error.problem.clone().into_wire(),
        retry_after: error.retry_after.map(Duration::into_wire),
        location: error.location.clone(),
    }
}

fn decode(detail: pb::ErrorDetail) -> Result<Error> {
    let mut error = Error::from(Problem::from_wire(detail.problem)?);
    error.retry_after = detail.retry_after.map(Duration::from_millis);
    error.location = detail.location;
    Ok(error)
}

#[cfg(test)]
mod tests {
    use cairn_types::{Identifier, Subproblem};
    use proptest::prelude::*;

    use super::*;

    fn kind() -> impl Strategy<Value = ErrorKind> {
        prop::sample::select(ErrorKind::ALL)
    }

    fn identifier() -> impl Strategy<Value = Identifier> {
        prop_oneof![
            "[a-z]{1,20}\\.test".prop_map(|name| Identifier::parse("dns", &name).unwrap()),
            any::<[u8; 4]>().prop_map(|octets| Identifier::Ip(octets.into())),
        ]
    }

    prop_compose! {
        fn subproblem()(kind in kind(), detail in ".*", identifier in prop::option::of(identifier())) -> Subproblem {
            Subproblem { kind, detail, identifier }
        }
    }

    prop_compose! {
        fn error()(
            kind in kind(),
            detail in ".*",
            subproblems in prop::collection::vec(subproblem(), 0..4),
            retry_after in prop::option::of(0..u64::MAX),
            location in prop::option::of(".*"),
        ) -> Error {
            let mut error = Error::new(kind, detail).with_subproblems(subproblems);
            error.retry_after = retry_after.map(Duration::from_millis);
            error.location = location;
            error
        }
    }

    proptest! {
        #[test]
        fn all_but_the_internal_text_crosses(error in error(), internal in prop::option::of(".*")) {
            let mut sent = error.clone();
            sent.internal = internal;
            // Through headers, as on the wire.
            let response = to_status(sent).into_http::<tonic::body::Body>();
            let status = Status::from_header_map(response.headers()).unwrap();
            prop_assert_eq!(from_status(&status), error);
        }

        #[test]
        fn foreign_details_never_panic(details in prop::collection::vec(any::<u8>(), 0..64)) {
            let status = Status::with_details(Code::Internal, "text", details.into());
            from_status(&status);
        }
    }

    #[test]
    fn no_error_looks_like_success() {
        for kind in ErrorKind::ALL {
            assert_ne!(code(*kind), Code::Ok, "{kind:?}");
            // A retry of what is not a matter of availability would repeat a refusal.
            assert_eq!(
                code(*kind) == Code::Unavailable,
                *kind == ErrorKind::Unavailable,
                "{kind:?}"
            );
        }
    }

    #[test]
    fn a_status_without_detail_is_judged_by_its_code() {
        for (status, kind) in [
            (Status::unavailable("connection refused"), ErrorKind::Unavailable),
            (Status::deadline_exceeded("late"), ErrorKind::Unavailable),
            (Status::cancelled("gone"), ErrorKind::Unavailable),
            (Status::permission_denied("not you"), ErrorKind::PermissionDenied),
            (Status::unimplemented("what?"), ErrorKind::ServerInternal),
            (Status::unknown("?"), ErrorKind::ServerInternal),
        ] {
            let error = from_status(&status);
            assert_eq!(error.kind(), kind, "{status:?}");
            assert!(error.internal.unwrap().contains(status.message()));
            assert!(!error.problem.detail.contains(status.message()));
        }
    }

    #[test]
    fn a_kind_from_the_future_is_an_internal_error() {
        let detail = pb::ErrorDetail {
            problem: Some(pb::Problem {
                kind: "brandNew".to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let status = Status::with_details(Code::InvalidArgument, "new", detail.encode_to_vec().into());
        assert_eq!(from_status(&status).kind(), ErrorKind::ServerInternal);
    }
}
