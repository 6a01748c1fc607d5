//! Problem documents (RFC 7807, RFC 8555 section 6.7).

use cairn_types::{Error, ErrorKind, Observation, Problem, Subproblem};
use serde::{Deserialize, Serialize};

use crate::jws::Algorithm;
use crate::objects::IdentifierObject;

/// What every ACME error type starts with.
pub const NAMESPACE: &str = "urn:ietf:params:acme:error:";

/// The media type.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// A problem document, as it goes over the wire and as it stands in orders and challenges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemDocument {
    /// A URN of the ACME error registry.
    #[serde(rename = "type")]
    pub kind: String,
    /// The explanation.
    #[serde(default)]
    pub detail: String,
    /// The HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// A URL for people: what the account holder has to visit (`userActionRequired`), or the explanation of a failed
    /// challenge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The algorithms that are supported (`badSignatureAlgorithm`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithms: Option<Vec<String>>,
    /// Problems with single identifiers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subproblems: Vec<SubproblemDocument>,
    /// What each perspective saw, the primary first: an extension member of failed challenges (RFC 9457 section 3.2).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observations: Vec<ObservationDocument>,
}

/// A problem with one identifier (RFC 8555 section 6.7.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubproblemDocument {
    /// A URN of the ACME error registry.
    #[serde(rename = "type")]
    pub kind: String,
    /// The explanation.
    #[serde(default)]
    pub detail: String,
    /// The identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<IdentifierObject>,
}

/// What one perspective did and saw in an attempt to validate. Texts that strangers sent are bounded, and escaped
/// where they are not printable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservationDocument {
    /// The name of the perspective.
    pub perspective: String,
    /// The regional Internet registry in whose area it stands: `afrinic`, `apnic`, `arin`, `lacnic` or `ripe`.
    pub rir: String,
    /// Why it refused, a URN of the ACME error registry; absent if it saw control.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What is wrong, in a sentence; absent if nothing is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// What would have passed, where that can be said in a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was there instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What to do; what is to be copied stands between backticks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// What was done, in order: names looked up and their answers, addresses tried, redirects, statuses.
    #[serde(default)]
    pub steps: Vec<String>,
}

/// The registered error type and the HTTP status of each kind. The types are those of the IANA registry
/// "ACME Error Types" only.
pub const fn type_and_status(kind: ErrorKind) -> (&'static str, u16) {
    match kind {
        ErrorKind::AccountDoesNotExist => ("accountDoesNotExist", 400),
        ErrorKind::AlreadyReplaced => ("alreadyReplaced", 409),
        ErrorKind::AlreadyRevoked => ("alreadyRevoked", 400),
        ErrorKind::BadCsr => ("badCSR", 400),
        ErrorKind::BadNonce => ("badNonce", 400),
        ErrorKind::BadPublicKey => ("badPublicKey", 400),
        ErrorKind::BadRevocationReason => ("badRevocationReason", 400),
        ErrorKind::BadSignatureAlgorithm => ("badSignatureAlgorithm", 400),
        ErrorKind::Caa => ("caa", 403),
        ErrorKind::Compound => ("compound", 403),
        ErrorKind::Conflict => ("malformed", 409),
        ErrorKind::Connection => ("connection", 400),
        ErrorKind::Dns => ("dns", 400),
        ErrorKind::ExternalAccountRequired => ("externalAccountRequired", 403),
        ErrorKind::IncorrectResponse => ("incorrectResponse", 403),
        ErrorKind::InvalidContact => ("invalidContact", 400),
        ErrorKind::InvalidProfile => ("invalidProfile", 400),
        ErrorKind::Malformed => ("malformed", 400),
        ErrorKind::MethodNotAllowed => ("malformed", 405),
        ErrorKind::NotFound => ("malformed", 404),
        ErrorKind::OrderNotReady => ("orderNotReady", 403),
        ErrorKind::PayloadTooLarge => ("malformed", 413),
        // One service refused another: the client has no part in that.
        ErrorKind::PermissionDenied | ErrorKind::ServerInternal => ("serverInternal", 500),
        ErrorKind::RateLimited => ("rateLimited", 429),
        ErrorKind::RejectedIdentifier => ("rejectedIdentifier", 403),
        ErrorKind::RequestTimeout => ("malformed", 408),
        ErrorKind::Tls => ("tls", 400),
        ErrorKind::Unauthorized => ("unauthorized", 403),
        ErrorKind::Unavailable => ("serverInternal", 503),
        ErrorKind::UnsupportedContact => ("unsupportedContact", 400),
        ErrorKind::UnsupportedIdentifier => ("unsupportedIdentifier", 400),
        ErrorKind::UnsupportedMediaType => ("malformed", 415),
        ErrorKind::UserActionRequired => ("userActionRequired", 403),
    }
}

