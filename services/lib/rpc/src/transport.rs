//! How a process reaches others and is reached: mutual TLS, or pipes within the process.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use cairn_kit::Metrics;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::memory::{Connection, Hub};
use crate::metrics::Calls;
use crate::tls::{Tls, TlsConfig, TlsError};
use crate::{Channel, ChannelError, ClientConfig, Peer, Target};

/// The network as one process sees it. Make one per process; clones share its metrics.
#[derive(Clone)]
pub struct Transport {
    link: Link,
    pub(crate) calls: Calls,
}

#[derive(Clone)]
enum Link {
    Tls(Tls),
    Memory { me: String, hub: Hub },
}

/// An established connection.
pub(crate) type Io = Box<dyn Stream>;

/// What a connection is made of.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for S {}

/// One place at which a server may be reached.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    Tcp(SocketAddr),
    Memory(String),
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Memory(name) => f.write_str(name),
        }
    }
}

impl Transport {
    /// TLS 1.3 over TCP, with certificates at both ends. Registers the metrics of gRPC.
    pub fn tls(config: &TlsConfig, metrics: &Metrics) -> Result<Self, TlsError> {
        Ok(Self {
            link: Link::Tls(Tls::load(config)?),
            calls: Calls::register(metrics),
        })
    }

    pub(crate) fn memory(me: String, hub: Hub) -> Self {
        Self {
            link: Link::Memory { me, hub },
            calls: Calls::register(&Metrics::new()),
        }
    }

    /// A channel to a service. Connects in the background; call within a runtime.
    pub fn channel(&self, target: Target, config: &ClientConfig) -> Result<Channel, ChannelError> {
        Channel::new(self, target, config)
    }

    /// Listens at an address; within the process, under the own name.
    pub(crate) async fn listen(&self, address: SocketAddr) -> io::Result<Listener> {
        match &self.link {
            Link::Tls(tls) => Ok(Listener::Tls(TcpListener::bind(address).await?, tls.clone())),
            Link::Memory { me, hub } => Ok(Listener::Memory(hub.listen(me)?)),
        }
    }

    /// The endpoints that addresses of the form `host:port` stand for at present. Within the process
    /// the server's name is its address.
    pub(crate) async fn resolve(&self, addresses: &[String], server_name: &str) -> io::Result<Vec<Endpoint>> {
        if let Link::Memory { .. } = self.link {
            return Ok(vec![Endpoint::Memory(server_name.to_owned())]);
        }
        let mut endpoints = Vec::new();
        for address in addresses {
            let found = tokio::net::lookup_host(address.as_str())
                .await
                .map_err(|error| io::Error::new(error.kind(), format!("{address}: {error}")))?;
            endpoints.extend(found.map(Endpoint::Tcp));
        }
        Ok(endpoints)
    }

    /// Connects to the server of that name at an endpoint.
    pub(crate) async fn connect(&self, endpoint: &Endpoint, server_name: &str) -> io::Result<Io> {
        match (&self.link, endpoint) {
            (Link::Tls(tls), Endpoint::Tcp(address)) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(tls.connect(stream, server_name).await?))
            }
            (Link::Memory { me, hub }, Endpoint::Memory(name)) => Ok(Box::new(hub.connect(name, me).await?)),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

/// Where connections arrive.
pub(crate) enum Listener {
    Tls(TcpListener, Tls),
    Memory(mpsc::Receiver<Connection>),
}

/// A connection before its handshake.
pub(crate) enum Arrival {
    Tls(TcpStream, Tls),
    Memory(Connection),
}

impl Listener {
    /// The address; none within the process.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tls(listener, _) => listener.local_addr().ok(),
            Self::Memory(_) => None,
        }
    }

    /// The next connection.
    pub(crate) async fn accept(&mut self) -> io::Result<Arrival> {
        match self {
            Self::Tls(listener, tls) => Ok(Arrival::Tls(listener.accept().await?.0, tls.clone())),
            Self::Memory(connections) => match connections.recv().await {
                Some(connection) => Ok(Arrival::Memory(connection)),
                // Not before the hub is gone, and with it everybody who could call.
                None => std::future::pending().await,
            },
        }
    }
}

impl Arrival {
    /// Finds out who is calling.
    pub(crate) async fn handshake(self) -> io::Result<(Io, Peer)> {
        match self {
            Self::Tls(stream, tls) => {
                stream.set_nodelay(true)?;
                let (stream, peer) = tls.accept(stream).await?;
                Ok((Box::new(stream), peer))
            }
            Self::Memory((stream, peer)) => Ok((Box::new(stream), peer)),
        }
    }
}
