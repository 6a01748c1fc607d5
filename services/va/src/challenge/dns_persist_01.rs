//! dns-persist-01 (draft-ietf-acme-dns-persist, CA/B BR 3.2.2.4.22): a TXT record that stays, and names this CA and the
//! account. Only the record of the very name counts, never that of a name above it.

use std::sync::Arc;

use cairn_acme::persist::{self, Draft, Record, RecordError, account_hash};
use cairn_types::{Clock, ErrorKind, Timestamp};
use hickory_proto::rr::RecordType;

use super::{Claim, digest_record};
use crate::dns::Dns;
use crate::refusal::Refusal;
use crate::text::{clean, clean_bytes};
use crate::trace::Trace;

/// How much of a record a receipt keeps, in characters.
const KEPT: usize = 1500;

/// How records name this CA and its accounts.
pub(crate) struct PersistSettings {
    pub(crate) draft: Draft,
    /// In lower case, at least one.
    pub(crate) issuers: Vec<String>,
    /// What account hashes start with (draft -02).
    pub(crate) account_hash_prefix: String,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Why a record proves nothing. The more it has in common with one that would, the later it comes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    OtherIssuer,
    Malformed(String),
    OtherAccount,
    NoWildcard,
    Expired(Timestamp),
}

impl PersistSettings {
    /// What `accounturi` may be: the account's URL, or its hashes for this name and for any.
    fn account_uris(&self, claim: &Claim<'_>, name: &str) -> Vec<String> {
        match self.draft {
            Draft::V01 => vec![claim.account_uri.to_owned()],
            Draft::V02 => {
                let hash = |name| {
                    account_hash(
                        &self.account_hash_prefix,
                        name,
                        &claim.thumbprint,
                        claim.account_uri,
                    )
                };
                [name, persist::ANY_NAME].into_iter().filter_map(hash).collect()
            }
        }
    }

    /// The record that would prove control.
    fn record(&self, accounts: &[String], wildcard: bool) -> Record {
        Record {
            issuer: self.issuers.first().cloned().unwrap_or_default(),
            account_uri: accounts.first().cloned().unwrap_or_default(),
            wildcard,
            until: None,
        }
    }

    fn is_issuer(&self, text: &str) -> bool {
        self.issuers.iter().any(|known| known.eq_ignore_ascii_case(text))
    }

    /// Whether a record proves control at a moment.
    fn judge(
        &self,
        text: &[u8],
        accounts: &[String],
        wildcard: bool,
        now: Timestamp,
    ) -> Result<Record, Fault> {
        let record = Record::parse(text).map_err(|error| self.malformed(text, &error))?;
        if !self.is_issuer(&record.issuer) {
            return Err(Fault::OtherIssuer);
        }
        if !accounts.contains(&record.account_uri) {
            return Err(Fault::OtherAccount);
        }
        if wildcard && !record.wildcard {
            return Err(Fault::NoWildcard);
        }
        match record.until {
            Some(until) if now > until => Err(Fault::Expired(until)),
            _ => Ok(record),
        }
    }

    /// A record for somebody else may have any form.
    fn malformed(&self, text: &[u8], error: &RecordError) -> Fault {
        let issuer = text.split(|byte| *byte == b';').next().unwrap_or_default();
        match std::str::from_utf8(issuer) {
            Ok(issuer) if self.is_issuer(issuer.trim_matches([' ', '\t'])) => {
                Fault::Malformed(error.to_string())
            }
            _ => Fault::OtherIssuer,
        }
    }
}

pub(super) async fn perform(
    dns: &Dns,
    settings: &PersistSettings,
    claim: &Claim<'_>,
    trace: &mut Trace,
) -> Result<(), Refusal> {
    let name = claim.zone_name()?;
    let place = persist::record_name(name);
    let accounts = settings.account_uris(claim, name);
    let expected = settings.record(&accounts, claim.wildcard);
    let remedy = || format!("Add the record `{place}. IN TXT \"{expected}\"`");
    let found = dns
        .txt(&place, trace)
        .await
        .map_err(|error| error.refusal(RecordType::TXT, &place).remedy(remedy))?;
    let now = settings.clock.now();
    let mut closest = None;
    let mut best: Option<(&[u8], Record)> = None;
    for text in &found {
        match settings.judge(text, &accounts, claim.wildcard, now) {
            // Of several, the one that is good for longest.
            Ok(record) => {
                if best.as_ref().is_none_or(|(_, other)| end(other) < end(&record)) {
                    best = Some((text, record));
                }
            }
            Err(fault) => closest = closest.max(Some(fault)),
        }
    }
    if let Some((text, record)) = best {
        trace.matched(format!("{place} TXT \"{}\"", clean_bytes(text, KEPT)));
        if let Some(until) = record.until {
            trace.valid_until(until);
        }
        return Ok(());
    }
    let refusal = explain(closest, &place, claim.account_uri);
    let refusal = match &found[..] {
        [] => refusal,
        found => refusal.found(digest_record::shown(found)),
    };
    Err(refusal.expected(format!("\"{expected}\"")).remedy(remedy))
}

/// A record without an end outlasts all others.
fn end(record: &Record) -> Timestamp {
    record.until.unwrap_or(Timestamp::from_millis(i64::MAX))
}

fn explain(closest: Option<Fault>, place: &str, account: &str) -> Refusal {
    let what = match closest {
        None => format!("{place} has no TXT record"),
        Some(Fault::OtherIssuer) => format!("no TXT record of {place} names this CA"),
        Some(Fault::Malformed(why)) => {
            let what = format!("a TXT record of {place} is malformed: {why}");
            return Refusal::new(ErrorKind::Malformed, what);
        }
        Some(Fault::OtherAccount) => {
            format!(
                "no TXT record of {place} names the account {}",
                clean(account, 300)
            )
        }
        Some(Fault::NoWildcard) => {
            format!("the TXT record of {place} does not have policy=wildcard, which a wildcard name needs")
        }
        Some(Fault::Expired(until)) => {
            format!(
                "the TXT record of {place} was good until {} only",
                until.to_rfc3339()
            )
        }
    };
    Refusal::new(ErrorKind::Unauthorized, what)
}

#[cfg(test)]
mod tests;
