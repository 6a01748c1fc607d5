//! Look-ups: addresses, TXT and CAA, at the configured resolvers or by the local rule.
//!
//! Nothing is cached: every validation asks for itself.

mod chain;
mod dnssec;
mod exchange;
mod https;
mod probe;
mod query;
mod tls;
mod upstream;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use cairn_evidence::Dnssec;
use cairn_types::{DnsName, ErrorKind};
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::CAA;
use hickory_proto::rr::{RData, RecordType};

pub(crate) use dnssec::TrustAnchor;
#[cfg(feature = "fuzz")]
pub use dnssec::authenticates;
pub(crate) use dnssec::{Fault, Session, Validator};
pub(crate) use upstream::Upstream;

use crate::refusal::Refusal;
use crate::text::clean;
use crate::trace::Trace;

/// How the local rule is called in receipts and explanations.
const LOCAL_RULE: &str = "local rule";

/// How many records of an answer an explanation shows.
const SHOWN: usize = 5;

/// What to do about a missing resolver.
pub(crate) const NO_RESOLVER: &str = "Start `cairn local` with --resolver ADDR:PORT, or set `resolvers = [\"ADDR:PORT\"]` in \
     section [dns] of the validation authority's configuration";

/// Looks names up.
pub(crate) struct Dns {
    upstream: Option<Upstream>,
    /// None if answers are believed as they come.
    validator: Option<Validator>,
    loopback_suffixes: Vec<String>,
}

/// The records found, perhaps none, and who said so.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) records: Vec<RData>,
    /// Whether there is such a name.
    exists: bool,
    /// The names that aliases led through, first to last.
    pub(crate) aliases: Vec<String>,
    /// The weakest state of what the answer rests on.
    pub(crate) dnssec: Dnssec,
    pub(crate) server: String,
}

/// The CAA records of one name, perhaps none.
pub(crate) struct CaaAnswer {
    pub(crate) records: Vec<CAA>,
    pub(crate) dnssec: Dnssec,
    pub(crate) server: String,
}

/// Why a look-up gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LookupError {
    #[error("no resolver is configured")]
    NoResolver,
    #[error("NXDOMAIN (the name does not exist)")]
    NxDomain,
    #[error("NXDOMAIN (its alias {0} does not exist)")]
    DeadAlias(String),
    #[error("{}", code_name(*.0))]
    Code(ResponseCode),
    #[error("the resolver did not answer in time")]
    Timeout,
    #[error("the resolver cannot be reached: {0}")]
    Io(String),
    #[error("the answer is malformed")]
    Malformed,
    #[error("the answer is truncated, over TCP too")]
    Truncated,
    #[error("the resolver does not resolve recursively")]
    NotRecursive,
    #[error("the aliases (CNAME) form a loop or a chain that is too long")]
    AliasChain,
    #[error("the name does not fit into a query")]
    BadName,
    #[error("DNSSEC: {0}")]
    Bogus(Box<Fault>),
}

impl From<Fault> for LookupError {
    fn from(fault: Fault) -> Self {
        Self::Bogus(Box::new(fault))
    }
}

fn code_name(code: ResponseCode) -> String {
    match code {
        ResponseCode::ServFail => {
            "SERVFAIL (the name servers of the zone do not answer, or its DNSSEC is broken)".to_owned()
        }
        ResponseCode::Refused => "REFUSED (a server does not want to answer)".to_owned(),
        ResponseCode::NotImp => "response code 4 (NOTIMP)".to_owned(),
        other => format!("response code {}", u16::from(other)),
    }
}

impl LookupError {
    /// Whether another try may end differently.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Code(_) | Self::Timeout | Self::Io(_) | Self::Truncated => true,
            Self::NoResolver
            | Self::NxDomain
            | Self::DeadAlias(_)
            | Self::Malformed
            | Self::NotRecursive
            | Self::AliasChain
            | Self::BadName
            | Self::Bogus(_) => false,
        }
    }

    /// The refusal of an attempt that needed this look-up.
    pub(crate) fn refusal(&self, kind: RecordType, name: impl fmt::Display) -> Refusal {
        let what = format!("the look-up of {kind} records for {name} failed: {self}");
        let refusal = if self.is_transient() {
            Refusal::transient(ErrorKind::Dns, what)
        } else {
            Refusal::new(ErrorKind::Dns, what)
        };
        match self {
            Self::NoResolver => refusal.remedy(|| NO_RESOLVER.to_owned()),
            Self::Bogus(fault) => refusal.remedy(|| fault.remedy()),
            // What there should be, the caller knows.
            Self::NxDomain | Self::BadName => refusal,
            Self::DeadAlias(alias) => refusal.remedy(|| {
                format!("Add the records at {alias}, or correct the CNAME record of {name} that leads there")
            }),
            Self::AliasChain => refusal.remedy(|| {
                format!("Let the CNAME records of {name} lead to a name with {kind} records, in a few steps")
            }),
            Self::Io(_) | Self::NotRecursive => {
                refusal.remedy(|| "The operator of this CA has to look at its resolver".to_owned())
            }
            Self::Code(_) | Self::Timeout | Self::Malformed | Self::Truncated => refusal.remedy(|| {
                format!(
                    "Let all name servers of {name} answer queries for {kind} records, with NOERROR and no records if \
                     there are none; `dig {name} {kind}` shows what they say"
                )
            }),
        }
    }
}

impl Dns {
    pub(crate) fn new(
        upstream: Option<Upstream>,
        validator: Option<Validator>,
        loopback_suffixes: Vec<String>,
    ) -> Self {
        Self {
            upstream,
            validator,
            loopback_suffixes,
        }
    }

