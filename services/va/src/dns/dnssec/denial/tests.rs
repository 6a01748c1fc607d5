use openssl::sha::sha1;
use proptest::prelude::*;

use super::super::set::{label_count, suffix, wire};
use super::*;

/// The zone `example.` of these tests: its names and their types.
const NAMES: [(&str, &[RecordType]); 8] = [
    ("example.", &[RecordType::SOA, RecordType::NS, RecordType::DNSKEY]),
    ("a.example.", &[RecordType::A]),
    ("alias.example.", &[RecordType::CNAME]),
    ("moved.example.", &[RecordType::DNAME]),
    ("safe.example.", &[RecordType::NS, RecordType::DS]),
    ("sub.example.", &[RecordType::NS]),
    ("*.w.example.", &[RecordType::TXT]),
    ("x.ent.example.", &[RecordType::A]),
];

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

/// All of them are below 256, which is one block.
fn types(kinds: &[RecordType]) -> Vec<u8> {
    let mut octets = vec![0, 32];
    octets.extend([0; 32]);
    for kind in kinds {
        let kind = u16::from(*kind);
        octets[2 + usize::from(kind / 8)] |= 0x80 >> (kind % 8);
    }
    octets
}

/// Every NSEC record of the zone.
fn plain() -> Vec<(Name, Nsec)> {
    let mut all: Vec<(Name, &[RecordType])> =
        NAMES.iter().map(|(owner, kinds)| (name(owner), *kinds)).collect();
    all.sort();
    let next = |index: usize| all[(index + 1) % all.len()].0.clone();
    let records = all.iter().enumerate().map(|(index, (owner, kinds))| {
        let octets = [wire(&next(index)), types(kinds)].concat();
        (owner.clone(), Nsec::read(&octets).unwrap())
    });
    records.collect()
}

/// Every NSEC3 record of the zone; `flags` is 1 for opt-out.
fn hashed(flags: u8) -> Vec<(Name, Nsec3)> {
    let mut all: Vec<(Name, &[RecordType])> =
        NAMES.iter().map(|(owner, kinds)| (name(owner), *kinds)).collect();
    all.extend([(name("w.example."), &[][..]), (name("ent.example."), &[])]);
    let mut all: Vec<_> = all
        .into_iter()
        .map(|(owner, kinds)| (sha1(&wire(&owner)), kinds))
        .collect();
    all.sort();
    let next = |index: usize| all[(index + 1) % all.len()].0;
    let records = all.iter().enumerate().map(|(index, (hash, kinds))| {
        let mut octets = vec![1, flags, 0, 0, 0, 20];
        octets.extend(next(index));
        octets.extend(types(kinds));
        let owner = format!("{}.example.", base32(hash));
        (name(&owner), Nsec3::read(&octets).unwrap())
    });
    records.collect()
}

fn base32(hash: &[u8]) -> String {
    let bits = hash
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let bits: Vec<u8> = bits.collect();
    bits.chunks(5)
        .map(|five| five.iter().fold(0_u32, |value, bit| value << 1 | u32::from(*bit)))
        .map(|value| char::from_digit(value, 32).unwrap())
        .collect()
}

fn by_plain(keep: impl Fn(usize) -> bool) -> Proofs {
    let kept = plain().into_iter().enumerate().filter(|(index, _)| keep(*index));
    Proofs::Plain(kept.map(|(_, (owner, nsec))| Plain::new(&owner, nsec)).collect())
}

fn by_hash(flags: u8, keep: impl Fn(usize) -> bool) -> Proofs {
    let all = hashed(flags);
    let kept = all.iter().enumerate().filter(|(index, _)| keep(*index));
    Hashed::new(
        &name("example."),
        kept.map(|(_, (owner, nsec3))| (owner, nsec3.clone())),
    )
    .unwrap()
    .map_or(Proofs::Missing, Proofs::Hashed)
}

