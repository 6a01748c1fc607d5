//! The zones that one attempt has come to know, from the root down.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cairn_types::Timestamp;
use hickory_proto::rr::{Name, Record, RecordType};
use tokio::sync::OnceCell;

use super::anchor::TrustAnchor;
use super::denial::{Denial, Proofs, not_denied};
use super::fault::{Fault, Why};
use super::rdata::{Dnskey, Ds, octets};
use super::set::{Set, label_count, suffix};
use super::signature::{Budget, Checker, Zone};
use crate::dns::{LookupError, Upstream};

/// How many signatures one attempt verifies, and how many queries for DS and DNSKEY records it makes: many times
/// what an honest name needs.
const MAX_SIGNATURES: u32 = 400;
const MAX_QUERIES: u32 = 200;

/// How many DS and DNSKEY records one zone may have: each of the one kind may have to be compared with each of the
/// other.
const MAX_DS: usize = 32;
const MAX_KEYS: usize = 64;

/// What was learned of zones during one attempt, so that it is asked for once. Nothing outlives the attempt.
#[derive(Debug)]
pub(crate) struct Session {
    steps: Mutex<HashMap<Name, Step>>,
    signatures: Budget,
    queries: Budget,
}

type Step = Arc<OnceCell<Result<Border, LookupError>>>;

/// What lies between a name and the one above it.
#[derive(Debug, Clone)]
enum Border {
    /// Nothing: both belong to the same zone.
    None,
    /// The name does not exist, nor what is below it.
    End,
    /// A zone begins here that is signed.
    Signed(Arc<Zone>),
    /// A zone begins here, or may begin, that is not signed.
    Unsigned,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            steps: Mutex::default(),
            signatures: Budget::new(MAX_SIGNATURES),
            queries: Budget::new(MAX_QUERIES),
        }
    }
}

impl Session {
    pub(super) fn checker(&self, now: Timestamp) -> Checker<'_> {
        Checker {
            now,
            budget: &self.signatures,
        }
    }

    /// The signed zone that a name belongs to; none if it is proved that the name belongs to an unsigned one.
    pub(super) async fn zone(
        &self,
        asker: &Asker<'_>,
        name: &Name,
    ) -> Result<Option<Arc<Zone>>, LookupError> {
        let root = self.border(asker, None, Name::root()).await?;
        let Border::Signed(mut zone) = root else {
            return Ok(None);
        };
        for labels in 1..=label_count(name) {
            let below = suffix(name, labels);
            match self.border(asker, Some(&zone), below).await? {
                Border::None => {}
                Border::End => break,
                Border::Signed(below) => zone = below,
                Border::Unsigned => return Ok(None),
            }
        }
        Ok(Some(zone))
    }

    /// What lies at the name, which is one label longer than one that belongs to the zone above.
    async fn border(
        &self,
        asker: &Asker<'_>,
        above: Option<&Arc<Zone>>,
        name: Name,
    ) -> Result<Border, LookupError> {
        let step = {
            let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(steps.entry(name.to_lowercase()).or_default())
        };
        let found = step.get_or_init(|| async {
            match above {
                None => self.root(asker).await.map(Border::Signed),
                Some(above) => self.look(asker, above, &name).await,
            }
        });
        found.await.clone()
    }

    async fn root(&self, asker: &Asker<'_>) -> Result<Arc<Zone>, LookupError> {
        let keys = self.ask(asker, &Name::root(), RecordType::DNSKEY).await?;
        let checker = self.checker(asker.now);
        let root = root_zone(checker, asker.anchor, &keys.0)?;
        Ok(Arc::new(root))
    }

    async fn look(&self, asker: &Asker<'_>, above: &Zone, name: &Name) -> Result<Border, LookupError> {
        let checker = self.checker(asker.now);
        let message = self.ask(asker, name, RecordType::DS).await?;
        let all = match delegation(checker, above, name, &message)? {
            Ok(all) => all,
            Err(border) => return Ok(border),
        };
        let known: Vec<Ds> = all.into_iter().filter(Ds::is_supported).collect();
        if known.is_empty() {
            // RFC 4035 section 5.2: nobody can verify it, so it is as if it were not signed.
            return Ok(Border::Unsigned);
        }
        let keys = self.ask(asker, name, RecordType::DNSKEY).await?;
        let zone = zone(checker, name, &keys.0, |key| {
            known.iter().any(|ds| ds.fits(name, key))
        })?;
        Ok(Border::Signed(Arc::new(zone)))
    }

    async fn ask(&self, asker: &Asker<'_>, name: &Name, kind: RecordType) -> Result<Sections, LookupError> {
        if !self.queries.take() {
            return Err(Why::TooMuch.at(name, name, kind).into());
        }
        let (message, _) = asker.upstream.ask(name, kind).await?;
        Ok(Sections(message.answers, message.authorities))
    }
}

