//! Why no certificate is signed.

use cairn_acme::{JwkError, JwsError, KeyHistoryError, finalize::FinalizeError};
use cairn_evidence::EvidenceError;
use cairn_policy::KeyFault;
use cairn_types::{Error, ErrorKind, KeyType, ProfileName};
use cairn_x509::{CsrError, ValidityError};

/// Why a request is not entitled to a certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("there is no profile {0}")]
    Profile(ProfileName),
    #[error("the account's key: {0}")]
    AccountKey(JwkError),
    #[error("the account's URL is not that of the order's account")]
    AccountUrl,
    #[error(transparent)]
    KeyHistory(KeyHistoryError),
    #[error("the finalize request: {0}")]
    Request(JwsError),
    #[error("the finalize request: {0}")]
    Payload(FinalizeError),
    #[error("the finalize request is another account's or was made for another order")]
    OtherRequest,
    #[error("the CSR is not the one that the account asked for")]
    OtherCsr,
    #[error(transparent)]
    Csr(CsrError),
    #[error("the names of the CSR are not the identifiers of the order")]
    Names,
    #[error(transparent)]
    WeakKey(KeyFault),
    #[error("the key of the CSR is the key of an account (RFC 8555 section 11.1)")]
    AccountKeyInCsr,
    #[error("this CA has no issuer for keys of type {0}")]
    NoIssuer(KeyType),
    #[error("{}", .0.problem.detail)]
    Unwilling(Box<Error>),
    #[error("there is no evidence for {0}")]
    NoEvidence(String),
    #[error(transparent)]
    Evidence(EvidenceError),
    #[error(transparent)]
    Validity(ValidityError),
}

impl Refusal {
    /// The value of the metric's label.
    pub(crate) const fn label(&self) -> &'static str {
        match self {
            Self::Profile(_) => "profile",
            Self::AccountKey(_) | Self::AccountUrl => "account",
            Self::KeyHistory(_) => "key_change",
            Self::Request(_) | Self::Payload(_) | Self::OtherRequest | Self::OtherCsr => "request",
            Self::Csr(_) | Self::Names => "csr",
            Self::WeakKey(_) | Self::AccountKeyInCsr | Self::NoIssuer(_) => "key",
            Self::Unwilling(_) => "names",
            Self::NoEvidence(_) | Self::Evidence(_) => "evidence",
            Self::Validity(_) => "validity",
        }
    }
}

impl From<Refusal> for Error {
    /// A client can do something about its own request. That the services before this one passed on what does not
    /// hold together is for the log.
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        match refusal {
            Refusal::Profile(_) => Self::new(ErrorKind::InvalidProfile, text),
            Refusal::Csr(error) => error.into(),
            Refusal::Names | Refusal::WeakKey(_) | Refusal::AccountKeyInCsr | Refusal::NoIssuer(_) => {
                Self::new(ErrorKind::BadCsr, text)
            }
            Refusal::Unwilling(error) => *error,
            Refusal::Validity(error) => error.into(),
            Refusal::AccountKey(_)
            | Refusal::AccountUrl
            | Refusal::KeyHistory(_)
            | Refusal::Request(_)
            | Refusal::Payload(_)
            | Refusal::OtherRequest
            | Refusal::OtherCsr => Self::unauthorized(
                "the signer could not verify that the account may have this certificate and asked for it",
            )
            .because(text),
            Refusal::NoEvidence(_) | Refusal::Evidence(_) => Self::unauthorized(
                "the proofs of control over the order's identifiers do not satisfy the signer, or not any more; a new \
                 order asks for new ones",
            )
            .because(text),
        }
    }
}
