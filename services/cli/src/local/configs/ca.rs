//! The certificate authority's configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cairn_types::{ChallengeType, KeyType};
use serde::Serialize;

use super::common::{Client, Common, Grpc, Names, Tls};
use super::{LOOPBACK_SUFFIXES, Stack, va};
use crate::local::pki::{HIERARCHIES, Hierarchy};
use crate::local::profile::Profile;
use crate::local::service::Service;

#[derive(Serialize)]
pub(super) struct Config {
    base_url: String,
    serial_prefix: u8,
    grpc: Grpc,
    tls: Tls,
    sa: Client,
    names: Names,
    issuers: Vec<Issuer>,
    evidence: Evidence,
    profiles: BTreeMap<&'static str, ProfileConfig>,
    #[serde(flatten)]
    common: Common,
}

#[derive(Serialize)]
struct Issuer {
    id: &'static str,
    certificate: PathBuf,
    key: PathBuf,
    issues_for: &'static [&'static str],
}

#[derive(Serialize)]
struct Evidence {
    addresses: Addresses,
    caa_exempt_suffixes: [&'static str; 3],
    perspectives: Vec<Perspective>,
}

#[derive(Serialize)]
struct Addresses {
    allow: [&'static str; 2],
}

#[derive(Serialize)]
struct Perspective {
    name: String,
    role: &'static str,
    region: &'static str,
    public_key: PathBuf,
}

#[derive(Serialize)]
struct ProfileConfig {
    validity: &'static str,
    max_validation_age: &'static str,
    methods: &'static [ChallengeType],
}

pub(super) fn config(stack: &Stack) -> Config {
    let profile = |profile: Profile| {
        let config = ProfileConfig {
            validity: profile.validity(),
            max_validation_age: Profile::MAX_VALIDATION_AGE,
            methods: Profile::METHODS,
        };
        (profile.name(), config)
    };
    Config {
        base_url: stack.base_url(),
        serial_prefix: 1,
        grpc: stack.grpc(Service::Ca, &[("cairn.ca.v1.Issuance", &[Service::Ra])]),
        tls: stack.tls(Service::Ca),
        sa: stack.client(Service::Sa),
        names: Names::any(),
        issuers: HIERARCHIES
            .iter()
            .map(|hierarchy| issuer(stack, hierarchy))
            .collect(),
        evidence: Evidence {
            addresses: Addresses {
                allow: ["loopback", "private"],
            },
            caa_exempt_suffixes: LOOPBACK_SUFFIXES,
            perspectives: std::iter::once(Service::Va)
                .chain(Service::remotes(stack.remotes))
                .map(|service| Perspective {
                    name: va::name(service),
                    role: va::role(service),
                    region: va::region(service),
                    public_key: stack.pki.receipt_public_key(service),
                })
                .collect(),
        },
        profiles: Profile::ALL.into_iter().map(profile).collect(),
        common: stack.common(Service::Ca),
    }
}

fn issuer(stack: &Stack, hierarchy: &Hierarchy) -> Issuer {
    let folder = stack.pki.hierarchy(hierarchy);
    Issuer {
        id: hierarchy.id,
        certificate: folder.join("intermediate.pem"),
        key: folder.join("intermediate.key"),
        issues_for: match hierarchy.kind {
            KeyType::Rsa => &["rsa"],
            KeyType::P256 | KeyType::P384 => &["p256", "p384"],
        },
    }
}
