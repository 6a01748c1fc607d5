//! tls-alpn-01 (RFC 8737).

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use cairn_acme::key_authorization_digest;
use cairn_acme::objects::AuthorizationObject;
use cairn_types::{ChallengeType, Thumbprint, Token};
use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::ssl::{
    AlpnError, NameType, SniError, Ssl, SslContext, SslMethod, SslVersion, select_next_proto,
};
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509Extension};
use tokio::net::{TcpListener, TcpStream};
use tokio_openssl::SslStream;

use super::listen;
use crate::client::Prover;
use crate::der::{self, tag};
use crate::keys::KeyKind;

const PROTOCOL: &[u8] = b"\x0aacme-tls/1";

/// id-pe-acmeIdentifier.
const ACME_IDENTIFIER: &str = "1.3.6.1.5.5.7.1.31";

/// What a challenge certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlpnCertificate {
    /// The dNSName and iPAddress entries.
    pub names: Vec<String>,
    /// The content of acmeIdentifier; none leaves it out.
    pub digest: Option<[u8; 32]>,
    /// Whether acmeIdentifier is critical, as it has to be.
    pub critical: bool,
    /// Whether the server agrees to `acme-tls/1`.
    pub alpn: bool,
}

impl AlpnCertificate {
    /// The right certificate.
    pub fn good(name: &str, digest: [u8; 32]) -> Self {
        Self {
            names: vec![name.to_owned()],
            digest: Some(digest),
            critical: true,
            alpn: true,
        }
    }

    fn context(&self) -> Result<SslContext, ErrorStack> {
        let key = KeyKind::P256.generate()?;
        let mut certificate = X509::builder()?;
        certificate.set_version(2)?;
        certificate.set_pubkey(&key)?;
        certificate.set_not_before(Asn1Time::days_from_now(0)?.as_ref())?;
        certificate.set_not_after(Asn1Time::days_from_now(7)?.as_ref())?;
        let mut names = SubjectAlternativeName::new();
        for name in &self.names {
            match name.parse::<IpAddr>() {
                Ok(_) => names.ip(name),
                Err(_) => names.dns(name),
            };
        }
        let names = names.build(&certificate.x509v3_context(None, None))?;
        certificate.append_extension(names)?;
        if let Some(digest) = self.digest {
            let value = Asn1OctetString::new_from_bytes(&der::tlv(tag::OCTET_STRING, &digest))?;
            let oid = Asn1Object::from_str(ACME_IDENTIFIER)?;
            certificate.append_extension(X509Extension::new_from_der(&oid, self.critical, &value)?)?;
        }
        certificate.sign(&key, MessageDigest::sha256())?;
        let mut context = SslContext::builder(SslMethod::tls_server())?;
        context.set_min_proto_version(Some(SslVersion::TLS1_2))?;
        context.set_certificate(&certificate.build())?;
        context.set_private_key(&key)?;
        if self.alpn {
            context.set_alpn_select_callback(|_, offered| {
                select_next_proto(PROTOCOL, offered).ok_or(AlpnError::ALERT_FATAL)
            });
        }
        Ok(context.build())
    }
}

/// The server name that a validator asks for: the name itself, the reverse name of an address (RFC 8738 section 6).
pub fn server_name(identifier: &str) -> String {
    match identifier.parse::<IpAddr>() {
        Err(_) => identifier.to_owned(),
        Ok(IpAddr::V4(address)) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        Ok(IpAddr::V6(address)) => {
            let digits = hex::encode(address.octets());
            let reversed: Vec<String> = digits.chars().rev().map(String::from).collect();
            format!("{}.ip6.arpa", reversed.join("."))
        }
    }
}

type Contexts = Arc<Mutex<HashMap<String, SslContext>>>;

/// A TLS server with challenge certificates for the names it was told. Clones share them.
#[derive(Clone)]
pub struct TlsAlpn01 {
    port: u16,
    contexts: Contexts,
}

impl TlsAlpn01 {
    /// Starts on a free loopback port, within the current runtime.
    pub async fn start() -> io::Result<Self> {
        let (port, listeners) = listen::on_loopback().await?;
        let contexts = Contexts::default();
        for listener in listeners {
            let context = switchboard(contexts.clone())?;
            tokio::spawn(accept(listener, context));
        }
        Ok(Self { port, contexts })
    }

    /// Where it listens, on the loopback addresses.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Shows this certificate to whoever asks for the identifier.
    #[expect(clippy::expect_used, reason = "a test cannot go on without its certificate")]
    pub fn set(&self, identifier: &str, certificate: &AlpnCertificate) {
        let context = certificate.context().expect("OpenSSL makes a certificate");
        let mut contexts = self.contexts.lock().unwrap_or_else(PoisonError::into_inner);
        contexts.insert(server_name(identifier), context);
    }
}

impl Prover for TlsAlpn01 {
    fn challenge_type(&self) -> ChallengeType {
        ChallengeType::TlsAlpn01
    }

    fn prove(&self, authorization: &AuthorizationObject, token: &Token, thumbprint: &Thumbprint) {
        let name = &authorization.identifier.value;
        let digest = key_authorization_digest(token, thumbprint);
        self.set(name, &AlpnCertificate::good(name, digest));
    }
}

/// The settings of every connection until its server name is known.
fn switchboard(contexts: Contexts) -> Result<SslContext, ErrorStack> {
    let mut switchboard = SslContext::builder(SslMethod::tls_server())?;
    switchboard.set_servername_callback(move |ssl, _| {
        let name = ssl.servername(NameType::HOST_NAME).unwrap_or_default();
        let contexts = contexts.lock().unwrap_or_else(PoisonError::into_inner);
        let context = contexts.get(name).ok_or(SniError::ALERT_FATAL)?;
        ssl.set_ssl_context(context).map_err(|_| SniError::ALERT_FATAL)
    });
    Ok(switchboard.build())
}

async fn accept(listener: TcpListener, context: SslContext) {
    while let Ok((stream, _)) = listener.accept().await {
        if let Ok(ssl) = Ssl::new(&context) {
            tokio::spawn(handshake(ssl, stream));
        }
    }
}

async fn handshake(ssl: Ssl, stream: TcpStream) {
    if let Ok(mut stream) = SslStream::new(ssl, stream) {
        // A validator that dislikes the certificate breaks off.
        drop(Pin::new(&mut stream).accept().await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reverse_names() {
        assert_eq!(server_name("a.test"), "a.test");
        assert_eq!(server_name("192.0.2.1"), "1.2.0.192.in-addr.arpa");
        let six = server_name("2001:db8::1");
        assert!(
            six.starts_with("1.0.0.0.") && six.ends_with("8.b.d.0.1.0.0.2.ip6.arpa"),
            "{six}"
        );
    }
}
