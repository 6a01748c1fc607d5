//! A TLS connection on which HTTP is written by hand.

use std::io;
use std::time::Duration;

use http::uri::Authority;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_openssl::SslStream;

use crate::client::Trust;

/// The most that is read of an answer, in octets.
const MOST: u64 = 1 << 20;

/// An open connection.
pub struct RawConnection(SslStream<TcpStream>);

impl RawConnection {
    /// Connects to the server of a URL.
    pub async fn open(url: &str, trust: &Trust) -> anyhow::Result<Self> {
        let uri: http::Uri = url.parse()?;
        let authority: &Authority = uri
            .authority()
            .ok_or_else(|| anyhow::anyhow!("{url}: no authority"))?;
        Ok(Self(trust.connect(authority).await?))
    }

    /// Writes octets. The server may have closed the connection already: that is an error.
    pub async fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.0.write_all(octets).await?;
        self.0.flush().await
    }

    /// Everything that the server still says, until it closes the connection; none if it has not within `limit`.
    pub async fn read_to_end(&mut self, limit: Duration) -> Option<String> {
        let mut answer = Vec::new();
        let mut reader = (&mut self.0).take(MOST);
        // A server that resets the connection has closed it too.
        drop(timeout(limit, reader.read_to_end(&mut answer)).await.ok()?);
        Some(String::from_utf8_lossy(&answer).into_owned())
    }

    /// The status line of the next answer; none if the connection ends without one or `limit` is over.
    pub async fn status(&mut self, limit: Duration) -> Option<u16> {
        let mut line = Vec::new();
        let read = async {
            while !line.ends_with(b"\n") {
                line.push(self.0.read_u8().await?);
            }
            io::Result::Ok(())
        };
        timeout(limit, read).await.ok()?.ok()?;
        let line = String::from_utf8(line).ok()?;
        line.split(' ').nth(1)?.trim().parse().ok()
    }
}
