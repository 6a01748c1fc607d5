//! Which authorizations an order uses: pure, so that every case is a line in a table.

use cairn_policy::offered;
use cairn_types::{
    Account, Authorization, AuthorizationId, AuthorizationStatus, Challenge, ChallengeId, ChallengeStatus,
    ChallengeType, Clock, Duration, Identifier, Rng, Timestamp, Token,
};

use crate::settings::Profile;

/// Receipts are signed before the end of their validation is stored, but not earlier than this. Their age is what
/// the certificate authority goes by.
const STORED_WITHIN: Duration = Duration::from_secs(60);

/// How long authorizations live.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifetimes {
    /// An unanswered authorization.
    pub pending: Duration,
    /// An order, from its creation.
    pub order: Duration,
    /// What a valid authorization must have left to be used again.
    pub reuse_margin: Duration,
}

/// What an order is made of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// One authorization per identifier, in their order.
    pub authorizations: Vec<AuthorizationId>,
    /// Those among them that are to be made.
    pub new: Vec<Authorization>,
    /// When the order expires: with its lifetime, or with the first authorization that it reuses.
    pub expires: Timestamp,
}

/// Decides what to reuse and what to make. `valid` are valid authorizations of the account; one that is not good
/// for `reuse_margin` longer under this profile, or is for something else, is passed over.
pub(crate) fn plan(
    account: &Account,
    identifiers: &[Identifier],
    valid: &[Authorization],
    profile: &Profile,
    lifetimes: Lifetimes,
    clock: &dyn Clock,
    rng: &dyn Rng,
) -> Plan {
    let now = clock.now();
    let mut plan = Plan {
        authorizations: Vec::with_capacity(identifiers.len()),
        new: Vec::new(),
        // What is validated after this moment is not too old before the order expires.
        expires: (now + lifetimes.order.min(profile.max_validation_age)).floor_secs(),
    };
    for identifier in identifiers {
        let reusable = valid
            .iter()
            .filter(|known| known.account == account.id && known.ordered_identifier() == *identifier)
            .filter_map(|known| Some((good_until(known, profile)?, known)))
            .filter(|(until, _)| *until > now + lifetimes.reuse_margin)
            .max_by_key(|(until, _)| *until);
        if let Some((until, known)) = reusable {
            plan.expires = plan.expires.min(until.floor_secs());
            plan.authorizations.push(known.id);
        } else {
            let expires = now + lifetimes.pending;
            let made = new_authorization(account, identifier, &profile.methods, expires, clock, rng);
            plan.authorizations.push(made.id);
            plan.new.push(made);
        }
    }
    plan
}

/// Until when the certificate authority accepts what made an authorization valid; none if it never does.
fn good_until(known: &Authorization, profile: &Profile) -> Option<Timestamp> {
    let proof = known
        .challenges
        .iter()
        .find(|challenge| challenge.status == ChallengeStatus::Valid)?;
    let fits = known.status == AuthorizationStatus::Valid && profile.methods.contains(&proof.kind);
    let rule = profile.max_validation_age;
    let max_age = proof.kind.max_reuse().map_or(rule, |reuse| reuse.min(rule));
    let oldest = proof.validated? + max_age - STORED_WITHIN;
    fits.then(|| known.expires.min(oldest))
}

/// A pending authorization with the challenges that its identifier allows, as far as they are among `methods`.
pub(crate) fn new_authorization(
    account: &Account,
    identifier: &Identifier,
    methods: &[ChallengeType],
    expires: Timestamp,
    clock: &dyn Clock,
    rng: &dyn Rng,
) -> Authorization {
    let challenge = |kind| Challenge {
        id: ChallengeId::new(clock, rng),
        kind,
        token: Token::new(rng),
        status: ChallengeStatus::Pending,
        validated: None,
        error: None,
    };
    Authorization {
        id: AuthorizationId::new(clock, rng),
        account: account.id,
        identifier: identifier.base(),
        wildcard: identifier.is_wildcard(),
        status: AuthorizationStatus::Pending,
        expires: expires.floor_secs(),
        challenges: offered(identifier)
            .into_iter()
            .filter(|kind| methods.contains(kind))
            .map(challenge)
            .collect(),
        validated_by: None,
        created: clock.now(),
    }
}

#[cfg(test)]
mod tests;
