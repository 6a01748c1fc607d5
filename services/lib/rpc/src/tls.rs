//! TLS 1.3 with certificates at both ends, through OpenSSL.

use std::io;
use std::pin::Pin;

use cairn_kit::{FilePath, Secret};
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    AlpnError, Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslRef, SslVerifyMode, SslVersion,
    select_next_proto,
};
use openssl::stack::Stack;
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509CheckFlags;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_openssl::SslStream;

use crate::Peer;

/// HTTP/2 alone, as an ALPN protocol list.
const H2: &[u8] = b"\x02h2";

/// A service's identity among the services, and whom it trusts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// PEM: the service's certificate, then the intermediates, if any. Used as client and as server;
    /// its DNS names are what allow lists name.
    pub certificate: FilePath,
    /// PEM: the private key of that certificate.
    pub key: Secret,
    /// PEM: the roots of the services' own certificates. No others are trusted.
    pub ca: FilePath,
}

/// Why TLS could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("tls: {0}")]
    File(#[from] io::Error),
    /// A file does not hold what it should.
    #[error("tls.{key}: {path}: {reason}")]
    Content {
        /// The key of the configuration.
        key: &'static str,
        /// The file that it names.
        path: String,
        /// What is wrong with the content.
        reason: String,
    },
    /// OpenSSL refused the settings.
    #[error("tls: {0}")]
    Settings(#[from] ErrorStack),
}

/// The TLS settings of a process, for both directions.
#[derive(Clone)]
pub(crate) struct Tls {
    server: SslContext,
    client: SslContext,
}

impl Tls {
    /// Reads the files.
    pub(crate) fn load(config: &TlsConfig) -> Result<Self, TlsError> {
        Ok(Self {
            server: server(Identity::load(config)?)?,
            client: client(Identity::load(config)?)?,
        })
    }

    /// The server's side of a handshake. A client without a certificate of ours fails it.
    pub(crate) async fn accept<S>(&self, stream: S) -> io::Result<(SslStream<S>, Peer)>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut stream = SslStream::new(Ssl::new(&self.server)?, stream)?;
        Pin::new(&mut stream).accept().await.map_err(io::Error::other)?;
        require_h2(stream.ssl())?;
        let peer = peer(stream.ssl())?;
        Ok((stream, peer))
    }

    /// The client's side of a handshake, with a server whose certificate holds `server_name`.
    pub(crate) async fn connect<S>(&self, stream: S, server_name: &str) -> io::Result<SslStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut ssl = Ssl::new(&self.client)?;
        ssl.set_hostname(server_name)?;
        ssl.param_mut().set_hostflags(X509CheckFlags::NO_WILDCARDS);
        ssl.param_mut().set_host(server_name)?;
        let mut stream = SslStream::new(ssl, stream)?;
        Pin::new(&mut stream).connect().await.map_err(io::Error::other)?;
        require_h2(stream.ssl())?;
        Ok(stream)
    }
}

/// The parsed files of a [`TlsConfig`].
struct Identity {
    chain: Vec<X509>,
    key: PKey<openssl::pkey::Private>,
    roots: Vec<X509>,
}

impl Identity {
    fn load(config: &TlsConfig) -> Result<Self, TlsError> {
        let key = PKey::private_key_from_pem(config.key.expose())
            .map_err(|_| content("key", config.key.path(), "not a PEM private key"))?;
        let chain = certificates("certificate", &config.certificate)?;
        let roots = certificates("ca", &config.ca)?;
        let fits = chain[0].public_key().is_ok_and(|public| public.public_eq(&key));
        if !fits {
            return Err(content(
                "key",
                config.key.path(),
                "not the key of tls.certificate",
            ));
        }
        Ok(Self { chain, key, roots })
    }

    /// What both sides have in common.
    fn apply(self, context: &mut SslContextBuilder) -> Result<(), ErrorStack> {
        context.set_min_proto_version(Some(SslVersion::TLS1_3))?;
        let mut chain = self.chain.into_iter();
        if let Some(leaf) = chain.next() {
            context.set_certificate(&leaf)?;
        }
        for intermediate in chain {
            context.add_extra_chain_cert(intermediate)?;
        }
        context.set_private_key(&self.key)?;
        let mut store = X509StoreBuilder::new()?;
        for root in self.roots {
            store.add_cert(root)?;
        }
        context.set_cert_store(store.build());
        Ok(())
    }
}

fn server(identity: Identity) -> Result<SslContext, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::tls_server())?;
    let mut names = Stack::new()?;
    for root in &identity.roots {
        names.push(root.subject_name().to_owned()?)?;
    }
    context.set_client_ca_list(names);
    identity.apply(&mut context)?;
    context.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    context
        .set_alpn_select_callback(|_, offered| select_next_proto(H2, offered).ok_or(AlpnError::ALERT_FATAL));
    // Connections live long: resumption would cost more than it saves.
    context.set_options(SslOptions::NO_TICKET);
    context.set_num_tickets(0)?;
    Ok(context.build())
}

fn client(identity: Identity) -> Result<SslContext, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::tls_client())?;
    identity.apply(&mut context)?;
    context.set_verify(SslVerifyMode::PEER);
    context.set_alpn_protos(H2)?;
    Ok(context.build())
}

fn require_h2(ssl: &SslRef) -> io::Result<()> {
    match ssl.selected_alpn_protocol() {
        Some(b"h2") => Ok(()),
        _ => Err(io::Error::other("the peer does not speak HTTP/2")),
    }
}

fn peer(ssl: &SslRef) -> io::Result<Peer> {
    let certificate = ssl
        .peer_certificate()
        .ok_or_else(|| io::Error::other("the client showed no certificate"))?;
    let names = certificate.subject_alt_names();
    let names = names.iter().flatten().filter_map(|name| name.dnsname());
    Ok(Peer::new(names.map(str::to_owned)))
}

fn certificates(key: &'static str, file: &FilePath) -> Result<Vec<X509>, TlsError> {
    let found = X509::stack_from_pem(&file.read()?)
        .map_err(|_| content(key, file.as_path(), "not PEM certificates"))?;
    if found.is_empty() {
        return Err(content(key, file.as_path(), "no PEM certificate in it"));
    }
    Ok(found)
}

fn content(key: &'static str, path: &std::path::Path, reason: &str) -> TlsError {
    TlsError::Content {
        key,
        path: path.display().to_string(),
        reason: reason.to_owned(),
    }
}
