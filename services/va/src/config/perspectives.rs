//! `[perspective]`, `[[remotes]]` and `[quorum]`: which part of a validation this process plays, and with whom.

use std::collections::BTreeSet;

use cairn_evidence::{MIN_REGIONS, ReceiptSigner, ReceiptVerifier, Rir};
use cairn_kit::{FilePath, Secret, duration};
use cairn_rpc::ClientConfig;
use cairn_types::Duration;
use serde::Deserialize;

use super::Config;

/// `[perspective]`: who signs the receipts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Perspective {
    /// The name by which the certificate authority's policy knows this perspective.
    pub name: String,
    /// Its part.
    #[serde(default)]
    pub role: Role,
    /// The registry in whose area it stands.
    pub rir: Rir,
    /// The private key, Ed25519 or P-256, as PEM.
    pub receipt_key: Secret,
}

/// The part that a perspective plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It is asked by the registration authority, and asks the remotes after its own success.
    #[default]
    Primary,
    /// It is asked by the primary.
    Remote,
}

/// `[[remotes]]`: a perspective that the primary asks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remote {
    /// Its name, as it signs.
    pub name: String,
    /// The registry in whose area it stands, as it signs.
    pub rir: Rir,
    /// The public half of its receipt key, as PEM.
    pub public_key: FilePath,
    /// Where it is, as `HOST:PORT`.
    pub addresses: Vec<String>,
    /// The DNS name in its certificate, which no other remote has.
    pub server_name: String,
}

impl Remote {
    /// How its gRPC services are reached.
    pub(crate) fn client(&self) -> ClientConfig {
        ClientConfig {
            server_name: Some(self.server_name.clone()),
            ..ClientConfig::new(&self.addresses)
        }
    }

    /// What its receipts are checked with; the error says what is wrong with its key.
    pub(crate) fn verifier(&self) -> Result<ReceiptVerifier, String> {
        let public_key_pem = self.public_key.read().map_err(|error| error.to_string())?;
        ReceiptVerifier::new(&cairn_evidence::Perspective {
            name: self.name.clone(),
            role: cairn_evidence::Role::Remote,
            rir: self.rir,
            public_key_pem,
        })
        .map_err(|error| error.to_string())
    }
}

/// `[quorum]`: which answers of the remotes are enough.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quorum {
    /// How many remotes need not confirm. By default what the CA/B Baseline Requirements (3.2.2.9) allow: none of a
    /// single one, one of two to five, two of six and more.
    pub allowed_failures: Option<usize>,
    /// In how many regions those remotes must stand that confirm. By default two, or one if one remote is enough.
    pub min_regions: Option<usize>,
    /// How long remotes that have not answered are waited for once their answers cannot change the verdict, for the
    /// sake of their receipts.
    #[serde(with = "duration")]
    pub patience: Duration,
}

impl Default for Quorum {
    fn default() -> Self {
        Self {
            allowed_failures: None,
            min_regions: None,
            patience: Duration::from_secs(1),
        }
    }
}

impl Quorum {
    /// How many of so many remotes may fail.
    pub(crate) fn allowed_failures(&self, remotes: usize) -> usize {
        self.allowed_failures
            .unwrap_or_else(|| cairn_evidence::allowed_failures(remotes))
    }

    /// In how many regions those of so many remotes must stand that confirm.
    pub(crate) fn min_regions(&self, remotes: usize) -> usize {
        let needed = remotes.saturating_sub(self.allowed_failures(remotes));
        self.min_regions.unwrap_or(MIN_REGIONS.min(needed))
    }
}

/// The gRPC service of remotes.
const OF_REMOTES: &str = "cairn.va.v1.Perspective";

/// Refuses a role that contradicts the other sections, and a quorum that cannot be had.
pub(super) fn check(config: &Config) -> Result<(), String> {
    let own = &config.perspective;
    if own.name.is_empty() {
        return Err("perspective.name: must not be empty".to_owned());
    }
    ReceiptSigner::from_pem(own.receipt_key.expose())
        .map_err(|error| format!("perspective.receipt_key: {error}"))?;
    let serves = |service: &&String| *service == OF_REMOTES;
    match own.role {
        Role::Remote => {
            if !config.remotes.is_empty() || config.quorum.is_some() {
                return Err(
                    "perspective.role: a remote asks nobody, it has no [[remotes]] and no [quorum]"
                        .to_owned(),
                );
            }
            match config.grpc.allow.keys().find(|service| !serves(service)) {
                Some(service) => Err(format!(
                    "grpc.allow: a remote serves {OF_REMOTES} alone, not {service}"
                )),
                None => Ok(()),
            }
        }
        Role::Primary => {
            if config.grpc.allow.keys().any(|service| serves(&service)) {
                return Err(format!(
                    "grpc.allow: only a remote serves {OF_REMOTES}; perspective.role says primary"
                ));
            }
            check_remotes(config)
        }
    }
}

fn check_remotes(config: &Config) -> Result<(), String> {
    let mut names = BTreeSet::from([config.perspective.name.as_str()]);
    let mut servers = BTreeSet::new();
    for remote in &config.remotes {
        let wrong = |key: &str, why: &str| Err(format!("remotes.{key}: {why} ({})", remote.name));
        if remote.name.is_empty() || !names.insert(&remote.name) {
            return wrong("name", "every perspective has a name of its own");
        }
        if !servers.insert(&remote.server_name) {
            return wrong("server_name", "every remote has a certificate of its own");
        }
        if let Err(error) = remote.client().check() {
            return wrong("addresses", &error.to_string());
        }
        if let Err(error) = remote.verifier() {
            return wrong("public_key", &error);
        }
    }
    let (quorum, remotes) = (config.quorum.clone().unwrap_or_default(), config.remotes.len());
    if remotes == 0 {
        return match config.quorum {
            Some(_) => Err("quorum: there are no [[remotes]]".to_owned()),
            None => Ok(()),
        };
    }
    if quorum.allowed_failures(remotes) >= remotes {
        return Err("quorum.allowed_failures: one remote at least has to confirm".to_owned());
    }
    let regions: BTreeSet<Rir> = config.remotes.iter().map(|remote| remote.rir).collect();
    let needed = remotes - quorum.allowed_failures(remotes);
    let most = regions.len().min(needed);
    if !(1..=most).contains(&quorum.min_regions(remotes)) {
        return Err(format!(
            "quorum.min_regions: {} of {needed} remotes, which stand in {} regions: must be 1 to {most}",
            quorum.min_regions(remotes),
            regions.len()
        ));
    }
    Ok(())
}
