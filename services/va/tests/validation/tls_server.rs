//! A TLS server for tls-alpn-01 and for redirects, and certificates for it, right and wrong.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use cairn_types::Identifier;
use openssl::asn1::{Asn1Integer, Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{AlpnError, NameType, Ssl, SslContext, SslContextBuilder, SslMethod};
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509Builder, X509Extension, X509NameBuilder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_openssl::SslStream;

use crate::stage::{KEY_AUTHORIZATION, identifier};

pub(crate) const ACME_IDENTIFIER: &str = "1.3.6.1.5.5.7.1.31";

pub(crate) type KeyPair = (PKey<Private>, X509);

pub(crate) fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// A self-signed certificate with what `add` puts into it.
pub(crate) fn certificate(add: impl FnOnce(&mut X509Builder, &PKey<Private>)) -> KeyPair {
    let key = key();
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "challenge").unwrap();
    let name = name.build();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    let serial = Asn1Integer::from_bn(&BigNum::from_u32(7).unwrap()).unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(1).unwrap())
        .unwrap();
    builder.set_pubkey(&key).unwrap();
    add(&mut builder, &key);
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    (key, builder.build())
}

/// Adds a subjectAltName with these names and addresses.
pub(crate) fn add_names(builder: &mut X509Builder, names: &[&str]) {
    let mut extension = SubjectAlternativeName::new();
    for name in names {
        match identifier(name) {
            Identifier::Dns(_) => extension.dns(name),
            Identifier::Ip(_) => extension.ip(name),
        };
    }
    let extension = extension.build(&builder.x509v3_context(None, None)).unwrap();
    builder.append_extension(extension).unwrap();
}

/// Adds an extension.
pub(crate) fn add(builder: &mut X509Builder, oid: &str, critical: bool, value: &[u8]) {
    let (oid, value) = (
        Asn1Object::from_str(oid).unwrap(),
        Asn1OctetString::new_from_bytes(value).unwrap(),
    );
    builder
        .append_extension(X509Extension::new_from_der(&oid, critical, &value).unwrap())
        .unwrap();
}

/// The value of a right acmeIdentifier extension.
pub(crate) fn digest() -> Vec<u8> {
    [&[4, 32], &openssl::sha::sha256(KEY_AUTHORIZATION.as_bytes())[..]].concat()
}

/// The certificate that passes for a name.
pub(crate) fn good_certificate(name: &str) -> KeyPair {
    certificate(|builder, _| {
        add_names(builder, &[name]);
        add(builder, ACME_IDENTIFIER, true, &digest());
    })
}

pub(crate) struct TlsServer {
    pub(crate) port: u16,
    names: Arc<Mutex<Vec<String>>>,
}

impl TlsServer {
    /// Agrees to this protocol only, and serves this body over HTTP, if any.
    pub(crate) async fn start(protocol: &'static [u8], pair: KeyPair, body: Option<&'static str>) -> Self {
        Self::with("127.0.0.1:0", pair, body, |context| {
            context.set_alpn_select_callback(move |_, offered| {
                let found = offered.windows(protocol.len()).find(|part| *part == protocol);
                found.ok_or(AlpnError::ALERT_FATAL)
            });
        })
        .await
    }

    pub(crate) async fn with(
        address: &str,
        (key, certificate): KeyPair,
        body: Option<&'static str>,
        set: impl FnOnce(&mut SslContextBuilder),
    ) -> Self {
        let mut context = SslContext::builder(SslMethod::tls_server()).unwrap();
        context.set_private_key(&key).unwrap();
        context.set_certificate(&certificate).unwrap();
        set(&mut context);
        let names = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&names);
        context.set_servername_callback(move |ssl, _| {
            let name = ssl.servername(NameType::HOST_NAME).unwrap_or("").to_owned();
            seen.lock().unwrap().push(name);
            Ok(())
        });
        let context = context.build();
        let listener = TcpListener::bind(address).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let context = context.clone();
                tokio::spawn(async move {
                    let mut stream = SslStream::new(Ssl::new(&context).unwrap(), stream).unwrap();
                    if Pin::new(&mut stream).accept().await.is_ok() {
                        serve(stream, body).await;
                    }
                });
            }
        });
        Self { port, names }
    }

    /// The server names that clients asked for.
    pub(crate) fn server_names(&self) -> Vec<String> {
        self.names.lock().unwrap().clone()
    }
}

/// Answers one request, or waits for the end.
async fn serve(mut stream: SslStream<tokio::net::TcpStream>, body: Option<&'static str>) {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request).await;
    if let Some(body) = body {
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    }
}
