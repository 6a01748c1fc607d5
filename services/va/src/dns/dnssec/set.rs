//! Sets of records with their signatures, and the octets that are signed (RFC 4034 sections 3.1.8.1 and 6).

use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::{BinEncodable, BinEncoder};

use super::rdata::{Rrsig, octets};

/// The records of one type that a name has, with the signatures over them.
#[derive(Debug)]
pub(super) struct Set<'m> {
    pub(super) name: &'m Name,
    pub(super) kind: RecordType,
    pub(super) records: Vec<&'m Record>,
    pub(super) signatures: Vec<Rrsig>,
}

impl<'m> Set<'m> {
    /// That of this name and type in a section; none if it has no records.
    pub(super) fn find(section: &'m [Record], name: &'m Name, kind: RecordType) -> Option<Self> {
        let at_name = || {
            section
                .iter()
                .filter(|record| record.dns_class == DNSClass::IN && record.name == *name)
        };
        let records: Vec<_> = at_name().filter(|record| record.record_type() == kind).collect();
        if records.is_empty() {
            return None;
        }
        let signatures = at_name()
            .filter(|record| record.record_type() == RecordType::RRSIG)
            .filter_map(|record| Rrsig::read(octets(record)?))
            .filter(|signature| signature.covered == kind)
            .collect();
        Some(Self {
            name,
            kind,
            records,
            signatures,
        })
    }

    /// All sets of a type in a section.
    pub(super) fn all(section: &'m [Record], kind: RecordType) -> Vec<Self> {
        let mut names: Vec<&Name> = Vec::new();
        for record in section.iter().filter(|record| record.record_type() == kind) {
            if !names.contains(&&record.name) {
                names.push(&record.name);
            }
        }
        names
            .into_iter()
            .filter_map(|name| Self::find(section, name, kind))
            .collect()
    }

    /// The zone that says of itself to have signed the set: that of its signatures which is closest to the name.
    pub(super) fn signer(&self) -> Option<&Name> {
        let signers = self.signatures.iter().map(|signature| &signature.signer);
        signers
            .filter(|signer| signer.zone_of(self.name))
            .max_by_key(|signer| label_count(signer))
    }

    /// What the signature is over; none if it claims a longer name, or a record cannot be written.
    pub(super) fn signed_octets(&self, signature: &Rrsig) -> Option<Vec<u8>> {
        let owner = self.signed_name(signature)?;
        let mut all = self
            .records
            .iter()
            .map(|record| canonical(record))
            .collect::<Option<Vec<_>>>()?;
        all.sort_unstable();
        all.dedup();
        let mut signed = [&signature.fixed[..], &wire(&signature.signer)].concat();
        for data in all {
            signed.extend(&owner);
            signed.extend(u16::from(self.kind).to_be_bytes());
            signed.extend(u16::from(DNSClass::IN).to_be_bytes());
            signed.extend(signature.original_ttl.to_be_bytes());
            signed.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
            signed.extend(data);
        }
        Some(signed)
    }

    /// The name as it was signed: with fewer labels, it was made from a wildcard.
    fn signed_name(&self, signature: &Rrsig) -> Option<Vec<u8>> {
        let labels = usize::from(signature.labels);
        match signed_labels(self.name).checked_sub(labels)? {
            0 => Some(wire(self.name)),
            _ => Some([b"\x01*", &wire(&suffix(self.name, labels))[..]].concat()),
        }
    }
}

/// The data of a record in its canonical form: names in lower case, and not compressed.
fn canonical(record: &Record) -> Option<Vec<u8>> {
    if let RData::Unknown { code, rdata } = &record.data {
        return Some(if *code == RecordType::DNAME {
            rdata.anything.to_ascii_lowercase()
        } else {
            rdata.anything.clone()
        });
    }
    let mut octets = Vec::new();
    let mut encoder = BinEncoder::new(&mut octets);
    encoder.set_canonical_form(true);
    record.data.emit(&mut encoder).ok()?;
    Some(octets)
}

/// A name as octets, in lower case.
pub(super) fn wire(name: &Name) -> Vec<u8> {
    let mut octets = Vec::with_capacity(name.len() + 1);
    for label in name {
        octets.push(label.len() as u8);
        octets.extend(label.to_ascii_lowercase());
    }
    octets.push(0);
    octets
}

/// How many labels a name has; the root has none.
pub(super) fn label_count(name: &Name) -> usize {
    name.iter().count()
}

/// As a signature counts them: without `*` at the front.
fn signed_labels(name: &Name) -> usize {
    label_count(name) - usize::from(name.iter().next() == Some(b"*"))
}

/// Whether a signature with so many labels says that this name was made from a wildcard.
pub(super) fn is_expanded(name: &Name, labels: u8) -> bool {
    usize::from(labels) < signed_labels(name)
}

/// The last labels of a name.
pub(super) fn suffix(name: &Name, labels: usize) -> Name {
    name.trim_to(labels)
}

/// How many labels at their ends two names have in common.
pub(super) fn common_labels(one: &Name, other: &Name) -> usize {
    one.iter()
        .rev()
        .zip(other.iter().rev())
        .take_while(|(one, other)| one.eq_ignore_ascii_case(other))
        .count()
}

/// Whether the name lies below the other, and is not the other itself.
pub(super) fn is_below(name: &Name, other: &Name) -> bool {
    other.zone_of(name) && label_count(name) > label_count(other)
}
