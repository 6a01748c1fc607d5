//! The identifiers that certificates are issued for.

use std::net::IpAddr;

use cairn_types::{DnsName, Error, ErrorKind, Identifier, Subproblem};
use serde::Deserialize;
use serde::de::{Error as _, IntoDeserializer as _};

use crate::{Network, SpecialBlock};

/// Names of the public suffix list or of global DNS that are reserved for other uses (RFC 6761 and the
/// IANA registry of special-use names). Top-level names that were never delegated need no entry.
const SPECIAL_USE: [&str; 5] = ["onion", "arpa", "example.com", "example.net", "example.org"];

/// Which DNS names are certified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Domains {
    /// Every name.
    Any,
    /// Names of the public Internet: registered below a public suffix, not of special use (BR 4.2.2).
    Public,
    /// These names and the names below them.
    Under(Vec<DnsName>),
}

/// Which IP addresses are certified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addresses {
    /// Addresses of the public Internet.
    Public,
    /// Addresses in these ranges.
    In(Vec<Network>),
}

/// What the operator is willing to issue for.
///
/// ```toml
/// domains = "any"                # or "public", or a list: ["corp.example", "internal"]
/// addresses = ["127.0.0.0/8"]    # or "public"; none by default
/// wildcards = true
/// blocked = ["www.corp.example"]     # these names, and wildcards that cover them
/// blocked_under = ["lab.corp.example"]   # these names, all below them, and wildcards that cover one
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamePolicy {
    /// Which DNS names.
    pub domains: Domains,
    /// Which IP addresses; none unless said.
    #[serde(default = "no_addresses")]
    pub addresses: Addresses,
    /// Whether wildcard names are allowed at all. Never directly below a public suffix (BR 3.2.2.6).
    #[serde(default = "allowed")]
    pub wildcards: bool,
    /// Names that are refused exactly, and as covered by a wildcard.
    #[serde(default, deserialize_with = "names")]
    pub blocked: Vec<DnsName>,
    /// Names that are refused with all names below them, and as covered by a wildcard.
    #[serde(default, deserialize_with = "suffixes")]
    pub blocked_under: Vec<DnsName>,
}

const fn no_addresses() -> Addresses {
    Addresses::In(Vec::new())
}

const fn allowed() -> bool {
    true
}

impl NamePolicy {
    /// Whether a certificate may be issued for the identifier as it was ordered. An error is
    /// `rejectedIdentifier` and says why.
    pub fn willing_to_issue(&self, identifier: &Identifier) -> Result<(), Error> {
        let refused = match identifier {
            Identifier::Dns(name) => self.refuse_name(name),
            Identifier::Ip(address) => self.refuse_address(*address),
        };
        refused.map_or(Ok(()), |why| {
            Err(Error::new(
                ErrorKind::RejectedIdentifier,
                format!("no certificates are issued for {identifier}: {why}"),
            ))
        })
    }

    /// The same for all identifiers of an order. Several refusals become subproblems of one error (RFC 8555 section 6.7.1).
    pub fn willing_to_issue_all(&self, identifiers: &[Identifier]) -> Result<(), Error> {
        let mut refusals = identifiers
            .iter()
            .filter_map(|identifier| Some((identifier, self.willing_to_issue(identifier).err()?)))
            .collect::<Vec<_>>();
        if refusals.len() <= 1 {
            return refusals.pop().map_or(Ok(()), |(_, error)| Err(error));
        }
        let summary = format!(
            "no certificates are issued for {} of the identifiers",
            refusals.len()
        );
        let subproblems = refusals.into_iter().map(|(identifier, error)| Subproblem {
            kind: error.problem.kind,
            detail: error.problem.detail,
            identifier: Some(identifier.clone()),
        });
        Err(Error::new(ErrorKind::RejectedIdentifier, summary).with_subproblems(subproblems.collect()))
    }

