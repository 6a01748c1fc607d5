//! Proofs by NSEC: which names exist, in their order.

use hickory_proto::rr::{Name, RecordType};

use super::super::rdata::{Nsec, Types};
use super::super::set::{common_labels, is_below, label_count, suffix};
use super::{Denial, deny_by_types, ends_here};

/// One NSEC record: no name exists between the two.
#[derive(Debug)]
pub(in super::super) struct Plain {
    owner: Name,
    next: Name,
    types: Types,
}

impl Plain {
    pub(super) fn new(owner: &Name, nsec: Nsec) -> Self {
        Self {
            owner: owner.clone(),
            next: nsec.next,
            types: nsec.types,
        }
    }

    /// Whether the name lies between the two. The last record of a zone leads back to its first name.
    fn covers(&self, name: &Name) -> bool {
        let belongs_elsewhere = ends_here(&self.types) && is_below(name, &self.owner);
        let is_last = self.next <= self.owner;
        !belongs_elsewhere && *name > self.owner && (*name < self.next || is_last && self.next.zone_of(name))
    }

    /// The longest name that exists and that the covered name is below.
    fn closest_encloser(&self, name: &Name) -> Name {
        let labels = common_labels(name, &self.owner).max(common_labels(name, &self.next));
        suffix(name, labels)
    }
}

pub(super) fn deny(proofs: &[Plain], name: &Name, kind: RecordType) -> Option<Denial> {
    if let Some(proof) = proofs.iter().find(|proof| proof.owner == *name) {
        return deny_by_types(&proof.types, kind);
    }
    let covering = proofs.iter().find(|proof| proof.covers(name))?;
    if is_below(&covering.next, name) {
        // The name is a part of a longer one.
        return Some(Denial::NoData);
    }
    let wildcard = covering.closest_encloser(name).prepend_label("*").ok()?;
    if let Some(proof) = proofs.iter().find(|proof| proof.owner == wildcard) {
        return (deny_by_types(&proof.types, kind)? == Denial::NoData).then_some(Denial::NoData);
    }
    proofs
        .iter()
        .any(|proof| proof.covers(&wildcard))
        .then_some(Denial::NoName)
}

pub(super) fn allow_wildcard(proofs: &[Plain], name: &Name, labels: usize) -> bool {
    proofs.iter().any(|proof| {
        proof.covers(name)
            && !is_below(&proof.next, name)
            && label_count(&proof.closest_encloser(name)) == labels
    })
}