fn urn(kind: ErrorKind) -> String {
    format!("{NAMESPACE}{}", type_and_status(kind).0)
}

impl ProblemDocument {
    /// The HTTP status: the stated one, else 500.
    pub fn http_status(&self) -> u16 {
        self.status.unwrap_or(500)
    }

    /// The error type without its namespace, the whole type if it is of another.
    pub fn short_type(&self) -> &str {
        self.kind.strip_prefix(NAMESPACE).unwrap_or(&self.kind)
    }
}

impl From<&Problem> for ProblemDocument {
    fn from(problem: &Problem) -> Self {
        let internal = matches!(
            problem.kind,
            ErrorKind::PermissionDenied | ErrorKind::ServerInternal
        );
        let algorithms = (problem.kind == ErrorKind::BadSignatureAlgorithm)
            .then(|| Algorithm::ALL.iter().map(ToString::to_string).collect());
        Self {
            kind: urn(problem.kind),
            detail: if internal {
                "the server failed to handle the request".to_owned()
            } else {
                problem.detail.clone()
            },
            status: Some(type_and_status(problem.kind).1),
            instance: None,
            algorithms,
            subproblems: problem.subproblems.iter().map(SubproblemDocument::from).collect(),
            observations: problem
                .observations
                .iter()
                .map(ObservationDocument::from)
                .collect(),
        }
    }
}

impl From<&Error> for ProblemDocument {
    /// What a client may see of an error. The internal text is not part of it.
    fn from(error: &Error) -> Self {
        let mut document = Self::from(&error.problem);
        if error.kind() == ErrorKind::UserActionRequired {
            document.instance.clone_from(&error.location);
        }
        document
    }
}

impl From<&Observation> for ObservationDocument {
    fn from(observation: &Observation) -> Self {
        Self {
            perspective: observation.perspective.clone(),
            rir: observation.rir.clone(),
            kind: observation.kind.map(urn),
            summary: observation.summary.clone(),
            expected: observation.expected.clone(),
            found: observation.found.clone(),
            remedy: observation.remedy.clone(),
            steps: observation.steps.clone(),
        }
    }
}