/// Answers and authority of a response.
struct Sections(Vec<Record>, Vec<Record>);

/// What is needed to ask and to judge.
pub(super) struct Asker<'a> {
    pub(super) upstream: &'a Upstream,
    pub(super) anchor: &'a TrustAnchor,
    pub(super) now: Timestamp,
}

/// The root zone, if its keys, in an answer section, are signed by one that is trusted.
pub(super) fn root_zone(
    checker: Checker<'_>,
    anchor: &TrustAnchor,
    answers: &[Record],
) -> Result<Zone, Fault> {
    zone(checker, &Name::root(), answers, |key| anchor.contains(key))
}

/// The zone, if its keys are signed by one that `is_trusted`.
fn zone(
    checker: Checker<'_>,
    name: &Name,
    answers: &[Record],
    is_trusted: impl Fn(&Dnskey) -> bool,
) -> Result<Zone, Fault> {
    let fault = |why: Why| why.at(name, name, RecordType::DNSKEY);
    let set = Set::find(answers, name, RecordType::DNSKEY).ok_or_else(|| fault(Why::Missing))?;
    if set.records.len() > MAX_KEYS {
        return Err(fault(Why::TooMuch));
    }
    let read = |record: &&Record| Dnskey::read(octets(record)?);
    let keys: Vec<Dnskey> = set.records.iter().filter_map(read).collect();
    let trusted: Vec<_> = keys.iter().filter(|key| is_trusted(key)).cloned().collect();
    if trusted.is_empty() {
        return Err(fault(Why::NoKeyFits));
    }
    let entry = Zone {
        name: name.clone(),
        keys: trusted,
    };
    checker.verify(&entry, &set)?;
    Ok(Zone {
        name: name.clone(),
        keys,
    })
}

/// The DS records of a name, or what it means that there are none.
fn delegation(
    checker: Checker<'_>,
    above: &Zone,
    name: &Name,
    message: &Sections,
) -> Result<Result<Vec<Ds>, Border>, Fault> {
    let Sections(answers, authority) = message;
    if let Some(set) = Set::find(answers, name, RecordType::DS) {
        checker.verify(above, &set)?;
        if set.records.len() > MAX_DS {
            return Err(Why::TooMuch.at(&above.name, name, RecordType::DS));
        }
        let read = |record: &&Record| Ds::read(octets(record)?);
        return Ok(Ok(set.records.iter().filter_map(read).collect()));
    }
    if let Some(set) = Set::find(answers, name, RecordType::CNAME) {
        // No zone begins at an alias, or the alias would not be in this one. One that comes from a wildcard stands
        // for a name that does not exist, and one without signature comes from a DNAME above.
        if set.signatures.is_empty() {
            return super::verify::synthesized(checker, above, answers, &set).map(|()| Err(Border::None));
        }
        checker.verify(above, &set)?;
        return Ok(Err(Border::None));
    }
    match Proofs::read(checker, above, authority)?.deny(name, RecordType::DS) {
        Some(Denial::NoData) => Ok(Err(Border::None)),
        Some(Denial::NoName) => Ok(Err(Border::End)),
        Some(Denial::Delegation | Denial::OptOut) => Ok(Err(Border::Unsigned)),
        None => Err(not_denied(above, name, RecordType::DS)),
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::RData;
    use hickory_proto::rr::rdata::NULL;

    use super::*;

    #[test]
    fn a_zone_with_countless_keys_is_given_up() {
        let session = Session::default();
        let key = |index: u8| {
            let data = RData::Unknown {
                code: RecordType::DNSKEY,
                rdata: NULL::with(vec![1, 0, 3, 13, index]),
            };
            Record::from_rdata(Name::root(), 60, data)
        };
        for (count, why) in [
            (0, Why::Missing),
            (64, Why::NoKeyFits),
            (65, Why::TooMuch),
            (255, Why::TooMuch),
        ] {
            let answers: Vec<_> = (0..count).map(key).collect();
            let checker = session.checker(Timestamp::from_secs(0));
            let expected = why.at(&Name::root(), &Name::root(), RecordType::DNSKEY);
            assert_eq!(
                root_zone(checker, &TrustAnchor::iana(), &answers).err(),
                Some(expected)
            );
        }
    }
}
