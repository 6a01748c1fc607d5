//! From signed receipts to verified evidence.

use std::collections::{BTreeMap, BTreeSet};

use cairn_types::{ChallengeType, Duration, Identifier, Thumbprint, Timestamp};

use crate::policy::Member;
use crate::{
    Caa, CaaVerdict, Check, EvidenceError, Outcome, Policy, Proof, Receipt, Rir, SignedReceipt, Skipped, Why,
};

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
    perspectives: Vec<String>,
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

    /// The names of the perspectives that count, sorted.
    pub fn perspectives(&self) -> &[String] {
        &self.perspectives
    }
}

/// Receipts whose signatures are good.
pub struct Bundle<'a> {
    policy: &'a Policy,
    receipts: Vec<(&'a Member, Receipt)>,
    /// Receipts by keys that the policy does not list.
    unknown: Vec<Receipt>,
}

impl Policy {
    /// Checks form and signature of every receipt.
    pub fn open<B: AsRef<[u8]>>(&self, receipts: &[B]) -> Result<Bundle<'_>, EvidenceError> {
        let mut bundle = Bundle {
            policy: self,
            receipts: Vec::with_capacity(receipts.len()),
            unknown: Vec::new(),
        };
        for (index, bytes) in receipts.iter().enumerate() {
            let signed = SignedReceipt::decode_at(index, bytes.as_ref())?;
            let Some(member) = self.members.get(&signed.key_id) else {
                bundle.unknown.push(signed.receipt);
                continue;
            };
            let perspective = || member.name.clone();
            if !signed.is_signed_by(&member.key) {
                return Err(EvidenceError::Signature {
                    index,
                    perspective: perspective(),
                });
            }
            if signed.receipt.perspective != member.name || signed.receipt.rir != member.rir {
                return Err(EvidenceError::Impostor {
                    index,
                    perspective: perspective(),
                });
            }
            bundle.receipts.push((member, signed.receipt));
        }
        Ok(bundle)
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
    /// Verifies that enough perspectives proved what is expected; the module's head says what counts.
    pub fn verify(&self, expected: &Expectation) -> Result<VerifiedEvidence, EvidenceError> {
        let base = expected.identifier.base();
        let wildcard = expected.identifier.is_wildcard();
        let concerns = |receipt: &Receipt| receipt.identifier == base && receipt.wildcard == wildcard;
        let mut skipped: Vec<Skipped> = self
            .unknown
            .iter()
            .filter(|receipt| concerns(receipt))
            .map(|receipt| skip(receipt, Why::UnknownKey))
            .collect();
        let mut relevant = Vec::new();
        for (member, receipt) in self.receipts.iter().filter(|(_, receipt)| concerns(receipt)) {
            let same_account = receipt.account_uri == expected.account_uri
                && expected.thumbprints.contains(&receipt.thumbprint);
            if !same_account {
                return Err(EvidenceError::Account {
                    perspective: member.name.clone(),
                    identifier: expected.identifier.to_string(),
                });
            }
            relevant.push((*member, receipt));
        }
        let mut attempts: BTreeMap<Attempt<'_>, Vec<(&Member, &Receipt)>> = BTreeMap::new();
        for (member, receipt) in &relevant {
            match self.validation(receipt, &relevant, expected) {
                Ok(None) => {}
                Ok(Some(proof)) => attempts
                    .entry(Attempt {
                        id: receipt.attempt,
                        method: receipt.method,
                        thumbprint: receipt.thumbprint,
                        token_sha256: &proof.token_sha256,
                        key_authorization_sha256: &proof.key_authorization_sha256,
                    })
                    .or_default()
                    .push((member, receipt)),
                Err(why) => skipped.push(skip(receipt, why)),
            }
        }
        self.decide(&attempts, skipped, expected)
    }

