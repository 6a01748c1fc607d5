//! Proofs by NSEC3: the hashes of the names that exist, in their order.

use std::cell::RefCell;
use std::collections::HashMap;

use hickory_proto::rr::{Name, RecordType};
use openssl::sha::sha1;

use super::super::fault::{Fault, Why};
use super::super::rdata::{Nsec3, Types};
use super::super::set::{label_count, suffix, wire};
use super::{Denial, deny_by_types, ends_here};

/// How many times more a zone may have names hashed. RFC 9276 wants none at all; what resolvers accept in
/// general is at most this.
const MAX_ITERATIONS: u16 = 150;

type Hash = [u8; 20];

/// The NSEC3 records of one zone in one response.
pub(in super::super) struct Hashed {
    zone: Name,
    salt: Vec<u8>,
    iterations: u16,
    proofs: Vec<Proof>,
    known: RefCell<HashMap<Vec<u8>, Hash>>,
}

/// One record: no name exists with a hash between the two.
struct Proof {
    owner: Hash,
    next: Hash,
    opt_out: bool,
    types: Types,
}

impl Proof {
    fn covers(&self, hash: &Hash) -> bool {
        if self.owner < self.next {
            self.owner < *hash && *hash < self.next
        } else {
            // The last hash leads back to the first.
            self.owner < *hash || *hash < self.next
        }
    }
}

impl Hashed {
    /// Those that hash in the same way as the first; none if there are none.
    pub(super) fn new<'n>(
        zone: &Name,
        records: impl Iterator<Item = (&'n Name, Nsec3)>,
    ) -> Result<Option<Self>, Fault> {
        let mut found: Option<Self> = None;
        for (name, nsec3) in records {
            let labels = label_count(name);
            let owner = name.iter().next().and_then(from_base32);
            let (Some(owner), Ok(next)) = (owner, Hash::try_from(&nsec3.next[..])) else {
                continue;
            };
            if labels != label_count(zone) + 1 || !zone.zone_of(name) {
                continue;
            }
            if nsec3.iterations > MAX_ITERATIONS {
                return Err(Why::Iterations(MAX_ITERATIONS).at(zone, name, RecordType::NSEC3));
            }
            let all = found.get_or_insert_with(|| Self {
                zone: zone.clone(),
                salt: nsec3.salt.clone(),
                iterations: nsec3.iterations,
                proofs: Vec::new(),
                known: RefCell::default(),
            });
            if all.salt == nsec3.salt && all.iterations == nsec3.iterations {
                all.proofs.push(Proof {
                    owner,
                    next,
                    opt_out: nsec3.opt_out,
                    types: nsec3.types,
                });
            }
        }
        Ok(found)
    }

    pub(super) fn deny(&self, name: &Name, kind: RecordType) -> Option<Denial> {
        if let Some(proof) = self.matching(name) {
            return deny_by_types(&proof.types, kind);
        }
        let (encloser, covering) = self.closest_encloser(name)?;
        let wildcard = encloser.prepend_label("*").ok()?;
        if covering.opt_out {
            return Some(Denial::OptOut);
        }
        if let Some(proof) = self.matching(&wildcard) {
            return (deny_by_types(&proof.types, kind)? == Denial::NoData).then_some(Denial::NoData);
        }
        self.covering(&wildcard).map(|_| Denial::NoName)
    }

    pub(super) fn allow_wildcard(&self, name: &Name, labels: usize) -> Option<bool> {
        let covering = self.covering(&suffix(name, labels + 1))?;
        Some(!covering.opt_out)
    }

    /// The longest name that exists and that the name is below, and what covers the name that is one label longer.
    fn closest_encloser(&self, name: &Name) -> Option<(Name, &Proof)> {
        let shortest = label_count(&self.zone);
        for labels in (shortest..label_count(name)).rev() {
            let encloser = suffix(name, labels);
            if let Some(proof) = self.matching(&encloser) {
                if ends_here(&proof.types) {
                    return None;
                }
                return Some((encloser, self.covering(&suffix(name, labels + 1))?));
            }
        }
        None
    }

    fn matching(&self, name: &Name) -> Option<&Proof> {
        let hash = self.hash(name);
        self.proofs.iter().find(|proof| proof.owner == hash)
    }

    fn covering(&self, name: &Name) -> Option<&Proof> {
        let hash = self.hash(name);
        self.proofs.iter().find(|proof| proof.covers(&hash))
    }

    fn hash(&self, name: &Name) -> Hash {
        let name = wire(name);
        if let Some(hash) = self.known.borrow().get(&name) {
            return *hash;
        }
        let mut hash = sha1(&[&name[..], &self.salt].concat());
        for _ in 0..self.iterations {
            hash = sha1(&[&hash[..], &self.salt].concat());
        }
        self.known.borrow_mut().insert(name, hash);
        hash
    }
}

/// A hash in "base32hex" without padding, as owner names have it.
fn from_base32(label: &[u8]) -> Option<Hash> {
    if label.len() != 32 {
        return None;
    }
    let mut hash = [0; 20];
    for (five, eight) in hash.chunks_mut(5).zip(label.chunks(8)) {
        let mut bits = 0_u64;
        for letter in eight {
            bits = bits << 5 | u64::from((*letter as char).to_digit(32)?);
        }
        five.copy_from_slice(&bits.to_be_bytes()[3..]);
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_standard() {
        // RFC 5155 appendix A: salt AABBCCDD, 12 iterations.
        let records = Hashed {
            zone: Name::from_ascii("example.").unwrap(),
            salt: vec![0xaa, 0xbb, 0xcc, 0xdd],
            iterations: 12,
            proofs: Vec::new(),
            known: RefCell::default(),
        };
        for (name, hash) in [
            ("example.", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"),
            ("a.example.", "35mthgpgcu1qg68fab165klnsnk3dpvl"),
            ("X.Y.w.example.", "2vptu5timamqttgl4luu9kg21e0aor3s"),
        ] {
            let name = Name::from_ascii(name).unwrap();
            assert_eq!(Some(records.hash(&name)), from_base32(hash.as_bytes()), "{name}");
        }
    }
}
