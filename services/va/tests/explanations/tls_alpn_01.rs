//! tls-alpn-01.

use std::time::Duration;

use cairn_types::ChallengeType;
use openssl::ssl::{AlpnError, SslContextBuilder, SslVersion};
use openssl::x509::X509Builder;

use crate::dns_server::Zone;
use crate::faults::silent;
use crate::golden::Explanations;
use crate::http_server::{HttpServer, closed_port, good};
use crate::stage::{Stage, config};
use crate::tls_server::{
    ACME_IDENTIFIER, KeyPair, TlsServer, add as add_extension, add_names, certificate, digest,
    good_certificate,
};

const NAME: &str = "www.shop.example";
const PROTOCOL: &[u8] = b"acme-tls/1";

async fn add(told: &mut Explanations, fault: &str, port: u16) {
    let zone = Zone::default();
    zone.a(NAME, "127.0.0.1");
    let dns = zone.serve().await;
    let mut config = config();
    config.dns.resolvers = vec![dns.clone()];
    config.tls_alpn_01.port = port;
    config.limits.attempt = Duration::from_secs(1);
    let attempt = Stage::start(config)
        .validate(ChallengeType::TlsAlpn01, NAME)
        .await;
    told.add(fault, &[(dns.address.port(), "DNS"), (port, "TLS")], &attempt);
}

async fn with(told: &mut Explanations, fault: &str, pair: KeyPair, set: impl FnOnce(&mut SslContextBuilder)) {
    let server = TlsServer::with("127.0.0.1:0", pair, None, set).await;
    add(told, fault, server.port).await;
}

fn agreeing(context: &mut SslContextBuilder) {
    context.set_alpn_select_callback(|_, _| Ok(PROTOCOL));
}

#[tokio::test]
async fn handshakes() {
    let mut told = Explanations::of("tls-alpn-01-handshakes");
    let good_pair = || good_certificate(NAME);
    with(&mut told, "right", good_pair(), agreeing).await;
    with(&mut told, "no ALPN", good_pair(), |_| {}).await;
    with(&mut told, "another protocol", good_pair(), |context| {
        context.set_alpn_select_callback(|_, _| Err(AlpnError::ALERT_FATAL));
    })
    .await;
    with(&mut told, "no cipher in common", good_pair(), |context| {
        context.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
        context.set_cipher_list("ECDHE-RSA-AES128-GCM-SHA256").unwrap();
    })
    .await;
    with(&mut told, "an old version of TLS", good_pair(), |context| {
        agreeing(context);
        context.set_security_level(0);
        context.set_max_proto_version(Some(SslVersion::TLS1_1)).unwrap();
        context.set_min_proto_version(None).unwrap();
    })
    .await;
    let plain = HttpServer::start(|_| good()).await;
    add(&mut told, "plain HTTP", plain.port).await;
    add(&mut told, "no answer", silent().await).await;
    let (_closed, port) = closed_port();
    add(&mut told, "connection refused", port).await;
    told.compare();
}

#[tokio::test]
async fn certificates() {
    type Content = fn(&mut X509Builder);
    let mut told = Explanations::of("tls-alpn-01-certificates");
    let faults: &[(&str, Content)] = &[
        ("the certificate of the site", |builder| {
            add_names(builder, &[NAME]);
        }),
        ("the digest of another token", |builder| {
            add_names(builder, &[NAME]);
            let other = [&[4, 32], &[0xab; 32][..]].concat();
            add_extension(builder, ACME_IDENTIFIER, true, &other);
        }),
        ("the digest without its type and length", |builder| {
            add_names(builder, &[NAME]);
            add_extension(builder, ACME_IDENTIFIER, true, &digest()[2..]);
        }),
        ("the extension of an old draft", |builder| {
            add_names(builder, &[NAME]);
            add_extension(builder, "1.3.6.1.5.5.7.1.30.1", true, &digest());
        }),
        ("an extension that is not critical", |builder| {
            add_names(builder, &[NAME]);
            add_extension(builder, ACME_IDENTIFIER, false, &digest());
        }),
        ("a name too many", |builder| {
            add_names(builder, &[NAME, "shop.example"]);
            add_extension(builder, ACME_IDENTIFIER, true, &digest());
        }),
        ("another name", |builder| {
            add_names(builder, &["shop.example"]);
            add_extension(builder, ACME_IDENTIFIER, true, &digest());
        }),
        ("no name", |builder| {
            add_extension(builder, ACME_IDENTIFIER, true, &digest());
        }),
        ("issued by a CA", |builder| {
            let mut issuer = openssl::x509::X509NameBuilder::new().unwrap();
            issuer.append_entry_by_text("CN", "a CA").unwrap();
            builder.set_issuer_name(&issuer.build()).unwrap();
            add_names(builder, &[NAME]);
            add_extension(builder, ACME_IDENTIFIER, true, &digest());
        }),
    ];
    for (fault, content) in faults {
        let pair = certificate(|builder, _| content(builder));
        with(&mut told, fault, pair, agreeing).await;
    }
    told.compare();
}
