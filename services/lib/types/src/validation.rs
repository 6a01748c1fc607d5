//! What the registration authority asks of a validation authority, and what it answers.

use serde::{Deserialize, Serialize};

use crate::{ChallengeType, ErrorKind, Identifier, Problem, Thumbprint, Timestamp, Token};

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
    /// The account's URL as its client knows it, for CAA `accounturi` (RFC 8657) and for the challenges that name the
    /// account.
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
    /// What each perspective saw, the primary first.
    pub observations: Vec<Observation>,
    /// Until when what was seen proves control by its own words, where it says so: the earliest of all perspectives.
    pub valid_until: Option<Timestamp>,
}

/// What one perspective did and saw in an attempt. Its texts may hold what strangers sent: the perspective has
/// bounded them and escaped what is not printable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The name of the perspective.
    pub perspective: String,
    /// The regional Internet registry where it stands, by its short name.
    pub rir: String,
    /// Why it refused; none if it saw control.
    pub kind: Option<ErrorKind>,
    /// What is wrong, in a sentence without its full stop; empty if nothing is.
    pub summary: String,
    /// What would have passed, where that can be said in a line.
    pub expected: Option<String>,
    /// What was there instead.
    pub found: Option<String>,
    /// The exact record or file that would pass, or what to change.
    pub remedy: Option<String>,
    /// What was done, in order: names looked up and their answers, addresses tried, redirects.
    pub steps: Vec<String>,
}
