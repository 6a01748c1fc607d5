//! Whose receipts count, and how many are enough.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use cairn_types::{ChallengeType, Duration, Identifier, SpkiHash};
use openssl::pkey::{PKey, Public};

use crate::{EvidenceError, Expectation, PolicyError, Rir, VerifiedEvidence, key};

/// The longest time for which a CAA answer may be used (CA/B Baseline Requirements 3.2.2.8).
pub const MAX_CAA_AGE: Duration = Duration::from_secs(8 * 3600);

/// A perspective whose receipts count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Perspective {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub rir: Rir,
    /// Its public key, Ed25519 or P-256, as PEM (`BEGIN PUBLIC KEY`).
    pub public_key_pem: Vec<u8>,
}

/// What is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How many perspectives must agree, at least 1.
    pub quorum: usize,
    /// In how many regions these must stand, at least 1.
    pub min_rirs: usize,
    /// How old a validation may be, from its end.
    pub max_validation_age: Duration,
    /// How old a CAA answer may be, at most [`MAX_CAA_AGE`].
    pub max_caa_age: Duration,
    /// The methods by which control may be proved.
    pub methods: Vec<ChallengeType>,
    /// Names under these suffixes (`test` covers `a.test`) may be issued although a validator did not read CAA
    /// records for them because they exist only by its local rule. Empty for any CA but one's own machine's.
    pub caa_exempt_suffixes: Vec<String>,
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
    pub(crate) rir: Rir,
    pub(crate) key: PKey<Public>,
}

impl Policy {
    /// Reads the keys, and refuses rules that cannot be met or that the Baseline Requirements forbid.
    pub fn new(perspectives: &[Perspective], rules: Rules) -> Result<Self, PolicyError> {
        let mut members = HashMap::new();
        let mut names = BTreeSet::new();
        let mut rirs = BTreeSet::new();
        for perspective in perspectives {
            let unusable = |reason| PolicyError::Key {
                perspective: perspective.name.clone(),
                reason,
            };
            let key = key::public_from_pem(&perspective.public_key_pem).map_err(unusable)?;
            let id = key::key_id(&key).map_err(|error| unusable(error.to_string()))?;
            let member = Member {
                name: perspective.name.clone(),
                rir: perspective.rir,
                key,
            };
            if !names.insert(&perspective.name) || members.insert(id, member).is_some() {
                return Err(PolicyError::Duplicate(perspective.name.clone()));
            }
            rirs.insert(perspective.rir);
        }
        let reachable = (1..=members.len()).contains(&rules.quorum)
            && (1..=rirs.len().min(rules.quorum)).contains(&rules.min_rirs);
        if !reachable {
            return Err(PolicyError::Quorum {
                quorum: rules.quorum,
                regions: rules.min_rirs,
            });
        }
        if rules.max_caa_age > MAX_CAA_AGE {
            return Err(PolicyError::CaaAge);
        }
        if rules.methods.is_empty() {
            return Err(PolicyError::NoMethods);
        }
        Ok(Self { members, rules })
    }

    /// Opens a bundle and verifies one claim with it.
    pub fn verify<B: AsRef<[u8]>>(
        &self,
        receipts: &[B],
        expected: &Expectation,
    ) -> Result<VerifiedEvidence, EvidenceError> {
        self.open(receipts)?.verify(expected)
    }

    /// Whether control over the identifier, as ordered, may be proved by the method.
    pub(crate) fn allows(&self, method: ChallengeType, identifier: &Identifier) -> bool {
        method.may_prove(identifier) && self.rules.methods.contains(&method)
    }

    /// Whether a validator's local rule may stand in for the CAA records of this identifier.
    pub(crate) fn excuses_caa(&self, identifier: &Identifier) -> bool {
        match identifier {
            Identifier::Ip(_) => false,
            Identifier::Dns(name) => self
                .rules
                .caa_exempt_suffixes
                .iter()
                .any(|suffix| name.is_under(suffix)),
        }
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
