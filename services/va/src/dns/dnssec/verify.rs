//! Whether what a response says about one name and type is authentic.

use hickory_proto::op::Message;
use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::denial::{Denial, Proofs, not_denied};
use super::fault::{Fault, Why};
use super::rdata::{octets, only_name};
use super::session::{Asker, Session};
use super::set::{Set, is_below, is_expanded, label_count, suffix};
use super::signature::{Checker, Zone};
use crate::dns::{Dnssec, LookupError};

/// The state of the records of a type that a response has for a name.
pub(super) async fn records(
    session: &Session,
    asker: &Asker<'_>,
    message: &Message,
    set: &Set<'_>,
) -> Result<Dnssec, LookupError> {
    let checker = session.checker(asker.now);
    let Some(signer) = set.signer() else {
        return match session.zone(asker, set.name).await? {
            None => Ok(Dnssec::Insecure),
            Some(zone) if set.kind == RecordType::CNAME => {
                synthesized_anywhere(session, asker, &zone, message, set).await
            }
            Some(zone) => Err(Why::Unsigned.at(&zone.name, set.name, set.kind).into()),
        };
    };
    let Some(zone) = session.zone(asker, signer).await? else {
        return Ok(Dnssec::Insecure);
    };
    let signature = checker.verify(&zone, set)?;
    if !is_expanded(set.name, signature.labels) {
        return Ok(Dnssec::Secure);
    }
    let proofs = Proofs::read(checker, &zone, &message.authorities)?;
    match proofs.allow_wildcard(set.name, usize::from(signature.labels)) {
        Some(true) => Ok(Dnssec::Secure),
        Some(false) => Ok(Dnssec::Insecure),
        None => Err(Why::WildcardNotProved.at(&zone.name, set.name, set.kind).into()),
    }
}

/// The state of a response that has no records of a type for a name, and no alias.
pub(super) async fn absence(
    session: &Session,
    asker: &Asker<'_>,
    message: &Message,
    name: &Name,
    kind: RecordType,
) -> Result<Dnssec, LookupError> {
    let checker = session.checker(asker.now);
    // Whoever says that there is nothing must be the zone of the name, or one above.
    let authority = &message.authorities;
    let proofs = [RecordType::NSEC, RecordType::NSEC3].map(|kind| Set::all(authority, kind));
    let signer = proofs
        .iter()
        .flatten()
        .filter_map(Set::signer)
        .filter(|signer| signer.zone_of(name))
        .max_by_key(|signer| label_count(signer));
    let Some(zone) = session.zone(asker, signer.unwrap_or(name)).await? else {
        return Ok(Dnssec::Insecure);
    };
    match Proofs::read(checker, &zone, authority)?.deny(name, kind) {
        Some(Denial::NoData | Denial::NoName) => Ok(Dnssec::Secure),
        Some(Denial::OptOut) => Ok(Dnssec::Insecure),
        Some(Denial::Delegation) | None => Err(not_denied(&zone, name, kind).into()),
    }
}

/// An alias without a signature: it must follow from a signed DNAME above, perhaps of a zone above.
async fn synthesized_anywhere(
    session: &Session,
    asker: &Asker<'_>,
    zone: &Zone,
    message: &Message,
    set: &Set<'_>,
) -> Result<Dnssec, LookupError> {
    let signer = dname_above(&message.answers, set.name).and_then(|dname| dname.signer().cloned());
    let above = match signer {
        Some(signer) => session.zone(asker, &signer).await?,
        None => None,
    };
    let checker = session.checker(asker.now);
    synthesized(checker, above.as_deref().unwrap_or(zone), &message.answers, set)?;
    Ok(Dnssec::Secure)
}

/// Whether an alias without a signature follows from a DNAME that the zone signed (RFC 6672 section 5.3.1).
pub(super) fn synthesized(
    checker: Checker<'_>,
    zone: &Zone,
    answers: &[Record],
    set: &Set<'_>,
) -> Result<(), Fault> {
    let unsigned = || Why::Unsigned.at(&zone.name, set.name, set.kind);
    let dname = dname_above(answers, set.name).ok_or_else(unsigned)?;
    checker.verify(zone, &dname)?;
    let target = dname
        .records
        .first()
        .and_then(|record| only_name(octets(record)?));
    let front = label_count(set.name) - label_count(dname.name);
    let expected = target.and_then(|target| {
        let labels = set.name.iter().take(front).chain(target.iter());
        Name::from_labels(labels).ok()
    });
    let says = |record: &&Record| matches!(&record.data, RData::CNAME(target) if Some(&target.0) == expected.as_ref());
    (set.records.len() == 1 && set.records.iter().all(says))
        .then_some(())
        .ok_or_else(unsigned)
}

/// The DNAME record that is closest above a name.
fn dname_above<'m>(answers: &'m [Record], name: &Name) -> Option<Set<'m>> {
    (0..label_count(name)).rev().find_map(|labels| {
        let owner = suffix(name, labels);
        let owner = answers
            .iter()
            .map(|record| &record.name)
            .find(|known| **known == owner && is_below(name, known))?;
        Set::find(answers, owner, RecordType::DNAME)
    })
}