    /// The attempt that enough perspectives share, or an account of what is missing.
    fn decide(
        &self,
        attempts: &BTreeMap<Attempt<'_>, Vec<(&Member, &Receipt)>>,
        skipped: Vec<Skipped>,
        expected: &Expectation,
    ) -> Result<VerifiedEvidence, EvidenceError> {
        let rules = &self.policy.rules;
        let mut best = (0, 0);
        for (attempt, receipts) in attempts {
            let names: BTreeSet<&String> = receipts.iter().map(|(member, _)| &member.name).collect();
            let rirs: BTreeSet<Rir> = receipts.iter().map(|(member, _)| member.rir).collect();
            best = best.max((names.len(), rirs.len()));
            let validated = receipts.iter().map(|(_, receipt)| receipt.finished).min();
            if let Some(validated) = validated
                && names.len() >= rules.quorum
                && rirs.len() >= rules.min_rirs
            {
                return Ok(VerifiedEvidence {
                    identifier: expected.identifier.clone(),
                    method: attempt.method,
                    thumbprint: attempt.thumbprint,
                    validated,
                    perspectives: names.into_iter().cloned().collect(),
                });
            }
        }
        Err(EvidenceError::NotEnough {
            identifier: expected.identifier.to_string(),
            counted: best.0,
            needed: rules.quorum,
            regions: best.1,
            needed_regions: rules.min_rirs,
            skipped,
        })
    }

    /// The proof in a receipt if it counts; none if it is no validation but a CAA check, which counts
    /// through the validation that it freshens.
    fn validation<'r>(
        &self,
        receipt: &'r Receipt,
        relevant: &[(&Member, &Receipt)],
        expected: &Expectation,
    ) -> Result<Option<&'r Proof>, Why> {
        if let Outcome::Refused(kind) = receipt.outcome {
            return Err(Why::Refused(kind));
        }
        if receipt.finished > expected.now + CLOCK_SKEW {
            return Err(Why::Future);
        }
        let Check::Validation(proof) = &receipt.check else {
            return Ok(None);
        };
        if !self.policy.allows(receipt.method, &expected.identifier) {
            return Err(Why::Method);
        }
        if expected.now.since(receipt.finished) > self.policy.rules.max_validation_age {
            return Err(Why::Stale);
        }
        let newest = relevant
            .iter()
            .map(|(_, other)| *other)
            .filter(|other| other.perspective == receipt.perspective && other.method == receipt.method)
            .filter_map(caa_statement)
            .max_by_key(|(checked, verdict)| (*checked, verdict.is_none()));
        self.permission(newest, &receipt.identifier, expected.now)?;
        Ok(Some(proof))
    }

    /// Whether the newest CAA statement of a perspective is a permission that may still be used.
    fn permission(
        &self,
        newest: Option<(Timestamp, Option<CaaVerdict>)>,
        identifier: &Identifier,
        now: Timestamp,
    ) -> Result<(), Why> {
        let (checked, verdict) = newest.ok_or(Why::Caa)?;
        if checked > now + CLOCK_SKEW {
            return Err(Why::Future);
        }
        let is_address = matches!(identifier, Identifier::Ip(_));
        match verdict {
            Some(CaaVerdict::NotApplicable) if is_address => Ok(()),
            Some(CaaVerdict::NotApplicable) => Err(Why::CaaUnread),
            Some(CaaVerdict::LocalName) if !self.policy.excuses_caa(identifier) => Err(Why::CaaUnread),
            Some(CaaVerdict::Allowed | CaaVerdict::LocalName) => {
                if now.since(checked) > self.policy.rules.max_caa_age {
                    Err(Why::CaaStale)
                } else {
                    Ok(())
                }
            }
            Some(CaaVerdict::Forbidden | CaaVerdict::Failed) | None => Err(Why::Caa),
        }
    }
}

/// When a receipt says something about CAA, and its verdict if that is a permission. A refusal for another
/// reason says nothing: its permission must not count, and it does not take back an earlier one.
fn caa_statement(receipt: &Receipt) -> Option<(Timestamp, Option<CaaVerdict>)> {
    let refused = receipt.outcome != Outcome::Valid;
    match (&receipt.caa, &receipt.check) {
        (Some(Caa { checked, verdict, .. }), _) => {
            let negative = matches!(verdict, CaaVerdict::Forbidden | CaaVerdict::Failed);
            if negative {
                Some((*checked, None))
            } else {
                (!refused).then_some((*checked, Some(*verdict)))
            }
        }
        (None, Check::CaaOnly) => Some((receipt.finished, None)),
        (None, Check::Validation(_)) => None,
    }
}

fn skip(receipt: &Receipt, why: Why) -> Skipped {
    Skipped {
        perspective: receipt.perspective.clone(),
        why,
    }
}
