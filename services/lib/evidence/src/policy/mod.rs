//! Whose receipts count, and how many are enough.

mod config;
mod error;
mod rules;

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use cairn_types::SpkiHash;
use openssl::pkey::{PKey, Public};

pub use config::{AddressConfig, EvidenceConfig, PerspectiveConfig, ProfileTerms};
pub use error::PolicyError;
pub use rules::{Methods, Rules};

use crate::{EvidenceError, Expectation, Rir, VerifiedEvidence, key};

/// What a perspective does in an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It begins attempts, and its success is what others corroborate. It never corroborates.
    Primary,
    /// It corroborates.
    #[default]
    Remote,
}

/// A perspective whose receipts count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Perspective {
    /// Its name.
    pub name: String,
    /// What it does in an attempt.
    pub role: Role,
    /// Where it stands.
    pub rir: Rir,
    /// Its public key, Ed25519 or P-256, as PEM (`BEGIN PUBLIC KEY`).
    pub public_key_pem: Vec<u8>,
}

/// Whose receipts count, and how many are enough. Make one per certificate profile.
#[derive(Clone)]
pub struct Policy {
    pub(crate) members: HashMap<SpkiHash, Member>,
    pub(crate) rules: Rules,
}

/// A perspective with its parsed key.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) rir: Rir,
    pub(crate) key: PKey<Public>,
}

impl Policy {
    /// Reads the keys, and refuses rules that cannot be met or that the Baseline Requirements forbid.
    pub fn new(perspectives: &[Perspective], rules: Rules) -> Result<Self, PolicyError> {
        let mut members = HashMap::new();
        let mut names = BTreeSet::new();
        for perspective in perspectives {
            let unusable = |reason| PolicyError::Key {
                perspective: perspective.name.clone(),
                reason,
            };
            let key = key::public_from_pem(&perspective.public_key_pem).map_err(unusable)?;
            let id = key::key_id(&key).map_err(|error| unusable(error.to_string()))?;
            let member = Member {
                name: perspective.name.clone(),
                role: perspective.role,
                rir: perspective.rir,
                key,
            };
            if !names.insert(&perspective.name) || members.insert(id, member).is_some() {
                return Err(PolicyError::Duplicate(perspective.name.clone()));
            }
        }
        let remotes: Vec<Rir> = perspectives
            .iter()
            .filter(|perspective| perspective.role == Role::Remote)
            .map(|perspective| perspective.rir)
            .collect();
        if remotes.len() == perspectives.len() {
            return Err(PolicyError::NoPrimary);
        }
        rules.check(&remotes)?;
        Ok(Self { members, rules })
    }

    /// Opens a bundle and verifies one claim with it.
    pub fn verify<B: AsRef<[u8]>>(
        &self,
        receipts: &[B],
        expected: &Expectation,
    ) -> Result<VerifiedEvidence, EvidenceError> {
        self.open(receipts).verify(expected)
    }

    /// The rules.
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// How many remote perspectives there are.
    pub fn remotes(&self) -> usize {
        self.members
            .values()
            .filter(|member| member.role == Role::Remote)
            .count()
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.members.values().map(|member| &member.name).collect();
        f.debug_struct("Policy")
            .field("perspectives", &names)
            .field("rules", &self.rules)
            .finish()
    }
}
