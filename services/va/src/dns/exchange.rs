//! One query to one resolver: over UDP, and over TCP if the reply was truncated or doubtful; or over TCP, TLS or
//! HTTPS alone.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use hickory_proto::op::Message;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use super::LookupError;
use super::https::{self, OverHttps};
use super::query::{Match, Query};
use super::tls::{OverTls, TlsClient};
use crate::config::{Resolver, Transport};

/// The largest reply that is taken from UDP; servers may send more than was offered.
const MAX_DATAGRAM: usize = 4096;

/// One resolver, with the connections to it that are kept.
pub(crate) struct Server {
    /// What the configuration calls it.
    pub(super) resolver: Resolver,
    channel: Channel,
}

enum Channel {
    Udp,
    Tcp,
    Tls(OverTls),
    Https(Box<OverHttps>),
}

impl Server {
    /// `ca` has the authorities for certificates of resolvers, if not those of the system.
    pub(super) fn new(resolver: Resolver, ca: Option<&Path>) -> Result<Self, String> {
        let address = resolver.address;
        let channel = match &resolver.transport {
            Transport::Udp => Channel::Udp,
            Transport::Tcp => Channel::Tcp,
            Transport::Tls { name } => Channel::Tls(OverTls::new(TlsClient::new(address, name, ca, b"")?)),
            Transport::Https { name, path } => {
                let host = if name.contains(':') {
                    format!("[{name}]")
                } else {
                    name.clone()
                };
                let url = format!("https://{host}:{}{path}", address.port())
                    .parse()
                    .map_err(|error| format!("dns.resolvers: {resolver}: {error}"))?;
                let client = TlsClient::new(address, name, ca, https::ALPN)?;
                Channel::Https(Box::new(OverHttps::new(client, url)))
            }
        };
        Ok(Self { resolver, channel })
    }

    /// Asks it. Waits without limit: the caller has the clock.
    pub(super) async fn exchange(&self, query: &Query) -> Result<Message, LookupError> {
        let address = self.resolver.address;
        let reply = match &self.channel {
            Channel::Udp => match over_udp(address, query)
                .await
                .map_err(|error| unreachable(&error))?
            {
                Some(reply) if !is_truncated(&reply) => return decode(&reply),
                _ => over_tcp(address, query).await?,
            },
            Channel::Tcp => over_tcp(address, query).await?,
            Channel::Tls(channel) => channel.ask(query).await?,
            Channel::Https(channel) => channel.ask(query).await?,
        };
        if query.compare(&reply) == Match::None {
            return Err(LookupError::Malformed);
        }
        if is_truncated(&reply) {
            return Err(LookupError::Truncated);
        }
        decode(&reply)
    }
}

/// The bit TC of a reply that answers a query, which has a whole header then. What follows may be cut off anywhere.
fn is_truncated(reply: &[u8]) -> bool {
    reply.get(2).is_some_and(|flags| flags & 0x02 != 0)
}

fn decode(reply: &[u8]) -> Result<Message, LookupError> {
    Message::from_vec(reply).map_err(|_| LookupError::Malformed)
}

fn unreachable(error: &io::Error) -> LookupError {
    LookupError::Io(error.kind().to_string())
}

/// A socket of its own for every query, so that its port is one more thing to guess. What does not answer the
/// query is ignored; what answers it in another case is worth a question over TCP, which needs no such guess: none.
async fn over_udp(server: SocketAddr, query: &Query) -> io::Result<Option<Vec<u8>>> {
    let any = match server {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    socket.send(query.octets()).await?;
    let mut buffer = vec![0; MAX_DATAGRAM];
    loop {
        let length = socket.recv(&mut buffer).await?;
        match query.compare(&buffer[..length]) {
            Match::None => {}
            Match::OtherCase => return Ok(None),
            Match::Exact => {
                buffer.truncate(length);
                return Ok(Some(buffer));
            }
        }
    }
}

async fn over_tcp(server: SocketAddr, query: &Query) -> Result<Vec<u8>, LookupError> {
    let ask = async || over_stream(&mut TcpStream::connect(server).await?, query).await;
    ask().await.map_err(|error| unreachable(&error))
}

/// Sends a query over a stream and reads the reply, each after its length.
pub(super) async fn over_stream(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    query: &Query,
) -> io::Result<Vec<u8>> {
    let length = u16::try_from(query.octets().len()).map_err(io::Error::other)?;
    stream
        .write_all(&[&length.to_be_bytes(), query.octets()].concat())
        .await?;
    let length = stream.read_u16().await?;
    let mut reply = vec![0; usize::from(length)];
    stream.read_exact(&mut reply).await?;
    Ok(reply)
}
