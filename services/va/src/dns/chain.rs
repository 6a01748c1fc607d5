//! From a name through its aliases (CNAME) to its records.

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};

use super::dnssec::{Session, Validator};
use super::{Answer, Dnssec, LookupError, Upstream};

/// The most aliases that are followed.
const MAX_ALIASES: usize = 8;

/// One look-up: of whom to ask, and how far to believe it.
pub(super) struct Lookup<'a> {
    pub(super) upstream: &'a Upstream,
    /// None if answers are believed as they come.
    pub(super) validator: Option<&'a Validator>,
    pub(super) session: &'a Session,
    pub(super) kind: RecordType,
}

impl Lookup<'_> {
    /// The records that a name has, itself or through aliases. A resolver gives the whole chain; if it gave only the
    /// beginning, or nothing at its end, it is asked again from there: the proof that there is nothing comes with
    /// the answer about that very name.
    pub(super) async fn resolve(&self, name: &str) -> Result<Answer, LookupError> {
        let mut current = Name::from_ascii(format!("{name}.")).map_err(|_| LookupError::BadName)?;
        let mut aliases = Vec::new();
        let mut dnssec = Dnssec::Secure;
        loop {
            let (message, resolver) = self.upstream.ask(&current, self.kind).await?;
            let asked = current.clone();
            let answer = |records, exists, aliases, dnssec| Answer {
                records,
                exists,
                aliases,
                dnssec,
                server: resolver.to_string(),
            };
            loop {
                let records = records_of(&message, &current, self.kind);
                let target = alias_of(&message, &current).filter(|_| records.is_empty());
                let is_answered = !records.is_empty() || target.is_some();
                if is_answered || current == asked {
                    dnssec = dnssec.min(self.judge(&message, &current).await?);
                }
                if !records.is_empty() {
                    return Ok(answer(records, true, aliases, dnssec));
                }
                let Some(target) = target else {
                    break;
                };
                if aliases.len() == MAX_ALIASES {
                    return Err(LookupError::AliasChain);
                }
                aliases.push(target.to_ascii().trim_end_matches('.').to_owned());
                current = target;
            }
            if current == asked {
                let metadata = &message.metadata;
                let exists = metadata.response_code != ResponseCode::NXDomain;
                // A referral must not pass for "no such records": that would open CAA.
                if exists && !metadata.recursion_available && !metadata.authoritative {
                    return Err(LookupError::NotRecursive);
                }
                return Ok(answer(Vec::new(), exists, aliases, dnssec));
            }
        }
    }

    async fn judge(&self, message: &Message, name: &Name) -> Result<Dnssec, LookupError> {
        match self.validator {
            None => Ok(Dnssec::NotValidated),
            Some(validator) => {
                validator
                    .judge(self.session, self.upstream, message, (name, self.kind))
                    .await
            }
        }
    }
}

fn at_name<'m>(message: &'m Message, name: &Name) -> impl Iterator<Item = &'m Record> {
    message
        .answers
        .iter()
        .filter(move |record| record.dns_class == DNSClass::IN && record.name == *name)
}

fn records_of(message: &Message, name: &Name, kind: RecordType) -> Vec<RData> {
    at_name(message, name)
        .filter(|record| record.record_type() == kind)
        .map(|record| record.data.clone())
        .collect()
}

fn alias_of(message: &Message, name: &Name) -> Option<Name> {
    at_name(message, name).find_map(|record| match &record.data {
        RData::CNAME(target) => Some(target.0.clone()),
        _ => None,
    })
}