    /// Whether the name is one that exists by the local rule and has loopback addresses.
    pub(crate) fn is_local(&self, name: &DnsName) -> bool {
        self.loopback_suffixes.iter().any(|suffix| name.is_under(suffix))
    }

    /// Whether there is nobody to ask.
    pub(crate) fn has_resolver(&self) -> bool {
        self.upstream.is_some()
    }

    /// Notes that the local rule stood in for the DNS.
    pub(crate) fn note_local_rule(trace: &mut Trace) {
        trace.resolver(LOCAL_RULE);
    }

    /// The addresses of a name, in the order of the answers; at least one.
    pub(crate) async fn addresses(&self, name: &DnsName, trace: &mut Trace) -> Result<Vec<IpAddr>, Refusal> {
        if self.is_local(name) {
            Self::note_local_rule(trace);
            let addresses = vec![IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)];
            trace.step(format!(
                "{name} has the addresses ::1 and 127.0.0.1 by the {LOCAL_RULE}"
            ));
            return Ok(addresses);
        }
        trace.doing(format!("looking up the addresses of {name}"));
        let (six, four) = futures_util::future::join(
            self.lookup(name.as_str(), RecordType::AAAA, trace.session()),
            self.lookup(name.as_str(), RecordType::A, trace.session()),
        )
        .await;
        let mut addresses = Vec::new();
        let mut forged = None;
        for (kind, result) in [(RecordType::AAAA, &six), (RecordType::A, &four)] {
            note(name.as_str(), kind, result, trace);
            if let Err(error @ LookupError::Bogus(_)) = result {
                forged = Some(error.refusal(kind, name));
            }
            if let Ok(answer) = result {
                addresses.extend(answer.records.iter().filter_map(RData::ip_addr));
            }
        }
        // The other kind may do where one fails, but not where somebody tampers.
        if let Some(refusal) = forged {
            return Err(refusal);
        }
        if !addresses.is_empty() {
            return Ok(addresses);
        }
        let add = || format!("Add an A or AAAA record for {name}");
        match (six, four) {
            // The error of the more usual kind of address says more.
            (_, Err(error)) => Err(error.refusal(RecordType::A, name).remedy(add)),
            (Err(error), Ok(_)) => Err(error.refusal(RecordType::AAAA, name).remedy(add)),
            (Ok(_), Ok(_)) => {
                let what = format!("{name} has no A and no AAAA record");
                Err(Refusal::new(ErrorKind::Dns, what).remedy(add))
            }
        }
    }

    /// The TXT records of a name, the strings of each joined.
    pub(crate) async fn txt(&self, name: &str, trace: &mut Trace) -> Result<Vec<Vec<u8>>, LookupError> {
        trace.doing(format!("looking up the TXT records of {name}"));
        let result = self.lookup(name, RecordType::TXT, trace.session()).await;
        note(name, RecordType::TXT, &result, trace);
        let texts = result?.records.into_iter().filter_map(|record| match record {
            RData::TXT(txt) => Some(txt.txt_data.concat()),
            _ => None,
        });
        Ok(texts.collect())
    }

    /// The CAA records of a name. One that does not exist has none.
    pub(crate) async fn caa(&self, name: &str, session: &Session) -> Result<CaaAnswer, LookupError> {
        let answer = self.resolve(name, RecordType::CAA, session).await?;
        let records = answer.records.into_iter().filter_map(|record| match record {
            RData::CAA(caa) => Some(caa),
            _ => None,
        });
        Ok(CaaAnswer {
            records: records.collect(),
            dnssec: answer.dnssec,
            server: answer.server,
        })
    }

    /// The records of a name that exists.
    async fn lookup(&self, name: &str, kind: RecordType, session: &Session) -> Result<Answer, LookupError> {
        let answer = self.resolve(name, kind, session).await?;
        match answer.aliases.last() {
            _ if answer.exists => Ok(answer),
            Some(alias) => Err(LookupError::DeadAlias(clean(alias, 260))),
            None => Err(LookupError::NxDomain),
        }
    }

    async fn resolve(&self, name: &str, kind: RecordType, session: &Session) -> Result<Answer, LookupError> {
        let lookup = chain::Lookup {
            upstream: self.upstream.as_ref().ok_or(LookupError::NoResolver)?,
            validator: self.validator.as_ref(),
            session,
            kind,
        };
        lookup.resolve(name).await
    }
}

/// Notes what a look-up said.
fn note(name: &str, kind: RecordType, result: &Result<Answer, LookupError>, trace: &mut Trace) {
    let said = match result {
        Err(error) => error.to_string(),
        Ok(answer) => {
            trace.resolver(&answer.server);
            trace.dnssec(answer.dnssec);
            answer.to_string()
        }
    };
    trace.step(format!("looked up {kind} of {name}: {said}"));
}

impl fmt::Display for Answer {
    /// The aliases and the first records.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for alias in &self.aliases {
            write!(f, "alias {alias}, ")?;
        }
        if self.records.is_empty() {
            f.write_str("none")?;
        }
        for (index, record) in self.records.iter().take(SHOWN).enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{}", clean(&record.to_string(), 100))?;
        }
        match self.records.len().saturating_sub(SHOWN) {
            0 => {}
            more => write!(f, " and {more} more")?,
        }
        match self.dnssec {
            Dnssec::NotValidated => Ok(()),
            state => write!(f, " (DNSSEC: {})", state.as_str()),
        }
    }
}
