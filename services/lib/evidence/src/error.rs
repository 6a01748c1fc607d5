//! Why evidence is refused.

use std::fmt;
use std::net::IpAddr;

use cairn_types::ErrorKind;

/// Why evidence is not enough.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// A receipt is not what the encoding allows.
    #[error("the receipt is malformed: {0}")]
    Malformed(&'static str),
    /// Too few perspectives saw it.
    #[error("{0}")]
    NotEnough(Box<Shortage>),
    /// A key could not be read or used.
    #[error("the receipt key cannot be used: {0}")]
    Key(String),
    /// A receipt that was to be signed is not well-formed.
    #[error("a receipt to be signed is malformed: {0}")]
    Unsignable(&'static str),
}

/// What must be seen by enough perspectives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The account controls the identifier.
    Control,
    /// The CAA records permit issuance.
    Permission,
}

/// How much is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortage {
    /// The identifier, as ordered.
    pub identifier: String,
    /// What was not seen by enough.
    pub claim: Claim,
    /// Whether the primary saw it.
    pub primary: bool,
    /// How many remote perspectives corroborate it.
    pub counted: usize,
    /// How many are needed.
    pub needed: usize,
    /// In how many regions those that corroborate stand.
    pub regions: usize,
    /// How many regions are needed.
    pub needed_regions: usize,
    /// What does not count, and why.
    pub skipped: Vec<Skipped>,
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let claim = match self.claim {
            Claim::Control => "control over",
            Claim::Permission => "CAA permission for",
        };
        let primary = if self.primary { "the" } else { "no" };
        let Self {
            identifier,
            counted,
            needed,
            regions,
            needed_regions,
            ..
        } = self;
        write!(
            f,
            "{claim} {identifier} was seen by {primary} primary and {counted} of {needed} remote perspectives, in \
             {regions} of {needed_regions} regions"
        )?;
        self.skipped
            .iter()
            .try_for_each(|skipped| write!(f, "; {skipped}"))
    }
}

/// A receipt that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its place in the bundle, from 0.
    pub index: usize,
    /// Whose it is, or claims to be; none if it cannot be read.
    pub perspective: Option<String>,
    /// Why it does not count.
    pub why: Why,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.perspective {
            Some(name) => write!(f, "{name}: {}", self.why),
            None => write!(f, "receipt {}: {}", self.index, self.why),
        }
    }
}

/// Why a receipt does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// It is not what the encoding allows.
    #[error("it is malformed: {0}")]
    Malformed(&'static str),
    /// The policy does not list the key.
    #[error("its key is not known")]
    UnknownKey,
    /// The signature does not match its key and content.
    #[error("its signature is not good")]
    Signature,
    /// It was signed by one perspective and names another, or another region.
    #[error("it claims a name or a region that its key does not have")]
    Impostor,
    /// It is about another account or account key.
    #[error("it is about another account or account key")]
    Account,
    /// The attempt was refused.
    #[error("it refused ({})", .0.as_str())]
    Refused(ErrorKind),
    /// The method is not allowed by the policy, or for such an identifier.
    #[error("its method is not allowed here")]
    Method,
    /// The validation is too old.
    #[error("its validation is too old")]
    Stale,
    /// What was seen proves control no longer, by its own words.
    #[error("what it saw was to prove control until an earlier time")]
    Expired,
    /// The receipt's time is in the future.
    #[error("its time is in the future")]
    Future,
    /// A special-use address was contacted that the policy does not allow.
    #[error("it contacted {0}, an address for special use ({1})")]
    Address(IpAddr, &'static str),
    /// DNSSEC was not validated, and the policy asks for it.
    #[error("it did not validate DNSSEC")]
    Dnssec,
    /// The newest CAA answer is not a permission.
    #[error("its newest CAA answer is not a permission")]
    Caa,
    /// The newest CAA answer is too old.
    #[error("its newest CAA answer is too old")]
    CaaStale,
    /// The CAA records were not read, and the policy does not excuse that for this name.
    #[error("it did not read the CAA records")]
    CaaUnread,
}
