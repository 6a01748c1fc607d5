//! One connection from its handshake to its end.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use cairn_types::Timestamp;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use openssl::ssl::{Ssl, SslAcceptor};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;
use tokio_util::sync::CancellationToken;

use super::activity::Activity;
use crate::front::Wfe;
use crate::service;

/// What an HTTP/1 request head may have at the most, in octets; hyper asks for 8 KiB at least.
const MAX_HEAD: usize = 16 * 1024;

/// What the headers of an HTTP/2 request may have at the most, in octets.
const MAX_HEADERS: u32 = 16 * 1024;

/// How long a connection that was asked to end may take to send what is left.
const FAREWELL: Duration = Duration::from_secs(10);

/// What all connections share.
pub(super) struct Connections {
    acceptor: SslAcceptor,
    wfe: Arc<Wfe>,
    shutdown: CancellationToken,
}

impl Connections {
    pub(super) fn new(acceptor: SslAcceptor, wfe: Wfe, shutdown: CancellationToken) -> Self {
        let wfe = Arc::new(wfe);
        Self {
            acceptor,
            wfe,
            shutdown,
        }
    }

    /// Notes that a client has more connections than it may have.
    pub(super) fn turned_away(&self, client: IpAddr) {
        self.wfe.measured.turned_away.inc();
        tracing::debug!(%client, "connection turned away: its address has too many");
    }

    /// For the end: no request is accepted after it.
    pub(super) fn close(&self, now: Timestamp) {
        if let Err(error) = self.wfe.spent.close(now) {
            tracing::error!(
                error,
                "spent nonces are not kept: nonces from before the next start will be refused"
            );
        }
    }

    /// Serves a connection until it ends.
    pub(super) async fn serve(&self, stream: TcpStream, client: IpAddr) {
        self.wfe.measured.connections.inc();
        if let Err(error) = self.try_serve(stream, client).await {
            tracing::debug!(%client, error, "connection failed");
        }
        self.wfe.measured.connections.dec();
    }

    async fn try_serve(&self, stream: TcpStream, client: IpAddr) -> Result<(), String> {
        let stream = self.handshake(stream).await?;
        let builder = self.builder(stream.ssl().selected_alpn_protocol() == Some(b"h2"));
        let activity = Activity::new();
        let service = service_fn(|request| {
            let (wfe, in_flight) = (Arc::clone(&self.wfe), activity.begin());
            async move {
                let response = service::answer(&wfe, client, request).await;
                drop(in_flight);
                Ok::<_, Infallible>(response)
            }
        });
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            result = connection.as_mut() => return result.map_err(|error| error.to_string()),
            () = activity.idle_for(self.wfe.http.idle_timeout) => {}
            () = self.shutdown.cancelled() => {}
        }
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            result = connection.as_mut() => result.map_err(|error| error.to_string()),
            () = activity.idle_for(FAREWELL) => Err("the client does not read".to_owned()),
        }
    }

    async fn handshake(&self, stream: TcpStream) -> Result<SslStream<TcpStream>, String> {
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let ssl = Ssl::new(self.acceptor.context()).map_err(|error| error.to_string())?;
        let mut stream = SslStream::new(ssl, stream).map_err(|error| error.to_string())?;
        tokio::time::timeout(self.wfe.http.handshake_timeout, Pin::new(&mut stream).accept())
            .await
            .map_err(|_| "the TLS handshake took too long".to_owned())?
            .map_err(|error| error.to_string())?;
        Ok(stream)
    }

    /// HTTP/2 where the client chose it, else HTTP/1.1: nothing is guessed from what is sent.
    fn builder(&self, http2: bool) -> Builder<TokioExecutor> {
        let limits = &self.wfe.http;
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_buf_size(MAX_HEAD);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(limits.max_concurrent_streams)
            .max_header_list_size(MAX_HEADERS)
            .keep_alive_interval(limits.idle_timeout)
            .keep_alive_timeout(limits.header_timeout);
        if http2 {
            builder.http2_only()
        } else {
            builder.http1_only()
        }
    }
}
