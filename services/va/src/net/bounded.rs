//! A connection from which only so much is read.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The most that is read from one connection, in octets: room for the certificates of a TLS server, which are most of
/// what an honest one sends. Whatever else a stranger thinks of to send without end, be it interim answers, chunks of
/// nothing or session tickets, ends here.
pub(crate) const MAX_RECEIVED: u64 = 128 * 1024;

/// A connection that fails once the other side has sent too much.
pub(crate) struct Bounded<S = TcpStream> {
    inner: S,
    left: u64,
}

/// The other side sent more than is read from one connection.
#[derive(Debug, thiserror::Error)]
#[error("more than {MAX_RECEIVED} octets were sent over one connection")]
pub(crate) struct TooMuch;

impl<S> Bounded<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self {
            inner,
            left: MAX_RECEIVED,
        }
    }
}

impl Bounded {
    /// Whom it is connected to.
    pub(crate) fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner.peer_addr()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        let read = buffer.filled().len() - before;
        match self.left.checked_sub(u64::try_from(read).unwrap_or(u64::MAX)) {
            Some(left) => {
                self.left = left;
                polled
            }
            None => {
                // An error comes without octets.
                buffer.set_filled(before);
                Poll::Ready(Err(io::Error::other(TooMuch)))
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn what_is_too_much_is_an_error() {
        for (sent, all) in [(MAX_RECEIVED, true), (MAX_RECEIVED + 1, false)] {
            let mut stream = Bounded::new(tokio::io::repeat(b'x').take(sent));
            let mut received = Vec::new();
            let read = stream.read_to_end(&mut received).await;
            assert_eq!(read.is_ok(), all, "{sent}");
        }
    }
}
