//! What fuzzing programs reach: a response, judged with the keys of another.

use cairn_types::Timestamp;
use hickory_proto::op::Message;
use hickory_proto::rr::{Record, RecordType};

use super::denial::Proofs;
use super::rdata::{Dnskey, octets};
use super::set::{Set, is_expanded};
use super::signature::{Budget, Checker, Zone};

/// Whether the second message says something about what it was asked for that the keys in the first vouch for, at
/// that moment. A signature that is good must not be so for other records. `test/fuzz` calls this.
pub fn authenticates(keys: &[u8], response: &[u8], now: Timestamp) -> bool {
    let (Ok(keys), Ok(response)) = (Message::from_vec(keys), Message::from_vec(response)) else {
        return false;
    };
    let sets = Set::all(&keys.answers, RecordType::DNSKEY);
    let (Some(set), Some(query)) = (sets.first(), response.queries.first()) else {
        return false;
    };
    let read = |record: &&Record| Dnskey::read(octets(record)?);
    let zone = Zone {
        name: set.name.clone(),
        keys: set.records.iter().filter_map(read).collect(),
    };
    let budget = Budget::new(100);
    let checker = Checker { now, budget: &budget };
    let (name, kind) = (query.name(), query.query_type());
    let proofs = Proofs::read(checker, &zone, &response.authorities);
    let found = [kind, RecordType::CNAME, RecordType::DNAME]
        .into_iter()
        .find_map(|kind| Set::find(&response.answers, name, kind));
    let Some(set) = found else {
        return proofs.is_ok_and(|proofs| proofs.deny(name, kind).is_some());
    };
    let Ok(signature) = checker.verify(&zone, &set) else {
        return false;
    };
    if set.records.len() > 1 {
        let fewer = Set {
            name: set.name,
            kind: set.kind,
            records: set.records[1..].to_vec(),
            signatures: vec![signature.clone()],
        };
        let is_repeated = set.records[1..]
            .iter()
            .any(|record| record.data == set.records[0].data);
        assert!(is_repeated || checker.verify(&zone, &fewer).is_err());
    }
    if is_expanded(set.name, signature.labels) {
        let labels = usize::from(signature.labels);
        return proofs.is_ok_and(|proofs| proofs.allow_wildcard(set.name, labels).is_some());
    }
    true
}
