//! The certificate authority's configuration, as far as evidence goes.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use cairn_evidence::{EvidenceConfig, Policy, ProfileTerms};
use cairn_kit::{Configuration, FilePath, config, duration};
use cairn_types::{ChallengeType, Duration, ProfileName};
use serde::Deserialize;

/// What is read of it. The rest, the names of its keys among it, is left alone.
#[derive(Debug, Deserialize)]
pub(super) struct CaConfig {
    /// The front end's URL without a path.
    pub(super) base_url: String,
    evidence: EvidenceConfig<FilePath>,
    profiles: BTreeMap<ProfileName, Profile>,
}

#[derive(Debug, Deserialize)]
struct Profile {
    #[serde(with = "duration")]
    max_validation_age: Duration,
    #[serde(default = "ChallengeType::defaults")]
    methods: Vec<ChallengeType>,
    #[serde(default)]
    evidence: EvidenceConfig<FilePath>,
    #[serde(default)]
    public: bool,
}

impl Configuration for CaConfig {}

impl CaConfig {
    pub(super) fn load(path: &Path) -> anyhow::Result<Self> {
        Ok(config::load(path)
            .context("the certificate authority's configuration")?
            .service)
    }

    /// The policy of a profile.
    pub(super) fn policy(&self, name: &ProfileName) -> anyhow::Result<Policy> {
        let profile = self.profiles.get(name).with_context(|| {
            format!("the certificate authority's configuration has no profile {name}; use one of the time of issuance")
        })?;
        let terms = ProfileTerms {
            max_validation_age: profile.max_validation_age,
            methods: &profile.methods,
            public: profile.public,
        };
        let read = |path: &FilePath| path.read().map_err(|error| error.to_string());
        self.evidence
            .policy(&profile.evidence, terms, read)
            .map_err(|why| anyhow!("evidence, for profiles.{name}: {why}"))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The keys of issuers and services are not needed, and not read.
    #[test]
    fn the_sample_is_enough_with_the_public_keys() {
        let dir = tempfile::tempdir().unwrap();
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/config/ca.toml");
        let path = dir.path().join("ca.toml");
        fs::copy(sample, &path).unwrap();
        fs::create_dir(dir.path().join("perspectives")).unwrap();
        for name in ["primary", "ashburn", "singapore", "seattle"] {
            let key = openssl::pkey::PKey::generate_ed25519().unwrap();
            let file = dir.path().join(format!("perspectives/{name}.pub"));
            fs::write(file, key.public_key_to_pem().unwrap()).unwrap();
        }
        let config = CaConfig::load(&path).unwrap();
        let quorum = |profile: &str| config.policy(&profile.parse().unwrap()).unwrap().rules().quorum;
        assert_eq!((quorum("classic"), quorum("shortlived")), (2, 3));
        let missing = config.policy(&"gold".parse().unwrap()).unwrap_err();
        assert!(missing.to_string().contains("no profile gold"), "{missing}");
    }
}
