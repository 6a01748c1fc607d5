//! From signed receipts to verified evidence.

mod agreement;
mod caa;
mod open;

use std::collections::BTreeMap;

use cairn_types::{ChallengeType, Duration, Identifier, Thumbprint, Timestamp};

use crate::policy::{Member, Role};
use crate::{Check, Claim, Dnssec, EvidenceError, Outcome, Policy, Proof, Receipt, Shortage, Skipped, Why};
use agreement::Agreement;
use open::Opened;

/// How far a perspective's clock may be ahead of the verifier's.
pub const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// What a certificate is about to be issued for: one identifier of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// The thumbprints that the account's key has or had and that may still count.
    pub thumbprints: Vec<Thumbprint>,
    /// The account's URL.
    pub account_uri: String,
    /// The identifier as ordered, with `*.` for a wildcard.
    pub identifier: Identifier,
    /// The present moment.
    pub now: Timestamp,
}

/// Proof that enough perspectives saw an account's control over an identifier. Only [`Bundle::verify`] makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedEvidence {
    identifier: Identifier,
    method: ChallengeType,
    thumbprint: Thumbprint,
    validated: Timestamp,
    primary: String,
    remotes: Vec<String>,
    asked: usize,
    disregarded: Vec<Skipped>,
}

impl VerifiedEvidence {
    /// The identifier as ordered.
    pub const fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    /// How control was proved.
    pub const fn method(&self) -> ChallengeType {
        self.method
    }

    /// The thumbprint of the account key that it was proved for.
    pub const fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// When the first of the perspectives that count finished.
    pub const fn validated(&self) -> Timestamp {
        self.validated
    }

    /// The name of the primary perspective.
    pub fn primary(&self) -> &str {
        &self.primary
    }

    /// The names of the remote perspectives that corroborate it, sorted.
    pub fn remotes(&self) -> &[String] {
        &self.remotes
    }

    /// How many of the remote perspectives corroborate it, as in `3/4`.
    pub fn quorum(&self) -> String {
        format!("{}/{}", self.remotes.len(), self.asked)
    }

    /// The receipts that did not count: other perspectives saw something else, or somebody tampered with them.
    pub fn disregarded(&self) -> &[Skipped] {
        &self.disregarded
    }
}

/// A bundle of receipts, each of which was looked at by itself.
pub struct Bundle<'a> {
    policy: &'a Policy,
    opened: Vec<Opened<'a>>,
}

/// A receipt that its perspective signed, about the expected account and identifier.
#[derive(Clone, Copy)]
struct Relevant<'a> {
    index: usize,
    member: &'a Member,
    receipt: &'a Receipt,
}

impl Relevant<'_> {
    fn skip(&self, why: Why) -> Skipped {
        Skipped {
            index: self.index,
            perspective: Some(self.member.name.clone()),
            why,
        }
    }
}

/// What perspectives must have in common to corroborate each other.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Attempt<'a> {
    id: [u8; 16],
    method: ChallengeType,
    thumbprint: Thumbprint,
    token_sha256: &'a [u8; 32],
    key_authorization_sha256: &'a [u8; 32],
}

