//! Resolvers over TLS (RFC 7858), with certificates that are verified.

use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use openssl::error::ErrorStack;
use openssl::ssl::{SslConnector, SslMethod, SslVersion};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use super::LookupError;
use super::exchange::over_stream;
use super::query::Query;

/// How many connections to one resolver are kept for the next queries.
const MAX_IDLE: usize = 16;

/// Connects to one resolver.
pub(super) struct TlsClient {
    connector: SslConnector,
    address: SocketAddr,
    /// Whom the certificate must be for.
    name: String,
}

impl TlsClient {
    /// `ca` has the authorities, as PEM; without it those of the system are trusted. `alpn` is a list as on the wire,
    /// and may be empty.
    pub(super) fn new(
        address: SocketAddr,
        name: &str,
        ca: Option<&Path>,
        alpn: &[u8],
    ) -> Result<Self, String> {
        let connector = connector(ca, alpn).map_err(|error| match ca {
            Some(path) => format!("dns.ca: {}: {error}", path.display()),
            None => format!("TLS for resolvers: {error}"),
        })?;
        Ok(Self {
            connector,
            address,
            name: name.to_owned(),
        })
    }

    pub(super) async fn connect(&self) -> Result<SslStream<TcpStream>, LookupError> {
        let broken =
            |error: &dyn std::fmt::Display| LookupError::Io(format!("TLS with {}: {error}", self.name));
        let tcp = TcpStream::connect(self.address)
            .await
            .map_err(|error| LookupError::Io(error.kind().to_string()))?;
        // Queries are one segment each; a failure costs only speed.
        let _ = tcp.set_nodelay(true);
        let ssl = self
            .connector
            .configure()
            .and_then(|configuration| configuration.into_ssl(&self.name))
            .map_err(|error| broken(&error))?;
        let mut stream = SslStream::new(ssl, tcp).map_err(|error| broken(&error))?;
        if let Err(error) = Pin::new(&mut stream).connect().await {
            let verified = stream.ssl().verify_result();
            return Err(if verified == openssl::x509::X509VerifyResult::OK {
                broken(&error)
            } else {
                broken(&verified.error_string())
            });
        }
        Ok(stream)
    }
}

fn connector(ca: Option<&Path>, alpn: &[u8]) -> Result<SslConnector, Box<dyn std::error::Error>> {
    // Its defaults: verification of chain and name, roots of the system.
    let mut builder = SslConnector::builder(SslMethod::tls_client())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    if let Some(path) = ca {
        let authorities = X509::stack_from_pem(&std::fs::read(path)?)?;
        if authorities.is_empty() {
            return Err("there is no certificate in it".into());
        }
        builder.set_cert_store(store(authorities)?);
    }
    if !alpn.is_empty() {
        builder.set_alpn_protos(alpn)?;
    }
    Ok(builder.build())
}

/// These authorities, and no others.
fn store(authorities: Vec<X509>) -> Result<openssl::x509::store::X509Store, ErrorStack> {
    let mut store = X509StoreBuilder::new()?;
    for authority in authorities {
        store.add_cert(authority)?;
    }
    Ok(store.build())
}

/// Asks one resolver over TLS. A connection serves one query after another.
pub(super) struct OverTls {
    client: TlsClient,
    idle: Mutex<Vec<SslStream<TcpStream>>>,
}

impl OverTls {
    pub(super) fn new(client: TlsClient) -> Self {
        Self {
            client,
            idle: Mutex::default(),
        }
    }

    pub(super) async fn ask(&self, query: &Query) -> Result<Vec<u8>, LookupError> {
        // The resolver may have ended a connection that was kept.
        while let Some(stream) = self.kept() {
            if let Ok(reply) = self.ask_on(stream, query).await {
                return Ok(reply);
            }
        }
        self.ask_on(self.client.connect().await?, query).await
    }

    async fn ask_on(&self, mut stream: SslStream<TcpStream>, query: &Query) -> Result<Vec<u8>, LookupError> {
        let reply = over_stream(&mut stream, query)
            .await
            .map_err(|error| LookupError::Io(error.kind().to_string()))?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(stream);
        }
        Ok(reply)
    }

    fn kept(&self) -> Option<SslStream<TcpStream>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}
