//! What one perspective says about one attempt.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use cairn_types::{ChallengeType, ErrorKind, Identifier, Thumbprint, Timestamp};

/// The regional Internet registry in whose area a perspective stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rir {
    /// Africa.
    Afrinic,
    /// Asia and the Pacific.
    Apnic,
    /// North America.
    Arin,
    /// Latin America and the Caribbean.
    Lacnic,
    /// Europe, the Middle East and parts of Central Asia.
    Ripe,
}

impl Rir {
    /// Every registry.
    pub const ALL: [Self; 5] = [Self::Afrinic, Self::Apnic, Self::Arin, Self::Lacnic, Self::Ripe];

    /// The text by which the registry is known in receipts and configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Afrinic => "afrinic",
            Self::Apnic => "apnic",
            Self::Arin => "arin",
            Self::Lacnic => "lacnic",
            Self::Ripe => "ripe",
        }
    }
}

impl fmt::Display for Rir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is none of the five registries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not one of afrinic, apnic, arin, lacnic, ripe")]
pub struct UnknownRir(String);

impl FromStr for Rir {
    type Err = UnknownRir;

    fn from_str(text: &str) -> Result<Self, UnknownRir> {
        Self::ALL
            .into_iter()
            .find(|rir| rir.as_str() == text)
            .ok_or_else(|| UnknownRir(text.chars().take(32).collect()))
    }
}

impl serde::Serialize for Rir {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Rir {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// What one perspective says about one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The id of the attempt: random octets, chosen by whoever begins it and the same in the receipts of all
    /// perspectives that take part.
    pub attempt: [u8; 16],
    /// The name of the perspective, as the policy knows it.
    pub perspective: String,
    /// Where it stands.
    pub rir: Rir,
    /// The name and version of the software that made the attempt.
    pub software: String,
    /// The thumbprint of the account key that control was to be proved for.
    pub thumbprint: Thumbprint,
    /// The account's URL.
    pub account_uri: String,
    /// What control was to be proved over; never with `*.`.
    pub identifier: Identifier,
    /// Whether a wildcard certificate was asked for.
    pub wildcard: bool,
    /// How control was proved; in a check of CAA alone, how it had been proved before.
    pub method: ChallengeType,
    /// What was checked.
    pub check: Check,
    /// What the CAA records said; none if the attempt ended before they were read.
    pub caa: Option<Caa>,
    /// What came of it.
    pub outcome: Outcome,
    /// The resolver that answered, as `ADDRESS:PORT`, or the name of a local rule.
    pub resolver: String,
    /// When the attempt began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
}

/// What an attempt checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// Control over the identifier, and then CAA.
    Validation(Proof),
    /// CAA alone, for an earlier validation.
    CaaOnly,
}

/// What was asked for and where it was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proof {
    /// SHA-256 of the token.
    pub token_sha256: [u8; 32],
    /// SHA-256 of the key authorization.
    pub key_authorization_sha256: [u8; 32],
    /// The addresses that names were resolved to, in the order of the answers, at most 64.
    pub resolved: Vec<IpAddr>,
    /// The addresses that were contacted, in order, at most 32.
    pub contacted: Vec<SocketAddr>,
    /// The URLs that redirects led to, in order, at most 10.
    pub redirects: Vec<String>,
    /// What proved control: the URL that answered, the record that matched (`NAME TXT "VALUE"`), or the server
    /// name and address of the handshake. None if nothing did.
    pub matched: Option<String>,
    /// The weakest DNSSEC state of the look-ups that the proof rests on; none if there were no look-ups.
    pub dnssec: Option<Dnssec>,
    /// Until when it proves control by its own words (`persistUntil` of dns-persist-01).
    pub valid_until: Option<Timestamp>,
}

/// What is known of the origin of an answer from the DNS (RFC 4035 section 4.3). A bogus answer has no state: it is a
/// failure. The order is from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dnssec {
    /// Nobody validated it.
    NotValidated,
    /// It is proved that the zone is not signed.
    Insecure,
    /// It is signed, up to a trust anchor.
    Secure,
}

impl Dnssec {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::NotValidated, Self::Insecure, Self::Secure];

    /// The text by which the state is known in receipts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotValidated => "not-validated",
            Self::Insecure => "insecure",
            Self::Secure => "secure",
        }
    }

    /// The state of that text.
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// What the CAA records said (RFC 8659).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caa {
    /// When they were read.
    pub checked: Timestamp,
    /// What follows from them.
    pub verdict: CaaVerdict,
    /// The name that has records: the identifier's or the closest ancestor's; none if there are none.
    pub found_at: Option<String>,
    /// The records in presentation form, at most 16 and cut to 256 characters each.
    pub records: Vec<String>,
    /// The weakest DNSSEC state of the look-ups; none if there were no look-ups.
    pub dnssec: Option<Dnssec>,
}

/// What follows from the CAA records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CaaVerdict {
    /// They allow issuance, or there are none.
    Allowed,
    /// They forbid it.
    Forbidden,
    /// They could not be read.
    Failed,
    /// CAA does not apply to the identifier: it is an address.
    NotApplicable,
    /// They were not read: the name exists only by a local rule of the validator, not in the DNS.
    LocalName,
}

impl CaaVerdict {
    /// Every verdict.
    pub const ALL: [Self; 5] = [
        Self::Allowed,
        Self::Forbidden,
        Self::Failed,
        Self::NotApplicable,
        Self::LocalName,
    ];

    /// The text by which the verdict is known in receipts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Forbidden => "forbidden",
            Self::Failed => "failed",
            Self::NotApplicable => "not-applicable",
            Self::LocalName => "local-name",
        }
    }

    /// The verdict of that text.
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == text)
    }
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Control was proved and CAA allows issuance.
    Valid,
    /// The attempt was refused.
    Refused(ErrorKind),
}