impl Bundle<'_> {
    /// Verifies that enough perspectives proved what is expected; the crate's head says what counts.
    pub fn verify(&self, expected: &Expectation) -> Result<VerifiedEvidence, EvidenceError> {
        let mut skipped = Vec::new();
        let relevant = self.relevant(expected, &mut skipped);
        let mut attempts: BTreeMap<Attempt<'_>, Agreement<'_>> = BTreeMap::new();
        for one in &relevant {
            match self.control(one, expected) {
                Ok(None) => {}
                Ok(Some(proof)) => attempts
                    .entry(Attempt {
                        id: one.receipt.attempt,
                        method: one.receipt.method,
                        thumbprint: one.receipt.thumbprint,
                        token_sha256: &proof.token_sha256,
                        key_authorization_sha256: &proof.key_authorization_sha256,
                    })
                    .or_default()
                    .add(one.member, one.receipt.finished),
                Err(why) => skipped.push(one.skip(why)),
            }
        }
        let rules = &self.policy.rules;
        let proved = attempts
            .iter()
            .filter(|(_, agreement)| agreement.is_enough(rules))
            .max_by_key(|(_, agreement)| agreement.since());
        let Some((attempt, agreement)) = proved else {
            return Err(self.shortage(Claim::Control, attempts.values(), skipped, expected));
        };
        let permissions = caa::permissions(&relevant, attempt.method, rules, expected, &mut skipped);
        if !permissions.values().any(|it| it.is_enough(rules)) {
            return Err(self.shortage(Claim::Permission, permissions.values(), skipped, expected));
        }
        Ok(VerifiedEvidence {
            identifier: expected.identifier.clone(),
            method: attempt.method,
            thumbprint: attempt.thumbprint,
            validated: agreement.since().unwrap_or(expected.now),
            primary: agreement.primary().unwrap_or_default().to_owned(),
            remotes: agreement.remotes().map(str::to_owned).collect(),
            asked: self.policy.remotes(),
            disregarded: skipped,
        })
    }

    /// The receipts about the identifier and account; the others about the identifier are skipped.
    fn relevant(&self, expected: &Expectation, skipped: &mut Vec<Skipped>) -> Vec<Relevant<'_>> {
        let base = expected.identifier.base();
        let wildcard = expected.identifier.is_wildcard();
        let mut relevant = Vec::new();
        for (index, opened) in self.opened.iter().enumerate() {
            let concerns = |receipt: &Receipt| receipt.identifier == base && receipt.wildcard == wildcard;
            if !opened.receipt.as_ref().is_none_or(concerns) {
                continue;
            }
            let same_account = |receipt: &Receipt| {
                receipt.account_uri == expected.account_uri
                    && expected.thumbprints.contains(&receipt.thumbprint)
            };
            let why = match (&opened.signer, &opened.receipt) {
                (Ok(member), Some(receipt)) if same_account(receipt) => {
                    relevant.push(Relevant {
                        index,
                        member,
                        receipt,
                    });
                    continue;
                }
                (Ok(_), _) => Why::Account,
                (Err(why), _) => *why,
            };
            skipped.push(Skipped {
                index,
                perspective: opened.receipt.as_ref().map(|it| it.perspective.clone()),
                why,
            });
        }
        relevant
    }

    /// The proof in a receipt if it counts; none if it is no validation but a CAA check.
    fn control<'r>(&self, one: &Relevant<'r>, expected: &Expectation) -> Result<Option<&'r Proof>, Why> {
        let (receipt, rules) = (one.receipt, &self.policy.rules);
        if let Outcome::Refused(kind) = receipt.outcome {
            return Err(Why::Refused(kind));
        }
        if receipt.finished > expected.now + CLOCK_SKEW {
            return Err(Why::Future);
        }
        let Check::Validation(proof) = &receipt.check else {
            return Ok(None);
        };
        if !rules.allows(receipt.method, &expected.identifier) {
            return Err(Why::Method);
        }
        if expected.now.since(receipt.finished) > rules.max_age(receipt.method, expected.now) {
            return Err(Why::Stale);
        }
        if proof.valid_until.is_some_and(|until| expected.now > until) {
            return Err(Why::Expired);
        }
        let mut contacted = proof.contacted.iter().map(std::net::SocketAddr::ip);
        if let Some((address, block)) =
            contacted.find_map(|address| Some((address, rules.forbidden_block(address)?)))
        {
            return Err(Why::Address(address, block.name()));
        }
        let validates = one.member.role == Role::Primary && rules.require_dnssec_validation;
        if validates && !is_validated(proof.dnssec, &receipt.identifier) {
            return Err(Why::Dnssec);
        }
        Ok(Some(proof))
    }

    /// How far the attempt came that came the farthest.
    fn shortage<'m>(
        &self,
        claim: Claim,
        attempts: impl Iterator<Item = &'m Agreement<'m>>,
        skipped: Vec<Skipped>,
        expected: &Expectation,
    ) -> EvidenceError {
        let (primary, counted, regions) = attempts.map(Agreement::extent).max().unwrap_or_default();
        EvidenceError::NotEnough(Box::new(Shortage {
            identifier: expected.identifier.to_string(),
            claim,
            primary,
            counted,
            needed: self.policy.rules.quorum,
            regions,
            needed_regions: self.policy.rules.min_regions,
            skipped,
        }))
    }
}

/// Whether DNSSEC was validated, however that ended; there is nothing to validate for an address without look-ups.
fn is_validated(state: Option<Dnssec>, identifier: &Identifier) -> bool {
    match state {
        Some(state) => state != Dnssec::NotValidated,
        None => matches!(identifier, Identifier::Ip(_)),
    }
}
