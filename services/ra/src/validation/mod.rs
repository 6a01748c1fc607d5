//! From an answered challenge to an authorization that is valid or invalid.

mod answer;
mod drive;

use cairn_types::{Authorization, Challenge, ChallengeId, Lease, Thumbprint};

/// A validation that this process holds the lease of.
pub(crate) struct Validating {
    /// The authorization, with the challenge processing.
    pub authorization: Authorization,
    /// The challenge.
    pub challenge: ChallengeId,
    /// The account key that control is to be proved with.
    pub thumbprint: Thumbprint,
    /// The lease.
    pub lease: Lease,
}

impl Validating {
    /// The challenge under validation.
    pub(crate) fn answered(&self) -> Option<&Challenge> {
        self.authorization
            .challenges
            .iter()
            .find(|challenge| challenge.id == self.challenge)
    }
}