impl From<&Subproblem> for SubproblemDocument {
    fn from(subproblem: &Subproblem) -> Self {
        Self {
            kind: urn(subproblem.kind),
            detail: subproblem.detail.clone(),
            identifier: subproblem.identifier.as_ref().map(IdentifierObject::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use cairn_types::Identifier;

    use super::*;

    /// The "ACME Error Types" registry of IANA, as far as RFC 8555, 9773 and the profiles draft fill it.
    const REGISTERED: [&str; 27] = [
        "accountDoesNotExist",
        "alreadyReplaced",
        "alreadyRevoked",
        "badCSR",
        "badNonce",
        "badPublicKey",
        "badRevocationReason",
        "badSignatureAlgorithm",
        "caa",
        "compound",
        "connection",
        "dns",
        "externalAccountRequired",
        "incorrectResponse",
        "invalidContact",
        "invalidProfile",
        "malformed",
        "orderNotReady",
        "rateLimited",
        "rejectedIdentifier",
        "serverInternal",
        "tls",
        "unauthorized",
        "unsupportedContact",
        "unsupportedIdentifier",
        "userActionRequired",
        "unknownDelegation",
    ];

    #[test]
    fn every_kind_has_a_registered_type_and_an_error_status() {
        for kind in ErrorKind::ALL {
            let (name, status) = type_and_status(*kind);
            assert!(REGISTERED.contains(&name), "{name}");
            assert!((400..600).contains(&status), "{name}");
        }
    }

    #[test]
    fn internal_texts_stay_inside() {
        for error in [
            Error::internal("the disk is on fire"),
            Error::unavailable("the disk is on fire"),
            Error::malformed("that is wrong").because("the disk is on fire"),
            Error::new(ErrorKind::PermissionDenied, "the disk is on fire"),
        ] {
            let text = serde_json::to_string(&ProblemDocument::from(&error)).unwrap();
            assert!(!text.contains("fire"), "{text}");
        }
    }

    #[test]
    fn observations_say_what_is_there_and_nothing_else() {
        let seen = Observation {
            perspective: "primary".to_owned(),
            rir: "arin".to_owned(),
            kind: Some(ErrorKind::Dns),
            summary: "no such name".to_owned(),
            expected: None,
            found: Some("NXDOMAIN".to_owned()),
            remedy: Some("Add `it`".to_owned()),
            steps: vec!["looked up A of a.example: NXDOMAIN".to_owned()],
        };
        let passed = Observation {
            perspective: "remote".to_owned(),
            kind: None,
            summary: String::new(),
            found: None,
            remedy: None,
            steps: Vec::new(),
            ..seen.clone()
        };
        let mut error = Error::new(ErrorKind::Dns, "no such name");
        error.problem.observations = vec![seen, passed];
        let document = ProblemDocument::from(&error);
        let json = serde_json::to_value(&document).unwrap();
        assert_eq!(
            json["observations"],
            serde_json::json!([
                {
                    "perspective": "primary", "rir": "arin", "type": "urn:ietf:params:acme:error:dns",
                    "summary": "no such name", "found": "NXDOMAIN", "remedy": "Add `it`",
                    "steps": ["looked up A of a.example: NXDOMAIN"],
                },
                { "perspective": "remote", "rir": "arin", "steps": [] },
            ])
        );
        assert_eq!(serde_json::from_value::<ProblemDocument>(json).unwrap(), document);
    }

    #[test]
    fn a_document_with_everything() {
        let identifier = Identifier::parse("dns", "*.example.org").unwrap();
        let error = Error::new(ErrorKind::Compound, "two problems").with_subproblems(vec![Subproblem {
            kind: ErrorKind::RejectedIdentifier,
            detail: "no".to_owned(),
            identifier: Some(identifier),
        }]);
        assert_eq!(
            serde_json::to_value(ProblemDocument::from(&error)).unwrap(),
            serde_json::json!({
                "type": "urn:ietf:params:acme:error:compound",
                "detail": "two problems",
                "status": 403,
                "subproblems": [{
                    "type": "urn:ietf:params:acme:error:rejectedIdentifier",
                    "detail": "no",
                    "identifier": { "type": "dns", "value": "*.example.org" },
                }],
            })
        );
        let error = Error::new(ErrorKind::BadSignatureAlgorithm, "no");
        let document = ProblemDocument::from(&error);
        assert_eq!(
            document.algorithms.unwrap(),
            ["RS256", "ES256", "ES384", "ES512", "EdDSA"]
        );
        let error = Error::new(ErrorKind::UserActionRequired, "agree").at("https://ca.example/terms");
        assert_eq!(
            ProblemDocument::from(&error).instance.unwrap(),
            "https://ca.example/terms"
        );
    }
}
