//! The ports of a local CA: the front end's as asked, the others wherever there is room.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use anyhow::{Context, bail};

use super::args::Listen;
use super::service::Service;

/// Internal ports are looked for below those that the system hands out by itself, so that a service
/// that is restarted does not find its port taken by some outgoing connection.
const HIGHEST: u16 = 32_000;

/// Who listens where.
#[derive(Debug, Clone)]
pub(crate) struct Ports {
    /// Where ACME is served.
    pub(crate) https: SocketAddr,
    internal: BTreeMap<Service, (u16, u16)>,
}

impl Ports {
    /// Chooses ports that are free now, other than those that `clients` will answer challenges on. The front
    /// end's is an error if it is taken.
    pub(crate) fn choose(listen: &Listen, clients: &[u16]) -> anyhow::Result<Self> {
        let https = front_end(listen)?;
        let port = https.port();
        let start = if (1024..HIGHEST - 100).contains(&port) {
            port + 1
        } else {
            16_001 + port % 100 * 100
        };
        let mut free = (start..HIGHEST)
            .filter(|port| !clients.contains(port) && bind(Ipv4Addr::LOCALHOST.into(), *port).is_ok());
        let mut internal = BTreeMap::new();
        for service in Service::ALL {
            match (free.next(), free.next()) {
                (Some(grpc), Some(debug)) => internal.insert(service, (grpc, debug)),
                _ => bail!(
                    "there are no free ports from {start} to {HIGHEST} on {}",
                    Ipv4Addr::LOCALHOST
                ),
            };
        }
        Ok(Self { https, internal })
    }

    /// Where a service takes gRPC calls.
    pub(crate) fn grpc(&self, service: Service) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.internal[&service].0).into()
    }

    /// Where a service shows metrics and health.
    pub(crate) fn debug(&self, service: Service) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.internal[&service].1).into()
    }
}

/// The front end's address, which must be free.
fn front_end(listen: &Listen) -> anyhow::Result<SocketAddr> {
    let address = listen.address().map_err(anyhow::Error::msg)?;
    bind(address.ip(), address.port())
        .and_then(|listener| listener.local_addr())
        .with_context(|| format!("{address} cannot be used for ACME, choose another --listen"))
}

fn bind(address: IpAddr, port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::new(address, port))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_service_has_ports_of_its_own() {
        let choose = |clients: &[u16]| {
            let ports = Ports::choose(&"127.0.0.1:0".parse().unwrap(), clients).unwrap();
            let internal = |service| [ports.grpc(service).port(), ports.debug(service).port()];
            let all = Service::ALL
                .into_iter()
                .flat_map(internal)
                .collect::<BTreeSet<_>>();
            assert_eq!(all.len(), 2 * Service::ALL.len());
            assert!(!all.contains(&ports.https.port()));
            all
        };
        let first = choose(&[]);
        let clients: Vec<u16> = first.into_iter().collect();
        assert!(choose(&clients).iter().all(|port| !clients.contains(port)));
    }

    #[test]
    fn a_port_that_is_taken_is_named() {
        let taken = bind(Ipv4Addr::LOCALHOST.into(), 0).unwrap();
        let address = taken.local_addr().unwrap();
        let error = Ports::choose(&address.to_string().parse().unwrap(), &[]).unwrap_err();
        let expected =
            format!("{address} cannot be used for ACME, choose another --listen: Address already in use");
        assert!(format!("{error:#}").starts_with(&expected), "{error:#}");
    }
}
