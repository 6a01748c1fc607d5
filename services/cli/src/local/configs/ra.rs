//! The registration authority's configuration.

use std::collections::BTreeMap;

use cairn_types::ChallengeType;
use serde::Serialize;

use super::Stack;
use super::common::{Client, Common, Grpc, Names, Tls};
use crate::local::profile::Profile;
use crate::local::service::Service;

#[derive(Serialize)]
pub(super) struct Config {
    base_url: String,
    default_profile: &'static str,
    grpc: Grpc,
    tls: Tls,
    sa: Client,
    va: Client,
    ca: Client,
    names: Names,
    profiles: BTreeMap<&'static str, ProfileConfig>,
    janitor: Janitor,
    #[serde(flatten)]
    common: Common,
}

#[derive(Serialize)]
struct ProfileConfig {
    validity: &'static str,
    max_validation_age: &'static str,
    methods: &'static [ChallengeType],
}

/// Work that a stopped service left behind goes on within a second of its start.
#[derive(Serialize)]
struct Janitor {
    interval: &'static str,
}

pub(super) fn config(stack: &Stack) -> Config {
    let profile = |profile: Profile| {
        (
            profile.name(),
            ProfileConfig {
                validity: profile.validity(),
                max_validation_age: Profile::MAX_VALIDATION_AGE,
                methods: Profile::METHODS,
            },
        )
    };
    Config {
        base_url: stack.base_url(),
        default_profile: stack.profile.name(),
        grpc: stack.grpc(Service::Ra, &[("cairn.ra.v1.Registration", &[Service::Wfe])]),
        tls: stack.tls(Service::Ra),
        sa: stack.client(Service::Sa),
        va: stack.client(Service::Va),
        ca: stack.client(Service::Ca),
        names: Names::any(),
        profiles: Profile::ALL.into_iter().map(profile).collect(),
        janitor: Janitor { interval: "1s" },
        common: stack.common(Service::Ra),
    }
}
