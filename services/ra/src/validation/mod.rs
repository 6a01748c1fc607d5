//! From an answered challenge to an authorization that is valid or invalid.

mod answer;
mod drive;

use cairn_types::{Account, Authorization, Challenge, ChallengeId, Lease, Thumbprint};

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
    /// The validation of a challenge for the account that answered it.
    pub(crate) fn new(
        authorization: Authorization,
        challenge: ChallengeId,
        account: &Account,
        lease: Lease,
    ) -> Self {
        Self {
            authorization,
            challenge,
            thumbprint: account.thumbprint,
            lease,
        }
    }

    /// The challenge under validation.
    pub(crate) fn answered(&self) -> Option<&Challenge> {
        self.authorization
            .challenges
            .iter()
            .find(|challenge| challenge.id == self.challenge)
    }
}
