//! The sections that the configurations share.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Serialize;

use super::Stack;
use crate::local::pki::OPERATOR;
use crate::local::service::Service;

/// `[log]`, `[debug]` and `[runtime]`.
#[derive(Serialize)]
pub(super) struct Common {
    log: Log,
    debug: Debug,
    runtime: Runtime,
}

#[derive(Serialize)]
struct Log {
    format: &'static str,
    level: &'static str,
}

#[derive(Serialize)]
struct Debug {
    listen: SocketAddr,
}

#[derive(Serialize)]
struct Runtime {
    workers: usize,
}

/// The services share the machine: with a worker for each processor in each of them, they would spend their time
/// on waking each other's threads.
fn workers() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    (processors / 4).max(1)
}

/// `[tls]`: who this service is among the services.
#[derive(Serialize)]
pub(super) struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    ca: PathBuf,
}

/// `[grpc]`: where it takes calls, and whose.
#[derive(Serialize)]
pub(super) struct Grpc {
    listen: SocketAddr,
    allow: BTreeMap<&'static str, Vec<String>>,
}

impl Grpc {
    /// Lets operators call a gRPC service too.
    pub(super) fn with_operators(mut self, name: &'static str) -> Self {
        self.allow.entry(name).or_default().push(OPERATOR.to_owned());
        self
    }
}

/// The section of a service that it calls.
#[derive(Serialize)]
pub(super) struct Client {
    addresses: [SocketAddr; 1],
}

/// `[names]`: which names are certified.
#[derive(Serialize)]
pub(super) struct Names {
    domains: &'static str,
    addresses: [&'static str; 2],
}

impl Names {
    /// Any name, and this machine's own addresses. Which names there are, and where, is for the
    /// validation authority to find out.
    pub(super) const fn any() -> Self {
        Self {
            domains: "any",
            addresses: ["127.0.0.0/8", "::1/128"],
        }
    }
}

impl Stack {
    pub(super) fn common(&self, service: Service) -> Common {
        Common {
            log: Log {
                format: "human",
                level: "info",
            },
            debug: Debug {
                listen: self.ports.debug(service),
            },
            runtime: Runtime { workers: workers() },
        }
    }

    pub(super) fn tls(&self, service: Service) -> Tls {
        self.identity(self.pki.service(service))
    }

    /// `[tls]` of whoever has this certificate and key.
    pub(super) fn identity(&self, (certificate, key): (PathBuf, PathBuf)) -> Tls {
        Tls {
            certificate,
            key,
            ca: self.pki.services_ca(),
        }
    }

    /// `allow` lists gRPC services with the services that may call them.
    pub(super) fn grpc(&self, service: Service, allow: &[(&'static str, &[Service])]) -> Grpc {
        let names = |callers: &[Service]| callers.iter().map(|caller| caller.dns_name()).collect();
        Grpc {
            listen: self.ports.grpc(service),
            allow: allow
                .iter()
                .map(|(name, callers)| (*name, names(callers)))
                .collect(),
        }
    }

    pub(super) fn client(&self, service: Service) -> Client {
        Client {
            addresses: [self.ports.grpc(service)],
        }
    }
}
