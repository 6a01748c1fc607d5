//! Whether a zone signed a set of records (RFC 4035 section 5.3).

use std::sync::atomic::{AtomicU32, Ordering};

use cairn_types::Timestamp;
use hickory_proto::rr::{Name, RecordType};

use super::algorithm;
use super::fault::{Fault, Why};
use super::rdata::{Dnskey, Rrsig};
use super::set::{Set, is_expanded};

/// How many signatures are verified for one set: more is only good for keeping a verifier busy.
const MAX_FOR_SET: usize = 8;

/// A zone that is signed, and whose keys are known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Zone {
    pub(super) name: Name,
    pub(super) keys: Vec<Dnskey>,
}

/// What is left of the work that an attempt may cause.
#[derive(Debug)]
pub(super) struct Budget(AtomicU32);

impl Budget {
    pub(super) const fn new(units: u32) -> Self {
        Self(AtomicU32::new(units))
    }

    /// Takes one unit; whether there was one.
    pub(super) fn take(&self) -> bool {
        let less = |left: u32| left.checked_sub(1);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_ok()
    }
}

/// What a verification needs beside the records.
#[derive(Clone, Copy)]
pub(super) struct Checker<'a> {
    pub(super) now: Timestamp,
    pub(super) budget: &'a Budget,
}

impl Checker<'_> {
    /// The signature of the zone over the set, if one is good.
    pub(super) fn verify<'s>(self, zone: &Zone, set: &'s Set<'_>) -> Result<&'s Rrsig, Fault> {
        let mut worst = Why::Unsigned;
        let mut tried = 0;
        for signature in &set.signatures {
            let why = match self.relevant(zone, set, signature) {
                Err(why) => why,
                Ok(keys) => {
                    let data = set.signed_octets(signature);
                    let mut why = Why::Wrong;
                    for key in keys {
                        tried += 1;
                        if tried > MAX_FOR_SET || !self.budget.take() {
                            return Err(Why::TooMuch.at(&zone.name, set.name, set.kind));
                        }
                        let good = |data: &Vec<u8>| algorithm::verify(key, &signature.signature, data);
                        if data.as_ref().is_some_and(good) {
                            return Ok(signature);
                        }
                        why = Why::Wrong;
                    }
                    why
                }
            };
            if why.weight() >= worst.weight() {
                worst = why;
            }
        }
        Err(worst.at(&zone.name, set.name, set.kind))
    }

    /// The keys that the signature may be by, if all but its octets is as it should be.
    fn relevant<'z>(self, zone: &'z Zone, set: &Set<'_>, signature: &Rrsig) -> Result<Vec<&'z Dnskey>, Why> {
        if signature.signer != zone.name || !zone.name.zone_of(set.name) {
            return Err(Why::OtherZone(super::fault::shown(&signature.signer)));
        }
        // Proofs and keys are never made from wildcards.
        let never_expanded = matches!(
            set.kind,
            RecordType::NSEC | RecordType::NSEC3 | RecordType::DNSKEY | RecordType::DS
        );
        if never_expanded && is_expanded(set.name, signature.labels) {
            return Err(Why::Wrong);
        }
        let now = self.now.as_secs() as u32;
        if is_after(now, signature.expiration) {
            return Err(Why::Expired(Why::moment(signature.expiration)));
        }
        if is_after(signature.inception, now) {
            return Err(Why::NotYet(Why::moment(signature.inception)));
        }
        let keys: Vec<_> = zone
            .keys
            .iter()
            .filter(|key| {
                key.may_sign && key.tag == signature.key_tag && key.algorithm == signature.algorithm
            })
            .collect();
        if keys.is_empty() {
            return Err(Why::NoSuchKey(signature.key_tag));
        }
        Ok(keys)
    }
}

/// Whether one moment comes after another, in serial number arithmetic (RFC 4034 section 3.1.5).
fn is_after(one: u32, other: u32) -> bool {
    (one.wrapping_sub(other) as i32) > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_go_round() {
        assert!(is_after(2, 1) && !is_after(1, 2) && !is_after(1, 1));
        assert!(is_after(5, u32::MAX - 5) && !is_after(u32::MAX - 5, 5));
    }

    #[test]
    fn a_budget_ends() {
        let budget = Budget::new(2);
        assert!(budget.take() && budget.take() && !budget.take() && !budget.take());
    }
}
