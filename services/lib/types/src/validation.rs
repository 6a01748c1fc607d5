//! What the registration authority asks of a validation authority, and what it answers.

use crate::{ChallengeType, Identifier, Problem, Thumbprint, Token};

/// One challenge to validate, and the CAA records to check for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationRequest {
    /// What control is claimed over; never with `*.`.
    pub identifier: Identifier,
    /// Whether a wildcard certificate is asked for (CAA `issuewild`).
    pub wildcard: bool,
    /// How control is to be proved.
    pub method: ChallengeType,
    /// The token of the challenge.
    pub token: Token,
    /// The thumbprint of the account key, the second half of the key authorization.
    pub thumbprint: Thumbprint,
    /// The account's URL, for CAA `accounturi` (RFC 8657).
    pub account_uri: String,
}

/// A check of CAA records alone, for a validation whose CAA answer has grown old.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaaCheck {
    /// The name; never with `*.`.
    pub identifier: Identifier,
    /// Whether a wildcard certificate is asked for.
    pub wildcard: bool,
    /// The method that proved control, for CAA `validationmethods`.
    pub method: ChallengeType,
    /// The thumbprint of the account key.
    pub thumbprint: Thumbprint,
    /// The account's URL.
    pub account_uri: String,
}

/// What came of a validation or a CAA check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationOutcome {
    /// Why it failed; none if it succeeded.
    pub problem: Option<Problem>,
    /// Whether a repetition may end differently: a timeout rather than a wrong answer.
    pub transient: bool,
    /// The signed receipts of every perspective, successes and refusals, in the encoding of `cairn-evidence`.
    pub receipts: Vec<Vec<u8>>,
}
