//! The validation authority's configuration.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Serialize;

use super::common::{Common, Grpc, Tls};
use super::{CAA_ID, LOOPBACK_SUFFIXES, PERSPECTIVE, RIR, Stack};
use crate::local::service::Service;

#[derive(Serialize)]
pub(super) struct Config {
    grpc: Grpc,
    tls: Tls,
    perspective: Perspective,
    caa: Caa,
    dns: Dns,
    addresses: Addresses,
    http_01: Port,
    tls_alpn_01: Port,
    #[serde(flatten)]
    common: Common,
}

#[derive(Serialize)]
struct Perspective {
    name: &'static str,
    rir: &'static str,
    receipt_key: PathBuf,
}

#[derive(Serialize)]
struct Caa {
    identities: [&'static str; 1],
}

#[derive(Serialize)]
struct Dns {
    resolvers: Vec<SocketAddr>,
    dnssec: &'static str,
    loopback_suffixes: [&'static str; 3],
}

#[derive(Serialize)]
struct Addresses {
    allow: [&'static str; 2],
}

#[derive(Serialize)]
struct Port {
    port: u16,
}

pub(super) fn config(stack: &Stack) -> Config {
    Config {
        grpc: stack
            .grpc(Service::Va, &[("cairn.va.v1.Validation", &[Service::Ra])])
            .with_operators("cairn.va.v1.DryRun"),
        tls: stack.tls(Service::Va),
        perspective: Perspective {
            name: PERSPECTIVE,
            rir: RIR,
            receipt_key: stack.pki.receipt_key(),
        },
        caa: Caa { identities: [CAA_ID] },
        dns: Dns {
            resolvers: stack.resolver.into_iter().collect(),
            // Names of this machine are on no signed path from the Internet's root.
            dnssec: "off",
            loopback_suffixes: LOOPBACK_SUFFIXES,
        },
        addresses: Addresses {
            allow: ["loopback", "private"],
        },
        http_01: Port {
            port: stack.http_01_port,
        },
        tls_alpn_01: Port {
            port: stack.tls_alpn_01_port,
        },
        common: stack.common(Service::Va),
    }
}