    fn refuse_name(&self, name: &DnsName) -> Option<&'static str> {
        let covered = |blocked: &DnsName| name.is_wildcard() && is_child(blocked, name.base());
        let exactly = |blocked: &DnsName| blocked == name || covered(blocked);
        let under = |blocked: &DnsName| name.is_under(blocked.as_str()) || covered(blocked);
        if self.blocked.iter().any(exactly) || self.blocked_under.iter().any(under) {
            return Some("the name is blocked by this CA's policy");
        }
        if name.is_wildcard() && !self.wildcards {
            return Some("this CA issues no wildcard certificates");
        }
        if name.is_wildcard() && is_public_suffix(name.base()) {
            return Some("a wildcard directly below a public suffix (CA/B BR 3.2.2.6)");
        }
        match &self.domains {
            Domains::Any => None,
            Domains::Public => refuse_as_not_public(name),
            Domains::Under(suffixes) => (!suffixes.iter().any(|suffix| name.is_under(suffix.as_str())))
                .then_some("it is not under a domain that this CA serves"),
        }
    }

    fn refuse_address(&self, address: IpAddr) -> Option<&'static str> {
        match &self.addresses {
            Addresses::Public => SpecialBlock::of(address).map(|_| "the address is reserved (CA/B BR 4.2.2)"),
            Addresses::In(networks) => (!networks.iter().any(|network| network.contains(address)))
                .then_some("the address is not in a range that this CA serves"),
        }
    }
}

fn refuse_as_not_public(name: &DnsName) -> Option<&'static str> {
    let base = name.base();
    if SPECIAL_USE.iter().any(|special| name.is_under(special)) {
        Some("the name is reserved for a special use (RFC 6761)")
    } else if !psl::suffix(base.as_bytes()).is_some_and(|suffix| suffix.is_known()) {
        Some("it does not end in a public suffix (CA/B BR 4.2.2)")
    } else if is_public_suffix(base) {
        Some("it is a public suffix itself")
    } else {
        None
    }
}

/// Whether registries of ICANN's DNS register names directly below it.
fn is_public_suffix(name: &str) -> bool {
    psl::suffix(name.as_bytes())
        .is_some_and(|suffix| suffix.typ() == Some(psl::Type::Icann) && suffix == name)
}

/// Whether `name` is one label below `parent`: a wildcard of `parent` covers it.
fn is_child(name: &DnsName, parent: &str) -> bool {
    name.as_str()
        .split_once('.')
        .is_some_and(|(_, rest)| rest == parent)
}

fn names<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<DnsName>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .into_iter()
        .map(|text| DnsName::parse(&text).map_err(D::Error::custom))
        .collect()
}

/// Names that others end in. A wildcard among them would match nothing, in silence.
fn suffixes<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<DnsName>, D::Error> {
    let names = names(deserializer)?;
    match names.iter().find(|name| name.is_wildcard()) {
        None => Ok(names),
        Some(name) => Err(D::Error::custom(format!(
            "{name}: a name covers all names below it; leave out the \"*.\""
        ))),
    }
}

/// A keyword or a list, as both are written in configuration.
#[derive(Deserialize)]
#[serde(untagged)]
enum WordOrList<T> {
    Word(String),
    List(Vec<T>),
}

impl<'de> Deserialize<'de> for Domains {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match WordOrList::<String>::deserialize(deserializer)? {
            WordOrList::Word(word) if word == "any" => Ok(Self::Any),
            WordOrList::Word(word) if word == "public" => Ok(Self::Public),
            WordOrList::Word(word) => Err(D::Error::custom(format!(
                "domains is \"any\", \"public\" or a list, not {word:?}"
            ))),
            WordOrList::List(list) => suffixes(list.into_deserializer()).map(Self::Under),
        }
    }
}

impl<'de> Deserialize<'de> for Addresses {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match WordOrList::<Network>::deserialize(deserializer)? {
            WordOrList::Word(word) if word == "public" => Ok(Self::Public),
            WordOrList::Word(word) => Err(D::Error::custom(format!(
                "addresses is \"public\" or a list of ranges, not {word:?}"
            ))),
            WordOrList::List(list) => Ok(Self::In(list)),
        }
    }
}

#[cfg(test)]
mod tests;
