//! A DNS of one's own: Knot with the zones of a test, from the root down, and Unbound as the resolver before it.

mod knot;
mod sign;
mod unbound;
mod zone;

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::home::home;
use crate::poll;
use crate::process::Process;
use crate::tls::tls;
use sign::Signer;
pub use zone::{Denial, Ds, Hosting, Security, Times, Zone};

const START: Duration = Duration::from_secs(30);

/// Debian puts daemons where only root's search path leads.
const PLACES: [&str; 4] = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];

/// The servers of one set of zones. They end with this value.
#[derive(Debug)]
pub struct Dns {
    resolver: unbound::Addresses,
    authority: SocketAddr,
    anchor: PathBuf,
    /// In the order in which they are to end.
    _processes: [Process; 3],
    /// Never read: queries to it get no answer.
    _silent: UdpSocket,
}

impl Dns {
    /// Signs the zones and serves them. The root zone, which must not be among them, is made of the delegations;
    /// a zone is delegated by the closest one above it.
    pub fn start(zones: &[Zone]) -> Result<Self> {
        let home = home()?;
        let process = || -> Result<Process> { Ok(Process::new(home.new_server()?)) };
        let (knot, ignorant, unbound) = (process()?, process()?, process()?);
        let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        for folder in ["zones", "keys"] {
            home.directory(&knot.dir().join(folder))?;
        }
        let signer = Signer::new(knot.dir());
        let anchor = zone::write_all(&signer, zones)?;
        let authority = knot::start(&knot, zones)?;
        let elsewhere = unbound::Elsewhere {
            ignorant: knot::start_with(&ignorant, &["elsewhere"])?,
            silent: silent.local_addr()?,
        };
        let resolver = unbound::start(&unbound, zones, authority, &elsewhere)?;
        Ok(Self {
            resolver,
            authority,
            anchor,
            _processes: [unbound, ignorant, knot],
            _silent: silent,
        })
    }

    /// The recursive resolver, which validates nothing itself.
    pub const fn resolver(&self) -> SocketAddr {
        self.resolver.plain
    }

    /// The resolver over TLS.
    pub const fn resolver_over_tls(&self) -> SocketAddr {
        self.resolver.tls
    }

    /// The resolver over HTTPS; the path is `/dns-query`.
    pub const fn resolver_over_https(&self) -> SocketAddr {
        self.resolver.https
    }

    /// The authority of the resolver's certificate, which is for `localhost` and 127.0.0.1.
    pub fn ca(&self) -> Result<&'static Path> {
        Ok(&tls()?.ca)
    }

    /// The authoritative server of all zones.
    pub const fn authority(&self) -> SocketAddr {
        self.authority
    }

    /// A file with the root zone's key.
    pub fn trust_anchor(&self) -> &Path {
        &self.anchor
    }
}

fn program(name: &str) -> Result<PathBuf> {
    let mut paths = PLACES.iter().map(|place| PathBuf::from(place).join(name));
    paths
        .find(|path| path.is_file())
        .with_context(|| format!("{name} is not installed: `test/servers/install` does it"))
}

/// Whether a server answers a query over UDP.
fn answers(server: SocketAddr) -> bool {
    // Id 1, recursion desired; one question: the SOA record of the root.
    const QUERY: [u8; 17] = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1];
    let ask = || -> std::io::Result<usize> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_read_timeout(Some(Duration::from_millis(200)))?;
        socket.connect(server)?;
        socket.send(&QUERY)?;
        socket.recv(&mut [0; 512])
    };
    ask().is_ok()
}

/// A port that is free for UDP and TCP.
fn free_port() -> Result<u16> {
    poll::until("a free port", START, || {
        let port = crate::ports::free()?;
        Ok(UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).ok().map(|_| port))
    })
}
