//! CAA: whether the owner of a name allows this CA to issue for it (RFC 8659, RFC 8657).

mod climb;
mod evaluate;
mod issue_value;

use cairn_evidence::{Caa, CaaVerdict, Dnssec};
use cairn_types::{ChallengeType, Clock, DnsName, ErrorKind, Identifier};
use hickory_proto::rr::RecordType;
use hickory_proto::rr::rdata::CAA;

use crate::dns::{Dns, LookupError};
use crate::refusal::Refusal;
use crate::text::{clean, clean_bytes, cut};
use crate::trace::Trace;
use evaluate::{Asker, Forbidden};

const MAX_RECORDS: usize = 16;
const MAX_RECORD: usize = 256;

/// For whom the records are checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) identifier: &'a Identifier,
    pub(crate) wildcard: bool,
    pub(crate) method: ChallengeType,
    pub(crate) account_uri: &'a str,
}

/// Checks CAA records with the identities that this CA is known by in them.
pub(crate) struct CaaChecker {
    identities: Vec<String>,
}

impl CaaChecker {
    /// With the issuer domain names that this CA is known by.
    pub(crate) fn new(identities: Vec<String>) -> Self {
        Self { identities }
    }

    /// Reads and evaluates the records. What was found is reported in both cases.
    pub(crate) async fn check(
        &self,
        dns: &Dns,
        clock: &dyn Clock,
        subject: Subject<'_>,
        trace: &mut Trace,
    ) -> (Caa, Result<(), Refusal>) {
        let name = match subject.identifier {
            Identifier::Ip(_) => return (found(clock, CaaVerdict::NotApplicable, None, None), Ok(())),
            Identifier::Dns(name) => name,
        };
        if !dns.has_resolver() && dns.is_local(name) {
            Dns::note_local_rule(trace);
            return (found(clock, CaaVerdict::LocalName, None, None), Ok(()));
        }
        trace.doing(format!("looking up the CAA records of {name}"));
        match climb::climb(dns, trace.session(), name.base()).await {
            Err((at, error)) => {
                trace.step(format!("looked up CAA of {at}: {error}"));
                let refusal = unreadable(&error, name, &at);
                (found(clock, CaaVerdict::Failed, None, None), Err(refusal))
            }
            Ok(climbed) => {
                for server in &climbed.servers {
                    trace.resolver(server);
                }
                let dnssec = climbed.dnssec;
                let Some((at, records)) = climbed.found else {
                    trace.step(format!(
                        "looked up CAA of {name} and its parents: none{}",
                        state(dnssec)
                    ));
                    return (found(clock, CaaVerdict::Allowed, None, dnssec), Ok(()));
                };
                let shown = show(&records);
                trace.step(format!(
                    "looked up CAA of {at}: {}{}",
                    shown.join(", "),
                    state(dnssec)
                ));
                let asker = Asker {
                    identities: &self.identities,
                    wildcard: subject.wildcard,
                    method: subject.method,
                    account_uri: subject.account_uri,
                };
                let result = evaluate::evaluate(&records, &asker)
                    .map_err(|why| self.forbidden(&why, subject, &at, &shown));
                let verdict = if result.is_ok() {
                    CaaVerdict::Allowed
                } else {
                    CaaVerdict::Forbidden
                };
                (found(clock, verdict, Some((at, shown)), dnssec), result)
            }
        }
    }

    fn forbidden(&self, why: &Forbidden, subject: Subject<'_>, at: &str, shown: &[String]) -> Refusal {
        let identifier = subject.identifier;
        let star = if subject.wildcard { "*." } else { "" };
        Refusal::new(
            ErrorKind::Caa,
            format!("the CAA records of {at} do not allow this CA to issue for {star}{identifier}: {why}"),
        )
        .found(clean(&shown.join(", "), 600))
        .remedy(|| match (self.identities.first(), why) {
            (None, _) => {
                "This CA has no issuer domain name configured, so that no CAA record can allow it".to_owned()
            }
            (_, Forbidden::Critical(tag)) => {
                format!("Take the record with the property \"{tag}\" away, or its critical flag (128)")
            }
            (Some(identity), why) => {
                let tag = if subject.wildcard { "issuewild" } else { "issue" };
                let condition = match why {
                    Forbidden::Account => format!("; accounturi={}", subject.account_uri),
                    Forbidden::Method(method) => format!("; validationmethods={method}"),
                    _ => String::new(),
                };
                format!("Add the record `{at}. IN CAA 0 {tag} \"{identity}{condition}\"`")
            }
        })
    }
}

fn unreadable(error: &LookupError, name: &DnsName, at: &str) -> Refusal {
    let refusal = error.refusal(RecordType::CAA, at);
    Refusal {
        what: format!("{}, and without them nothing may be issued for {name}", refusal.what),
        ..refusal
    }
    .remedy(|| format!("Let the name servers of {at} answer queries for CAA records, with NOERROR and no records if there are none"))
}

fn found(
    clock: &dyn Clock,
    verdict: CaaVerdict,
    records: Option<(String, Vec<String>)>,
    dnssec: Option<Dnssec>,
) -> Caa {
    let (found_at, records) = match records {
        Some((at, records)) => (Some(at), records),
        None => (None, Vec::new()),
    };
    Caa {
        checked: clock.now(),
        verdict,
        found_at,
        records,
        dnssec,
    }
}

/// How far the answers are authentic, if that was looked at.
fn state(dnssec: Option<Dnssec>) -> String {
    dnssec
        .filter(|state| *state != Dnssec::NotValidated)
        .map_or_else(String::new, |state| format!(" (DNSSEC: {})", state.as_str()))
}

/// The records in presentation form, bounded.
fn show(records: &[CAA]) -> Vec<String> {
    records
        .iter()
        .take(MAX_RECORDS)
        .map(|record| {
            let (tag, value) = (clean(&record.tag, 40), clean_bytes(&record.value, 120));
            let mut shown = format!("{} {tag} \"{value}\"", record.flags());
            cut(&mut shown, MAX_RECORD);
            shown
        })
        .collect()
}

/// Whether the records allow issuance, for a name or for a wildcard, and say so: that they restrict nobody does not
/// count. A property that is critical and unknown must undo it. `test/fuzz` calls this.
#[cfg(feature = "fuzz")]
pub fn permits(records: &[CAA], wildcard: bool) -> bool {
    let identities = ["ca.example".to_owned()];
    let asker = Asker {
        identities: &identities,
        wildcard,
        method: ChallengeType::Http01,
        account_uri: "https://ca.example/acme/account/1",
    };
    let _ = show(records);
    let is_allowed = evaluate::evaluate(records, &asker).is_ok();
    let mut critical = CAA::new_issue(true, None, Vec::new());
    "tbs".clone_into(&mut critical.tag);
    let more = [records, &[critical]].concat();
    assert!(evaluate::evaluate(&more, &asker).is_err());
    let says = |record: &CAA| {
        record.tag.len() >= 5
            && record
                .tag
                .get(..5)
                .is_some_and(|tag| tag.eq_ignore_ascii_case("issue"))
            && String::from_utf8_lossy(&record.value)
                .to_ascii_lowercase()
                .contains("ca.example")
    };
    is_allowed && records.iter().any(says)
}
