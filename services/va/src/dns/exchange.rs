//! One query to one resolver: over UDP, and over TCP if the reply was truncated or doubtful.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use hickory_proto::op::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use super::LookupError;
use super::query::{Match, Query};
use crate::config::{Resolver, Transport};

/// The largest reply that is taken from UDP; servers may send more than was offered.
const MAX_DATAGRAM: usize = 4096;

/// Asks one resolver. Waits without limit: the caller has the clock.
pub(super) async fn exchange(resolver: &Resolver, query: &Query) -> Result<Message, LookupError> {
    let server = resolver.address;
    if resolver.transport == Transport::Udp
        && let Some(reply) = over_udp(server, query)
            .await
            .map_err(|error| unreachable(&error))?
    {
        let reply = decode(&reply)?;
        if !reply.metadata.truncation {
            return Ok(reply);
        }
    }
    let reply = over_tcp(server, query)
        .await
        .map_err(|error| unreachable(&error))?;
    if query.compare(&reply) == Match::None {
        return Err(LookupError::Malformed);
    }
    let reply = decode(&reply)?;
    if reply.metadata.truncation {
        return Err(LookupError::Truncated);
    }
    Ok(reply)
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

async fn over_tcp(server: SocketAddr, query: &Query) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(query.octets().len()).map_err(io::Error::other)?;
    stream
        .write_all(&[&length.to_be_bytes(), query.octets()].concat())
        .await?;
    let length = stream.read_u16().await?;
    let mut reply = vec![0; usize::from(length)];
    stream.read_exact(&mut reply).await?;
    Ok(reply)
}
