//! What is enough.

use std::collections::{BTreeMap, BTreeSet};

use cairn_policy::{AddressClass, SpecialBlock};
use cairn_types::{ChallengeType, Duration, Identifier, Timestamp};

use super::PolicyError;
use crate::{Rir, baseline};

/// What is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How many remote perspectives must corroborate the primary. 0: the primary's word is enough.
    pub quorum: usize,
    /// In how many regions these must stand; at most as many as the quorum.
    pub min_regions: usize,
    /// How old a validation may be, from its end.
    pub max_validation_age: Duration,
    /// Methods whose validations may not even be as old as that.
    pub max_method_ages: BTreeMap<ChallengeType, Duration>,
    /// How old a CAA answer may be, at most [`MAX_CAA_AGE`](crate::MAX_CAA_AGE).
    pub max_caa_age: Duration,
    /// The methods by which control may be proved.
    pub methods: Methods,
    /// The classes of special-use addresses that may have been contacted. None for any CA but that of a network of
    /// one's own.
    pub special_addresses: Vec<AddressClass>,
    /// Names under these suffixes (`test` covers `a.test`) may be issued although a validator did not read CAA
    /// records for them because they exist only by its local rule. Empty for any CA but one's own machine's.
    pub caa_exempt_suffixes: Vec<String>,
    /// Whether the primary must have validated DNSSEC: all its answers were signed, or proved not to be.
    pub require_dnssec_validation: bool,
    /// Whether the CA/B Baseline Requirements hold.
    pub public: bool,
}

/// The methods by which control may be proved over each kind of identifier, as far as they can at all
/// ([`ChallengeType::may_prove`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Methods {
    /// Over names.
    pub names: Vec<ChallengeType>,
    /// Over wildcards.
    pub wildcards: Vec<ChallengeType>,
    /// Over addresses.
    pub addresses: Vec<ChallengeType>,
}

impl Methods {
    /// The same for every kind of identifier.
    pub fn same(methods: &[ChallengeType]) -> Self {
        Self {
            names: methods.to_vec(),
            wildcards: methods.to_vec(),
            addresses: methods.to_vec(),
        }
    }
}

impl Rules {
    /// Whether control over the identifier, as ordered, may be proved by the method.
    pub(crate) fn allows(&self, method: ChallengeType, identifier: &Identifier) -> bool {
        let allowed = match identifier {
            Identifier::Ip(_) => &self.methods.addresses,
            Identifier::Dns(name) if name.is_wildcard() => &self.methods.wildcards,
            Identifier::Dns(_) => &self.methods.names,
        };
        let baseline = !self.public || baseline::is_method(method, identifier);
        method.may_prove(identifier) && allowed.contains(&method) && baseline
    }

    /// How old a validation by the method may be now.
    pub(crate) fn max_age(&self, method: ChallengeType, now: Timestamp) -> Duration {
        let age = self.max_validation_age;
        let age = self
            .max_method_ages
            .get(&method)
            .copied()
            .or_else(|| baseline::method_age(method))
            .map_or(age, |limit| age.min(limit));
        if self.public {
            age.min(baseline::validation_reuse(now))
        } else {
            age
        }
    }

    /// The special-use block that the address is in, if it may not have been contacted.
    pub(crate) fn forbidden_block(&self, address: std::net::IpAddr) -> Option<&'static SpecialBlock> {
        SpecialBlock::of(address).filter(|block| {
            !block
                .class()
                .is_some_and(|class| self.special_addresses.contains(&class))
        })
    }

    /// Whether a validator's local rule may stand in for the CAA records of this identifier.
    pub(crate) fn excuses_caa(&self, identifier: &Identifier) -> bool {
        match identifier {
            Identifier::Ip(_) => false,
            Identifier::Dns(name) => self
                .caa_exempt_suffixes
                .iter()
                .any(|suffix| name.is_under(suffix)),
        }
    }

    /// Refuses rules that these remote perspectives cannot meet, or that the Baseline Requirements forbid.
    pub(super) fn check(&self, remotes: &[Rir]) -> Result<(), PolicyError> {
        if self.quorum > remotes.len() {
            return Err(PolicyError::Quorum {
                quorum: self.quorum,
                remotes: remotes.len(),
            });
        }
        let present: BTreeSet<Rir> = remotes.iter().copied().collect();
        let least = usize::from(self.quorum > 0);
        if !(least..=present.len().min(self.quorum)).contains(&self.min_regions) {
            return Err(PolicyError::Regions {
                quorum: self.quorum,
                min_regions: self.min_regions,
                present: present.into_iter().collect(),
            });
        }
        if self.max_caa_age > baseline::MAX_CAA_AGE {
            return Err(PolicyError::CaaAge);
        }
        let Methods {
            names,
            wildcards,
            addresses,
        } = &self.methods;
        if names.is_empty() && wildcards.is_empty() && addresses.is_empty() {
            return Err(PolicyError::NoMethods);
        }
        if self.public {
            self.check_public(remotes.len()).map_err(PolicyError::Public)?;
        }
        Ok(())
    }

    /// What the Baseline Requirements ask for beyond what every profile must keep.
    fn check_public(&self, remotes: usize) -> Result<(), String> {
        use baseline::{MIN_REGIONS, MIN_REMOTES};
        let needed = remotes - baseline::allowed_failures(remotes);
        let persistent = self
            .max_method_ages
            .iter()
            .find(|(method, age)| baseline::method_age(**method).is_some_and(|limit| **age > limit));
        let fault = if remotes < MIN_REMOTES {
            format!("perspectives: {remotes} are remote, and {MIN_REMOTES} are needed (3.2.2.9)")
        } else if self.quorum < needed {
            let quorum = self.quorum;
            format!("quorum: {quorum} of {remotes} is too few, {needed} are needed (3.2.2.9)")
        } else if self.min_regions < MIN_REGIONS {
            let regions = self.min_regions;
            format!("min_regions: {regions} is too few, {MIN_REGIONS} are needed (3.2.2.9)")
        } else if !self.special_addresses.is_empty() {
            "addresses.allow: special-use addresses are nobody's on the Internet (4.2.2)".to_owned()
        } else if !self.caa_exempt_suffixes.is_empty() {
            "caa_exempt_suffixes: CAA records must be read for every name (3.2.2.8)".to_owned()
        } else if !self.require_dnssec_validation {
            "require_dnssec_validation: the primary must validate DNSSEC (3.2.2.4 and 3.2.2.8)".to_owned()
        } else if self.max_validation_age > baseline::LONGEST_REUSE {
            "max_validation_age: at most 200 days (4.2.1), less from 2027-03-15".to_owned()
        } else if let Some((method, _)) = persistent {
            format!("max_method_ages: at most 10 days for {method} (3.2.2.4.22)")
        } else {
            return Ok(());
        };
        Err(fault)
    }
}
