//! Why a request is refused, and how that looks.

use cairn_acme::finalize::FinalizeError;
use cairn_acme::json::JsonError;
use cairn_acme::problem::{self, ProblemDocument};
use cairn_acme::{JwkError, JwsError, KeyChangeError};
use cairn_types::{Error, ErrorKind, IdentifierError};
use http::{StatusCode, header};

use crate::answer::Answer;
use crate::urls::Urls;

/// An error on its way to the client.
#[derive(Debug)]
pub(crate) struct Refusal {
    error: Box<Error>,
    status: Option<StatusCode>,
    allow: Option<&'static str>,
}

impl Refusal {
    /// With another HTTP status than that of the error's kind.
    pub(crate) fn with_status(error: Error, status: StatusCode) -> Self {
        Self {
            error: Box::new(error),
            status: Some(status),
            allow: None,
        }
    }

    /// The account was given up or withdrawn (RFC 8555 section 7.3.6).
    pub(crate) fn inactive(status: cairn_types::AccountStatus) -> Self {
        let error = Error::unauthorized(format!("the account is {status}"));
        Self::with_status(error, StatusCode::UNAUTHORIZED)
    }

    /// The method is not one of the resource's.
    pub(crate) fn method(method: &http::Method, allow: &'static str) -> Self {
        let detail = format!("{method} is not allowed here; use one of: {allow}");
        let mut refusal = Self::from(Error::new(ErrorKind::MethodNotAllowed, detail));
        refusal.allow = Some(allow);
        refusal
    }

    pub(crate) fn error(&self) -> &Error {
        &self.error
    }

    /// The problem document, with the headers that belong to it.
    pub(crate) fn into_answer(self, urls: &Urls) -> Answer {
        let error = &self.error;
        let mut document = ProblemDocument::from(&**error);
        let status = self
            .status
            .or_else(|| StatusCode::from_u16(document.http_status()).ok());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        document.status = Some(status.as_u16());
        document.instance = document.instance.map(|page| urls.absolute(&page));
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut answer = Answer::bytes(problem::CONTENT_TYPE, body).with_status(status);
        if let Some(after) = error.retry_after {
            answer = answer.retry_after(after);
        }
        if let Some(allow) = self.allow {
            answer = answer.header(header::ALLOW, allow);
        }
        match (error.kind(), &error.location) {
            // The terms, and in the document the page to agree to them (RFC 8555 section 7.3.3).
            (ErrorKind::UserActionRequired, _) => match urls.terms_of_service() {
                Some(terms) => answer.link(terms, "terms-of-service"),
                None => answer,
            },
            // The account that has the key already (RFC 8555 section 7.3.5).
            (ErrorKind::Conflict, Some(id)) => match id.parse() {
                Ok(account) => answer.location(&urls.account(account)),
                Err(_) => answer,
            },
            _ => answer,
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self {
            error: Box::new(error),
            status: None,
            allow: None,
        }
    }
}

macro_rules! from {
    ($($error:ty),*) => { $(impl From<$error> for Refusal {
        fn from(error: $error) -> Self {
            Self::from(Error::from(error))
        }
    })* };
}
from!(
    JwsError,
    JwkError,
    JsonError,
    KeyChangeError,
    FinalizeError,
    IdentifierError
);
