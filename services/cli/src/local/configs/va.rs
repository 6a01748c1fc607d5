//! The validation authority's configurations: the primary's and the remotes'.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Serialize;

use super::common::{Common, Grpc, Tls};
use super::{CAA_ID, LOOPBACK_SUFFIXES, Stack};
use crate::local::service::Service;

#[derive(Serialize)]
pub(super) struct Config {
    grpc: Grpc,
    tls: Tls,
    perspective: Perspective,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remotes: Vec<Remote>,
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
    name: String,
    role: &'static str,
    rir: &'static str,
    receipt_key: PathBuf,
}

#[derive(Serialize)]
struct Remote {
    name: String,
    rir: &'static str,
    public_key: PathBuf,
    addresses: [SocketAddr; 1],
    server_name: String,
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

/// By what name a perspective signs.
pub(super) fn name(perspective: Service) -> String {
    match perspective {
        Service::Remote(number) => format!("local-{number}"),
        _ => "local".to_owned(),
    }
}

/// The part that it plays.
pub(super) const fn role(perspective: Service) -> &'static str {
    match perspective {
        Service::Remote(_) => "remote",
        _ => "primary",
    }
}

/// The region that it claims: all are on this machine, which corroborates nobody.
pub(super) const fn region(perspective: Service) -> &'static str {
    match perspective {
        Service::Remote(1) => "ripe",
        Service::Remote(2) => "apnic",
        Service::Remote(3) => "lacnic",
        Service::Remote(4) => "afrinic",
        _ => "arin",
    }
}

/// The primary's.
pub(super) fn primary(stack: &Stack) -> Config {
    let grpc = stack
        .grpc(Service::Va, &[("cairn.va.v1.Validation", &[Service::Ra])])
        .with_operators("cairn.va.v1.DryRun");
    let remote = |service| Remote {
        name: name(service),
        rir: region(service),
        public_key: stack.pki.receipt_public_key(service),
        addresses: [stack.ports.grpc(service)],
        server_name: service.dns_name(),
    };
    Config {
        remotes: Service::remotes(stack.remotes).map(remote).collect(),
        ..config(stack, Service::Va, grpc)
    }
}

/// A remote's.
pub(super) fn remote(stack: &Stack, service: Service) -> Config {
    let grpc = stack.grpc(service, &[("cairn.va.v1.Perspective", &[Service::Va])]);
    config(stack, service, grpc)
}

fn config(stack: &Stack, service: Service, grpc: Grpc) -> Config {
    Config {
        grpc,
        tls: stack.tls(service),
        perspective: Perspective {
            name: name(service),
            role: role(service),
            rir: region(service),
            receipt_key: stack.pki.receipt_key(service),
        },
        remotes: Vec::new(),
        caa: Caa { identities: [CAA_ID] },
        dns: Dns {
            // All ask the same one, and its cache: they are on one machine in all else too.
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
        common: stack.common(service),
    }
}
