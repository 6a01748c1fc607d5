//! From a name through its aliases (CNAME) to its records.

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, RecordType};

use super::{Answer, LookupError, Upstream};

/// The most aliases that are followed.
const MAX_ALIASES: usize = 8;

/// The records of a kind that a name has, itself or through aliases. A resolver gives the whole chain; if it
/// gave only the beginning, it is asked for the rest.
pub(super) async fn resolve(
    upstream: &Upstream,
    name: &str,
    kind: RecordType,
) -> Result<Answer, LookupError> {
    let mut current = Name::from_ascii(format!("{name}.")).map_err(|_| LookupError::BadName)?;
    let mut aliases = Vec::new();
    loop {
        let (message, server) = upstream.ask(&current, kind).await?;
        let asked = current.clone();
        let records = follow(&message, &mut current, kind, &mut aliases)?;
        let done = if !records.is_empty() {
            true
        } else if message.metadata.response_code == ResponseCode::NXDomain {
            return Err(LookupError::NxDomain);
        } else if current == asked {
            // A referral must not pass for "no such records": that would open CAA.
            if !message.metadata.recursion_available && !message.metadata.authoritative {
                return Err(LookupError::NotRecursive);
            }
            true
        } else {
            false
        };
        if done {
            return Ok(Answer {
                records,
                aliases,
                server: server.to_string(),
            });
        }
    }
}

/// Follows the aliases in one message as far as they go, and collects the records at their end.
fn follow(
    message: &Message,
    current: &mut Name,
    kind: RecordType,
    aliases: &mut Vec<String>,
) -> Result<Vec<RData>, LookupError> {
    loop {
        let at_current = || {
            message
                .answers
                .iter()
                .filter(|record| record.dns_class == DNSClass::IN && record.name == *current)
        };
        let records: Vec<_> = at_current()
            .filter(|record| record.record_type() == kind)
            .map(|record| record.data.clone())
            .collect();
        if !records.is_empty() {
            return Ok(records);
        }
        let target = at_current().find_map(|record| match &record.data {
            RData::CNAME(target) => Some(target.0.clone()),
            _ => None,
        });
        let Some(target) = target else {
            return Ok(Vec::new());
        };
        if aliases.len() == MAX_ALIASES {
            return Err(LookupError::AliasChain);
        }
        aliases.push(target.to_ascii().trim_end_matches('.').to_owned());
        *current = target;
    }
}