const CASES: [(&str, RecordType, Option<Denial>); 18] = [
    ("example.", RecordType::CAA, Some(Denial::NoData)),
    // The zone itself says nothing about its DS records: that is for the zone above.
    ("example.", RecordType::DS, None),
    ("a.example.", RecordType::CAA, Some(Denial::NoData)),
    ("A.EXAMPLE.", RecordType::CAA, Some(Denial::NoData)),
    ("a.example.", RecordType::A, None),
    ("a.example.", RecordType::DS, Some(Denial::NoData)),
    ("alias.example.", RecordType::CAA, None),
    ("nothing.example.", RecordType::CAA, Some(Denial::NoName)),
    ("b.nothing.example.", RecordType::DS, Some(Denial::NoName)),
    ("ent.example.", RecordType::CAA, Some(Denial::NoData)),
    ("y.ent.example.", RecordType::CAA, Some(Denial::NoName)),
    ("y.w.example.", RecordType::CAA, Some(Denial::NoData)),
    ("y.w.example.", RecordType::TXT, None),
    ("sub.example.", RecordType::DS, Some(Denial::Delegation)),
    // These belong to the zone below, or to where DNAME leads.
    ("sub.example.", RecordType::CAA, None),
    ("www.safe.example.", RecordType::CAA, None),
    ("www.moved.example.", RecordType::CAA, None),
    ("safe.example.", RecordType::DS, None),
];

#[test]
fn a_whole_zone_denies_what_it_has_not() {
    for (at, kind, expected) in CASES {
        let at = name(at);
        assert_eq!(by_plain(|_| true).deny(&at, kind), expected, "NSEC {at} {kind}");
        assert_eq!(
            by_hash(0, |_| true).deny(&at, kind),
            expected,
            "NSEC3 {at} {kind}"
        );
    }
}

#[test]
fn opt_out_proves_little() {
    let proofs = by_hash(1, |_| true);
    for (at, kind, expected) in [
        ("nothing.example.", RecordType::DS, Some(Denial::OptOut)),
        ("nothing.example.", RecordType::CAA, Some(Denial::OptOut)),
        ("a.example.", RecordType::CAA, Some(Denial::NoData)),
        ("www.safe.example.", RecordType::CAA, None),
        ("www.safe.example.", RecordType::DS, None),
    ] {
        assert_eq!(proofs.deny(&name(at), kind), expected, "{at} {kind}");
    }
    assert_eq!(proofs.allow_wildcard(&name("y.w.example."), 2), Some(false));
}

#[test]
fn wildcards_are_only_for_names_without_a_closer_one() {
    for (at, labels, expected) in [
        ("y.w.example.", 2, Some(true)),
        ("z.y.w.example.", 2, Some(true)),
        // `w` and `a` exist, so that no wildcard above them can be meant.
        ("y.w.example.", 1, None),
        ("y.a.example.", 1, None),
        // These exist themselves.
        ("a.example.", 1, None),
        ("ent.example.", 1, None),
    ] {
        let at = name(at);
        assert_eq!(
            by_plain(|_| true).allow_wildcard(&at, labels),
            expected,
            "NSEC {at}"
        );
        assert_eq!(
            by_hash(0, |_| true).allow_wildcard(&at, labels),
            expected,
            "NSEC3 {at}"
        );
    }
    assert_eq!(Proofs::Missing.allow_wildcard(&name("y.w.example."), 2), None);
}

#[test]
fn proofs_of_another_zone_or_too_costly_ones_do_not_count() {
    let all = hashed(0);
    let of_other = Hashed::new(
        &name("other."),
        all.iter().map(|(owner, nsec3)| (owner, nsec3.clone())),
    );
    assert!(of_other.unwrap().is_none());
    let costly = all.iter().map(|(owner, nsec3)| {
        let nsec3 = Nsec3 {
            iterations: 151,
            ..nsec3.clone()
        };
        (owner, nsec3)
    });
    assert!(Hashed::new(&name("example."), costly).is_err());
}

proptest! {
    /// Whoever leaves proofs out can prevent a proof, and not change what is proved.
    #[test]
    fn fewer_proofs_prove_less(kept in any::<u16>(), case in 0..CASES.len()) {
        let (at, kind, expected) = CASES[case];
        let keep = |index: usize| kept >> index & 1 == 1;
        for found in [by_plain(keep).deny(&name(at), kind), by_hash(0, keep).deny(&name(at), kind)] {
            prop_assert!(found.is_none() || found == expected);
        }
    }
}

#[test]
fn labels_are_counted_from_the_root() {
    assert_eq!(label_count(&suffix(&name("a.b.example."), 2)), 2);
    assert_eq!(label_count(&Name::root()), 0);
}
