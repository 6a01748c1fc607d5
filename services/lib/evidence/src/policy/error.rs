//! Why a policy makes no sense.

use crate::Rir;

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
    /// Nobody may act as primary.
    #[error("no perspective has role = \"primary\": nobody could begin an attempt")]
    NoPrimary,
    /// The quorum cannot be reached.
    #[error("quorum: {quorum} remote perspectives are to corroborate the primary, and there are {remotes}")]
    Quorum {
        /// How many are to corroborate.
        quorum: usize,
        /// How many there are.
        remotes: usize,
    },
    /// The regions cannot be had.
    #[error(
        "min_regions: a quorum of {quorum} is to stand in {min_regions} regions, and the remote perspectives stand in \
         {} ({})", .present.len(), names(.present)
    )]
    Regions {
        /// How many remotes are to corroborate.
        quorum: usize,
        /// In how many regions these are to stand.
        min_regions: usize,
        /// Where the remote perspectives stand.
        present: Vec<Rir>,
    },
    /// CAA answers may be used for 8 hours at most.
    #[error("max_caa_age: CAA answers may not be older than 8 hours (CA/B Baseline Requirements 3.2.2.8)")]
    CaaAge,
    /// No method is allowed.
    #[error("methods: no validation method is allowed")]
    NoMethods,
    /// The profile is public and the rules are less than the Baseline Requirements ask for.
    #[error("a public profile: {0}")]
    Public(String),
}

fn names(rirs: &[Rir]) -> String {
    let names: Vec<_> = rirs.iter().map(|rir| rir.as_str()).collect();
    names.join(", ")
}
