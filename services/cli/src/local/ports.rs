//! The ports of a local CA: the front end's as asked, the others wherever there is room.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use anyhow::{Context, bail};

use super::args::Listen;
use super::service::Service;

/// Internal ports are looked for below those that the system hands out by itself, so that a service
/// that is restarted does not find its port taken by some outgoing connection.
const HIGHEST: u16 = 32_000;

/// Who listens where.
#[derive(Debug, Clone)]
pub(crate) struct Ports {
    /// Where ACME is served: on one port of one address, or of two.
    https: Vec<SocketAddr>,
    internal: BTreeMap<Service, (u16, u16)>,
}

impl Ports {
    /// Chooses ports for these services that are free now, other than those that `clients` will answer challenges
    /// on. The front end's is an error if it is taken.
    pub(crate) fn choose(listen: &Listen, services: &[Service], clients: &[u16]) -> anyhow::Result<Self> {
        let https = front_end(listen)?;
        let port = port_of(&https);
        let start = if (1024..HIGHEST - 100).contains(&port) {
            port + 1
        } else {
            16_001 + port % 100 * 100
        };
        let mut free = (start..HIGHEST)
            .filter(|port| !clients.contains(port) && bind(Ipv4Addr::LOCALHOST.into(), *port).is_ok());
        let mut internal = BTreeMap::new();
        for &service in services {
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

    /// Where ACME is served.
    pub(crate) fn https(&self) -> &[SocketAddr] {
        &self.https
    }

    /// The port of all of these.
    pub(crate) fn https_port(&self) -> u16 {
        port_of(&self.https)
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

fn port_of(addresses: &[SocketAddr]) -> u16 {
    addresses.first().map_or(0, SocketAddr::port)
}

/// The front end's addresses, which must be free. Those of `localhost` are in both families, if this machine
/// has both.
fn front_end(listen: &Listen) -> anyhow::Result<Vec<SocketAddr>> {
    /// How often the system may choose a port that is free in one family and taken in the other.
    const CHOICES: usize = 20;
    let wanted = listen.address().map_err(anyhow::Error::msg)?;
    let two = listen.is_localhost() && bind(Ipv6Addr::LOCALHOST.into(), 0).is_ok();
    let mut choices = if wanted.port() == 0 { CHOICES } else { 1 };
    loop {
        let first = bind_for_acme(wanted)?;
        let mut addresses = vec![first];
        if two {
            match bind_for_acme((Ipv6Addr::LOCALHOST, first.port()).into()) {
                Ok(second) => addresses.push(second),
                Err(_) if choices > 1 => {
                    choices -= 1;
                    continue;
                }
                Err(error) => return Err(error),
            }
        }
        return Ok(addresses);
    }
}

fn bind_for_acme(address: SocketAddr) -> anyhow::Result<SocketAddr> {
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
    use crate::local::service::MAX_REMOTES;

    #[test]
    fn every_service_has_ports_of_its_own() {
        let choose = |clients: &[u16]| {
            let services = Service::all(MAX_REMOTES);
            let ports = Ports::choose(&"127.0.0.1:0".parse().unwrap(), &services, clients).unwrap();
            let internal = |service| [ports.grpc(service).port(), ports.debug(service).port()];
            let number = services.len();
            let all = services.into_iter().flat_map(internal).collect::<BTreeSet<_>>();
            assert_eq!(all.len(), 2 * number);
            assert!(!all.contains(&ports.https_port()));
            all
        };
        let first = choose(&[]);
        let clients: Vec<u16> = first.into_iter().collect();
        assert!(choose(&clients).iter().all(|port| !clients.contains(port)));
    }

    #[test]
    fn localhost_is_in_both_families() {
        let ports = Ports::choose(&"localhost:0".parse().unwrap(), &[], &[]).unwrap();
        let port = ports.https_port();
        let mut expected = vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port))];
        if bind(Ipv6Addr::LOCALHOST.into(), 0).is_ok() {
            expected.push((Ipv6Addr::LOCALHOST, port).into());
        }
        assert_eq!(ports.https(), expected);
    }

    #[test]
    fn a_port_that_is_taken_is_named() {
        let taken = bind(Ipv4Addr::LOCALHOST.into(), 0).unwrap();
        let address = taken.local_addr().unwrap();
        let error = Ports::choose(&address.to_string().parse().unwrap(), &[], &[]).unwrap_err();
        let expected =
            format!("{address} cannot be used for ACME, choose another --listen: Address already in use");
        assert!(format!("{error:#}").starts_with(&expected), "{error:#}");
    }
}
