//! Proofs that there are no such records (RFC 4035 section 5.4, RFC 5155 section 8, RFC 6840 section 4).
//!
//! Only what the zone itself signed counts as a proof. That a response says NXDOMAIN proves nothing.

mod hashed;
mod plain;

use hickory_proto::rr::{Name, Record, RecordType};

use super::fault::{Fault, Why};
use super::rdata::{Nsec, Nsec3, Types, octets};
use super::set::Set;
use super::signature::{Checker, Zone};
use hashed::Hashed;
use plain::Plain;

/// What a zone proves about a name and a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denial {
    /// The name exists, perhaps only as a part of others, or is made from a wildcard; it has no such records.
    NoData,
    /// Neither the name nor anything below it exists.
    NoName,
    /// Another zone begins at the name, and it is not signed.
    Delegation,
    /// An unsigned zone may begin at the name or above it.
    OptOut,
}

/// The proofs of a response that the zone signed.
pub(super) enum Proofs {
    Plain(Vec<Plain>),
    Hashed(Hashed),
    /// None at all.
    Missing,
}

impl Proofs {
    /// Those in an authority section. Proofs of other zones, and those with bad signatures, are left out.
    pub(super) fn read(checker: Checker<'_>, zone: &Zone, authority: &[Record]) -> Result<Self, Fault> {
        let signed = |kind| {
            Set::all(authority, kind)
                .into_iter()
                .filter(|set| checker.verify(zone, set).is_ok())
                .flat_map(|set| set.records)
        };
        let plain: Vec<_> = signed(RecordType::NSEC)
            .filter_map(|record| Some(Plain::new(&record.name, Nsec::read(octets(record)?)?)))
            .collect();
        if !plain.is_empty() {
            return Ok(Self::Plain(plain));
        }
        let hashed = signed(RecordType::NSEC3)
            .filter_map(|record| Some((&record.name, Nsec3::read(octets(record)?)?)));
        Ok(Hashed::new(&zone.name, hashed)?.map_or(Self::Missing, Self::Hashed))
    }

    /// What is proved about records of a type at a name; none if nothing is.
    pub(super) fn deny(&self, name: &Name, kind: RecordType) -> Option<Denial> {
        match self {
            Self::Plain(proofs) => plain::deny(proofs, name, kind),
            Self::Hashed(proofs) => proofs.deny(name, kind),
            Self::Missing => None,
        }
    }

    /// Whether it is proved that a name is rightly made from the wildcard below its last `labels` labels: no
    /// closer name exists. True if so; false if an unsigned zone may begin there; none if nothing is proved.
    pub(super) fn allow_wildcard(&self, name: &Name, labels: usize) -> Option<bool> {
        match self {
            Self::Plain(proofs) => plain::allow_wildcard(proofs, name, labels).then_some(true),
            Self::Hashed(proofs) => proofs.allow_wildcard(name, labels),
            Self::Missing => None,
        }
    }
}

/// What the types of a name that exists prove about one type; none if they prove nothing, since there are such
/// records, or an alias, or the proof is of the wrong side of a zone's border.
fn deny_by_types(types: &Types, kind: RecordType) -> Option<Denial> {
    if types.has(kind) || types.has(RecordType::CNAME) {
        return None;
    }
    if kind == RecordType::DS {
        // The zone below knows nothing about its DS records.
        return (!types.has(RecordType::SOA)).then_some(if types.has(RecordType::NS) {
            Denial::Delegation
        } else {
            Denial::NoData
        });
    }
    (!types.is_delegation()).then_some(Denial::NoData)
}

/// Whether names below one with these types belong elsewhere: to another zone, or to what DNAME leads to.
fn ends_here(types: &Types) -> bool {
    types.is_delegation() || types.has(RecordType::DNAME)
}

/// The fault of a response that should deny something and does not.
pub(super) fn not_denied(zone: &Zone, name: &Name, kind: RecordType) -> Fault {
    Why::NotDenied.at(&zone.name, name, kind)
}

#[cfg(test)]
mod tests;
