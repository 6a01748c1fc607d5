//! The form that policies have in a configuration: `[evidence]`, and `[profiles.NAME.evidence]` for what a profile
//! has otherwise.

use std::collections::BTreeMap;

use cairn_policy::AddressClass;
use cairn_types::{ChallengeType, Duration};
use humantime_serde::Serde;
use serde::Deserialize;

use super::{Methods, Perspective, Policy, Role, Rules};
use crate::{MAX_CAA_AGE, MIN_REGIONS, Rir, allowed_failures};

/// Whose receipts count, and how many are enough. Whatever is left out has a default, or, in a profile, is as in
/// `[evidence]`. `F` is a file's name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceConfig<F> {
    /// The perspectives, with the keys of their receipts.
    pub perspectives: Option<Vec<PerspectiveConfig<F>>>,
    /// How many remote perspectives must corroborate the primary. All but as many as the Baseline Requirements let
    /// fail unless given: all of one, all but one of two to five, all but two of more.
    pub quorum: Option<usize>,
    /// In how many regions these must stand. 2 unless given, or as many as the quorum if that is less.
    pub min_regions: Option<usize>,
    /// How old a CAA answer may be; at most 8 hours, and 8 hours unless given.
    #[serde(default, with = "humantime_serde")]
    pub max_caa_age: Option<Duration>,
    /// How old a validation by these methods may be, where that is less than the profile's `max_validation_age`. 10
    /// days for dns-persist-01 unless given.
    pub max_method_ages: Option<BTreeMap<ChallengeType, Serde<Duration>>>,
    /// By which methods control over wildcards may have been proved; the profile's `methods` unless given.
    pub wildcard_methods: Option<Vec<ChallengeType>>,
    /// By which methods control over addresses may have been proved; the profile's `methods` unless given.
    pub address_methods: Option<Vec<ChallengeType>>,
    /// Special-use addresses.
    pub addresses: Option<AddressConfig>,
    /// Names under these suffixes may be issued although they exist only by a validator's local rule.
    pub caa_exempt_suffixes: Option<Vec<String>>,
    /// Whether the primary must have validated DNSSEC. No unless given.
    pub require_dnssec_validation: Option<bool>,
}

impl<F> Default for EvidenceConfig<F> {
    fn default() -> Self {
        Self {
            perspectives: None,
            quorum: None,
            min_regions: None,
            max_caa_age: None,
            max_method_ages: None,
            wildcard_methods: None,
            address_methods: None,
            addresses: None,
            caa_exempt_suffixes: None,
            require_dnssec_validation: None,
        }
    }
}

/// `addresses`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressConfig {
    /// The classes of special-use addresses that may have been contacted: `private`, `shared`, `loopback`.
    pub allow: Vec<AddressClass>,
}

/// A perspective.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerspectiveConfig<F> {
    /// Its name, as it signs.
    pub name: String,
    /// `primary`, or `remote` unless given.
    #[serde(default)]
    pub role: Role,
    /// The registry of its region: `afrinic`, `apnic`, `arin`, `lacnic` or `ripe`.
    pub region: Rir,
    /// PEM file of its public key.
    pub public_key: F,
}

/// What a profile says elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct ProfileTerms<'a> {
    /// How old a validation may be.
    pub max_validation_age: Duration,
    /// By which methods control may have been proved.
    pub methods: &'a [ChallengeType],
    /// Whether the Baseline Requirements hold.
    pub public: bool,
}

impl<F> EvidenceConfig<F> {
    /// The policy of a profile whose own section is `own`. `read` reads a file, or says why not.
    pub fn policy(
        &self,
        own: &Self,
        terms: ProfileTerms<'_>,
        read: impl Fn(&F) -> Result<Vec<u8>, String>,
    ) -> Result<Policy, String> {
        let load = |config: &PerspectiveConfig<F>| {
            let public_key_pem =
                read(&config.public_key).map_err(|why| format!("perspectives: {}: {why}", config.name))?;
            Ok(Perspective {
                name: config.name.clone(),
                role: config.role,
                rir: config.region,
                public_key_pem,
            })
        };
        let perspectives = own
            .perspectives
            .as_ref()
            .or(self.perspectives.as_ref())
            .into_iter()
            .flatten()
            .map(load)
            .collect::<Result<Vec<_>, String>>()?;
        let rules = self.rules(own, terms, &perspectives);
        Policy::new(&perspectives, rules).map_err(|error| error.to_string())
    }

    fn rules(&self, own: &Self, terms: ProfileTerms<'_>, perspectives: &[Perspective]) -> Rules {
        let remotes = perspectives
            .iter()
            .filter(|perspective| perspective.role == Role::Remote)
            .count();
        let quorum = either(own.quorum.as_ref(), self.quorum.as_ref())
            .unwrap_or_else(|| remotes - allowed_failures(remotes));
        Rules {
            quorum,
            min_regions: either(own.min_regions.as_ref(), self.min_regions.as_ref())
                .unwrap_or(quorum.min(MIN_REGIONS)),
            max_validation_age: terms.max_validation_age,
            max_method_ages: either(own.max_method_ages.as_ref(), self.max_method_ages.as_ref())
                .unwrap_or_default()
                .into_iter()
                .map(|(method, age)| (method, age.into_inner()))
                .collect(),
            max_caa_age: either(own.max_caa_age.as_ref(), self.max_caa_age.as_ref()).unwrap_or(MAX_CAA_AGE),
            methods: Methods {
                names: terms.methods.to_vec(),
                wildcards: either(own.wildcard_methods.as_ref(), self.wildcard_methods.as_ref())
                    .unwrap_or_else(|| terms.methods.to_vec()),
                addresses: either(own.address_methods.as_ref(), self.address_methods.as_ref())
                    .unwrap_or_else(|| terms.methods.to_vec()),
            },
            special_addresses: either(own.addresses.as_ref(), self.addresses.as_ref())
                .unwrap_or_default()
                .allow,
            caa_exempt_suffixes: either(
                own.caa_exempt_suffixes.as_ref(),
                self.caa_exempt_suffixes.as_ref(),
            )
            .unwrap_or_default(),
            require_dnssec_validation: either(
                own.require_dnssec_validation.as_ref(),
                self.require_dnssec_validation.as_ref(),
            )
            .unwrap_or_default(),
            public: terms.public,
        }
    }
}

fn either<T: Clone>(own: Option<&T>, general: Option<&T>) -> Option<T> {
    own.or(general).cloned()
}
