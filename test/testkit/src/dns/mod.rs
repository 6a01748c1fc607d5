//! An authoritative DNS server for tests: every name exists and leads to loopback, unless told otherwise.

mod handler;
mod zone;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use cairn_acme::dns01_record;
use cairn_acme::objects::AuthorizationObject;
use cairn_types::{ChallengeType, Thumbprint, Token};
use hickory_server::server::Server;
use tokio::net::{TcpListener, UdpSocket};

pub use zone::{Data, Fault, Kind, Zone};

use crate::client::Prover;
use handler::Handler;

/// How many ports are tried until one is free for UDP and TCP.
const TRIES: usize = 20;

/// How long a TCP client may be silent.
const TCP_TIMEOUT: Duration = Duration::from_secs(10);

/// How many answers may wait on a TCP connection.
const TCP_BUFFER: usize = 64;

/// A running server. Clones share its records.
#[derive(Debug, Clone)]
pub struct DnsServer {
    address: SocketAddr,
    zone: Zone,
}

impl DnsServer {
    /// Starts on a free loopback port, UDP and TCP, within the current runtime.
    pub async fn start() -> io::Result<Self> {
        let (udp, tcp) = bind().await?;
        Self::serve(udp, tcp)
    }

    /// Starts at an address that was agreed upon, within the current runtime. A port of 0 is any that is free.
    pub async fn start_on(address: SocketAddr) -> io::Result<Self> {
        let udp = UdpSocket::bind(address).await?;
        let tcp = TcpListener::bind(udp.local_addr()?).await?;
        Self::serve(udp, tcp)
    }

    fn serve(udp: UdpSocket, tcp: TcpListener) -> io::Result<Self> {
        let address = udp.local_addr()?;
        let zone = Zone::default();
        let mut server = Server::new(Handler::new(zone.clone()));
        server.register_socket(udp);
        server.register_listener(tcp, TCP_TIMEOUT, TCP_BUFFER);
        tokio::spawn(async move { drop(server.block_until_done().await) });
        Ok(Self { address, zone })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its records.
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }
}

async fn bind() -> io::Result<(UdpSocket, TcpListener)> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..TRIES {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        match TcpListener::bind(udp.local_addr()?).await {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Where dns-01 looks for the record of a name.
pub fn challenge_name(name: &str) -> String {
    format!("_acme-challenge.{name}")
}

impl Prover for DnsServer {
    fn challenge_type(&self) -> ChallengeType {
        ChallengeType::Dns01
    }

    fn prove(&self, authorization: &AuthorizationObject, token: &Token, thumbprint: &Thumbprint) {
        let name = challenge_name(&authorization.identifier.value);
        let record = dns01_record(token, thumbprint);
        self.zone.add(&name, Data::Txt(vec![record]));
    }
}
