//! The front end's configuration.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Serialize;

use super::common::{Client, Common, Tls};
use super::{CAA_ID, Stack};
use crate::local::pki::HIERARCHIES;
use crate::local::profile::Profile;
use crate::local::service::Service;

#[derive(Serialize)]
pub(super) struct Config {
    listen: Vec<SocketAddr>,
    base_url: String,
    https: Https,
    tls: Tls,
    ra: Client,
    sa: Client,
    nonces: Nonces,
    http: Http,
    directory: Directory,
    issuers: Vec<Issuer>,
    roots: Vec<Root>,
    #[serde(flatten)]
    common: Common,
}

#[derive(Serialize)]
struct Https {
    certificate: PathBuf,
    key: PathBuf,
}

#[derive(Serialize)]
struct Nonces {
    key: PathBuf,
    spent_file: PathBuf,
}

#[derive(Serialize)]
struct Http {
    max_connections_per_address: usize,
}

#[derive(Serialize)]
struct Directory {
    caa_identities: [&'static str; 1],
    profiles: BTreeMap<&'static str, &'static str>,
}

#[derive(Serialize)]
struct Issuer {
    id: &'static str,
    chain: PathBuf,
}

#[derive(Serialize)]
struct Root {
    id: String,
    certificate: PathBuf,
}

pub(super) fn config(stack: &Stack) -> Config {
    let (certificate, key) = stack.pki.https();
    Config {
        listen: stack.ports.https().to_vec(),
        base_url: stack.base_url(),
        https: Https { certificate, key },
        tls: stack.tls(Service::Wfe),
        ra: stack.client(Service::Ra),
        sa: stack.client(Service::Sa),
        nonces: Nonces {
            key: stack.pki.nonce_key(),
            spent_file: stack.layout.spent_nonces(),
        },
        // All clients are on this machine.
        http: Http {
            max_connections_per_address: 4096,
        },
        directory: Directory {
            caa_identities: [CAA_ID],
            profiles: Profile::ALL
                .iter()
                .map(|profile| (profile.name(), profile.description()))
                .collect(),
        },
        issuers: HIERARCHIES
            .iter()
            .map(|hierarchy| Issuer {
                id: hierarchy.id,
                chain: stack.pki.hierarchy(hierarchy).join("intermediate.pem"),
            })
            .collect(),
        roots: HIERARCHIES
            .iter()
            .map(|hierarchy| Root {
                id: format!("root-{}", hierarchy.id),
                certificate: stack.pki.hierarchy(hierarchy).join("root.pem"),
            })
            .collect(),
        common: stack.common(Service::Wfe),
    }
}
