//! What is wrong with the DNSSEC of a zone, in words.

use std::fmt;

use cairn_types::Timestamp;
use hickory_proto::rr::{Name, RecordType};

/// Why an answer is not authentic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The zone that should have signed it.
    zone: String,
    /// What the signature, or the proof, was to be for.
    name: String,
    kind: RecordType,
    why: Why,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Why {
    #[error("they have no signature")]
    Unsigned,
    #[error("their signature expired at {0}")]
    Expired(String),
    #[error("their signature holds only from {0} on")]
    NotYet(String),
    #[error("their signature is by key {0}, which the zone does not have")]
    NoSuchKey(u16),
    #[error("their signature is wrong")]
    Wrong,
    #[error("their signature is by another zone, {0}")]
    OtherZone(String),
    #[error("none of them fits the DS records of the parent zone or the trust anchor")]
    NoKeyFits,
    #[error("there are none")]
    Missing,
    #[error("the zone does not prove that there are none")]
    NotDenied,
    #[error("the zone's NSEC3 records demand more than {0} iterations")]
    Iterations(u16),
    #[error("the zone does not prove that no closer name exists than the wildcard they come from")]
    WildcardNotProved,
    #[error("there are too many of them, or checking them takes too many signatures or queries")]
    TooMuch,
}

impl Why {
    /// The moment of a signature's time, in words.
    pub(super) fn moment(seconds: u32) -> String {
        Timestamp::from_secs(i64::from(seconds)).to_rfc3339()
    }

    /// Of several reasons, the one that says most is shown.
    pub(super) fn weight(&self) -> u8 {
        match self {
            Self::Wrong => 3,
            Self::Expired(_) | Self::NotYet(_) => 2,
            Self::Unsigned => 0,
            _ => 1,
        }
    }

    pub(super) fn at(self, zone: &Name, name: &Name, kind: RecordType) -> Fault {
        Fault {
            zone: shown(zone),
            name: shown(name),
            kind,
            why: self,
        }
    }
}

impl Fault {
    /// What to do about it.
    pub(crate) fn remedy(&self) -> String {
        format!(
            "Repair the DNSSEC of the zone {}: sign it anew, or take its DS records out of the zone above",
            self.zone
        )
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} records of {} in the signed zone {}: {}",
            self.kind, self.name, self.zone, self.why
        )
    }
}

/// A name without its last dot, in lower case: the case of a query is random.
pub(super) fn shown(name: &Name) -> String {
    if name.is_root() {
        return ".".to_owned();
    }
    name.to_lowercase().to_ascii().trim_end_matches('.').to_owned()
}
