//! Why evidence, or a policy for it, is refused.

use std::fmt;

use cairn_types::ErrorKind;

/// Why evidence is not enough.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// A receipt is not what the encoding allows.
    #[error("receipt {index} is malformed: {reason}")]
    Malformed {
        /// Its place in the bundle, from 0.
        index: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A receipt's signature does not match its key and content.
    #[error("receipt {index} does not have a valid signature of perspective {perspective:?}")]
    Signature {
        /// Its place in the bundle, from 0.
        index: usize,
        /// Whose key it names.
        perspective: String,
    },
    /// A receipt was signed by one perspective and names another, or another region.
    #[error("receipt {index}, signed by perspective {perspective:?}, claims another name or region")]
    Impostor {
        /// Its place in the bundle, from 0.
        index: usize,
        /// Who signed it.
        perspective: String,
    },
    /// A receipt about the identifier is about another account or account key.
    #[error("perspective {perspective:?} validated {identifier} for another account or account key")]
    Account {
        /// Who signed it.
        perspective: String,
        /// What it is about, as ordered.
        identifier: String,
    },
    /// Too few perspectives corroborate the claim.
    #[error(
        "{identifier} is corroborated by {counted} of {needed} perspectives in {regions} of {needed_regions} regions{}",
        Listed(.skipped)
    )]
    NotEnough {
        /// What the claim is about, as ordered.
        identifier: String,
        /// How many perspectives count.
        counted: usize,
        /// How many are needed.
        needed: usize,
        /// In how many regions those that count stand.
        regions: usize,
        /// How many regions are needed.
        needed_regions: usize,
        /// What does not count, and why.
        skipped: Vec<Skipped>,
    },
    /// A key could not be read or used.
    #[error("the receipt key cannot be used: {0}")]
    Key(String),
    /// A receipt that was to be signed is not well-formed.
    #[error("a receipt to be signed is malformed: {0}")]
    Unsignable(&'static str),
}

struct Listed<'a>(&'a [Skipped]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|skipped| write!(f, "; {}: {}", skipped.perspective, skipped.why))
    }
}

/// A receipt that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Whose it is.
    pub perspective: String,
    /// Why it does not count.
    pub why: Why,
}

/// Why a receipt does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// The policy does not list the key.
    #[error("its key is not known")]
    UnknownKey,
    /// The attempt was refused.
    #[error("it refused ({})", .0.as_str())]
    Refused(ErrorKind),
    /// The method is not allowed by the policy, or for such an identifier.
    #[error("its method is not allowed here")]
    Method,
    /// The validation is too old.
    #[error("its validation is too old")]
    Stale,
    /// The receipt's time is in the future.
    #[error("its time is in the future")]
    Future,
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

/// Why a policy makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A perspective's key is not the PEM of an Ed25519 or P-256 public key.
    #[error("perspective {perspective:?}: {reason}")]
    Key {
        /// Whose key it is.
        perspective: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Two perspectives share a name or a key.
    #[error("perspective {0:?} has the name or key of another")]
    Duplicate(String),
    /// The quorum is zero or cannot be reached.
    #[error("a quorum of {quorum} in {regions} regions cannot be had from these perspectives")]
    Quorum {
        /// The number of perspectives asked for.
        quorum: usize,
        /// The number of regions asked for.
        regions: usize,
    },
    /// CAA answers may be used for 8 hours at most.
    #[error("CAA answers may not be older than 8 hours (CA/B Baseline Requirements 3.2.2.8)")]
    CaaAge,
    /// No method is allowed.
    #[error("no validation method is allowed")]
    NoMethods,
}
