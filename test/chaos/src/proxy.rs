//! A TCP relay between two services, which can break its connections or hold them up.
//!
//! The services speak TLS through it and check the names of services, not addresses, so it needs no keys.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What is read at once.
const BUFFER: usize = 16 * 1024;

/// What connections are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct State {
    /// Connections of an earlier generation end.
    generation: u64,
    /// How many want nothing to pass.
    stalls: u32,
}

/// A relay. It lives as long as the runtime.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    state: watch::Sender<State>,
}

impl Proxy {
    /// Relays from a free loopback port to `target`, whether that can be reached at present or not.
    pub(crate) async fn start(target: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (state, watched) = watch::channel(State::default());
        tokio::spawn(accept(listener, target, watched));
        Ok(Self { address, state })
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks all connections.
    pub(crate) fn cut(&self) {
        self.state.send_modify(|state| state.generation += 1);
    }

    /// Lets nothing through, or lets things through again. Each beginning needs an end.
    pub(crate) fn stall(&self, begins: bool) {
        self.state.send_modify(|state| {
            state.stalls = if begins {
                state.stalls + 1
            } else {
                state.stalls.saturating_sub(1)
            };
        });
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, state: watch::Receiver<State>) {
    while let Ok((near, _)) = listener.accept().await {
        tokio::spawn(relay(near, target, state.clone()));
    }
}

/// Until either side is done, or the connections are cut. An error is the end of a connection, as any other.
async fn relay(near: TcpStream, target: SocketAddr, mut state: watch::Receiver<State>) -> io::Result<()> {
    let born = state.borrow().generation;
    let pumps = {
        let (one, other) = (state.clone(), state.clone());
        async move {
            let far = TcpStream::connect(target).await?;
            near.set_nodelay(true)?;
            far.set_nodelay(true)?;
            let (from_near, to_near) = near.into_split();
            let (from_far, to_far) = far.into_split();
            tokio::select! {
                ended = pump(from_near, to_far, one) => ended,
                ended = pump(from_far, to_near, other) => ended,
            }
        }
    };
    tokio::select! {
        ended = pumps => ended,
        _ = state.wait_for(|state| state.generation != born) => Ok(()),
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut state: watch::Receiver<State>,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        state
            .wait_for(|state| state.stalls == 0)
            .await
            .map_err(io::Error::other)?;
        to.write_all(&buffer[..count]).await?;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn it_relays_holds_up_and_breaks() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let proxy = Proxy::start(listener.local_addr().unwrap()).await.unwrap();
        let mut near = TcpStream::connect(proxy.address()).await.unwrap();
        let (mut far, _) = listener.accept().await.unwrap();
        let mut octet = [0];
        near.write_all(b"a").await.unwrap();
        far.read_exact(&mut octet).await.unwrap();
        assert_eq!(&octet, b"a");

        proxy.stall(true);
        near.write_all(b"b").await.unwrap();
        let early = tokio::time::timeout(Duration::from_millis(50), far.read_exact(&mut octet)).await;
        assert!(early.is_err(), "nothing arrives");
        proxy.stall(false);
        far.read_exact(&mut octet).await.unwrap();
        assert_eq!(&octet, b"b");

        proxy.cut();
        assert_eq!(near.read(&mut octet).await.unwrap_or(0), 0);
        assert_eq!(far.read(&mut octet).await.unwrap_or(0), 0);
        let mut again = TcpStream::connect(proxy.address()).await.unwrap();
        let (mut far, _) = listener.accept().await.unwrap();
        far.write_all(b"c").await.unwrap();
        again.read_exact(&mut octet).await.unwrap();
        assert_eq!(&octet, b"c");
    }
}
