//! What a validation authority is asked by its primary, and by operators.

use cairn_types::{CaaCheck, ChallengeType, Identifier, Thumbprint, Token, ValidationRequest};

/// A validation to perform as one of the perspectives of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observe {
    /// The id of the attempt, the same for all perspectives.
    pub attempt: [u8; 16],
    /// What to validate.
    pub request: ValidationRequest,
    /// Whether nothing is to be signed.
    pub dry_run: bool,
}

/// A check of CAA to perform as one of the perspectives of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObserveCaa {
    /// The id of the attempt, the same for all perspectives.
    pub attempt: [u8; 16],
    /// What to check.
    pub request: CaaCheck,
    /// Whether nothing is to be signed.
    pub dry_run: bool,
}

/// An attempt that proves nothing, for an operator who wants to know what every perspective sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DryRun {
    /// What to validate; never with `*.`.
    pub identifier: Identifier,
    /// Whether as for a wildcard certificate.
    pub wildcard: bool,
    /// The challenge; CAA alone is checked if absent.
    pub method: Option<ChallengeType>,
    /// The token to look for; made up if absent.
    pub token: Option<Token>,
    /// The thumbprint of the account key; made up if absent.
    pub thumbprint: Option<Thumbprint>,
    /// The account's URL, for CAA `accounturi` and the challenges that depend on it; may be empty.
    pub account_uri: String,
}
