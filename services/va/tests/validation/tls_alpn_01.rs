//! tls-alpn-01.

use cairn_types::{ChallengeType, ErrorKind};
use openssl::hash::MessageDigest;
use openssl::ssl::SslVersion;
use openssl::x509::X509Builder;

use crate::http_server::{HttpServer, closed_port, good};
use crate::stage::{Attempt, Stage, config};
use crate::tls_server::{
    ACME_IDENTIFIER, KeyPair, TlsServer, add, add_names, certificate, digest, good_certificate, key,
};

const NAME: &str = "www.shop.test";
const PROTOCOL: &[u8] = b"acme-tls/1";

async fn validate(port: u16, name: &str) -> Attempt {
    let mut config = config();
    config.tls_alpn_01.port = port;
    Stage::start(config)
        .validate(ChallengeType::TlsAlpn01, name)
        .await
}

async fn with(pair: KeyPair) -> Attempt {
    let server = TlsServer::start(PROTOCOL, pair, None).await;
    validate(server.port, NAME).await
}

#[tokio::test]
async fn the_right_certificate_passes() {
    let server = TlsServer::start(PROTOCOL, good_certificate(NAME), None).await;
    let attempt = validate(server.port, NAME).await;
    let matched = format!("{NAME} at 127.0.0.1:{}", server.port);
    assert_eq!(attempt.passed().proof().matched, Some(matched));
    assert_eq!(server.server_names(), [NAME]);
}

#[tokio::test]
async fn addresses_are_asked_for_by_reverse_name() {
    let server = TlsServer::start(PROTOCOL, good_certificate("127.0.0.1"), None).await;
    validate(server.port, "127.0.0.1").await.passed();
    assert_eq!(server.server_names(), ["1.0.0.127.in-addr.arpa"]);
    let server = TlsServer::with("[::1]:0", good_certificate("::1"), None, |context| {
        context.set_alpn_select_callback(|_, _| Ok(PROTOCOL));
    })
    .await;
    validate(server.port, "::1").await.passed();
    assert_eq!(server.server_names(), [format!("1{}.ip6.arpa", ".0".repeat(31))]);
}

#[tokio::test]
async fn tls_1_2_passes_and_1_1_does_not() {
    for (version, passes) in [(SslVersion::TLS1_2, true), (SslVersion::TLS1_1, false)] {
        let server = TlsServer::with("127.0.0.1:0", good_certificate(NAME), None, |context| {
            context.set_security_level(0);
            context.set_max_proto_version(Some(version)).unwrap();
            context.set_min_proto_version(None).unwrap();
            context.set_alpn_select_callback(|_, _| Ok(PROTOCOL));
        })
        .await;
        let attempt = validate(server.port, NAME).await;
        if passes {
            attempt.passed();
        } else {
            attempt.refused(ErrorKind::Tls, &["handshake"]);
        }
    }
}

#[tokio::test]
async fn other_protocols_and_none() {
    let server = TlsServer::start(b"http/1.1", good_certificate(NAME), None).await;
    validate(server.port, NAME).await.refused(
        ErrorKind::Tls,
        &["for the protocol acme-tls/1 failed", "1.3.6.1.5.5.7.1.31"],
    );
    let server = TlsServer::with("127.0.0.1:0", good_certificate(NAME), None, |_| {}).await;
    validate(server.port, NAME)
        .await
        .refused(ErrorKind::Tls, &["did not agree to the protocol acme-tls/1"])
        .transient(false);
    let server = TlsServer::with("127.0.0.1:0", good_certificate(NAME), None, |context| {
        context.set_alpn_select_callback(|_, _| Ok(b"h2"));
    })
    .await;
    assert!(validate(server.port, NAME).await.outcome.problem.is_some());
}

#[tokio::test]
async fn no_tls_and_nobody() {
    let server = HttpServer::start(|_| good()).await;
    let mut config = config();
    config.tls_alpn_01.port = server.port;
    config.limits.attempt = std::time::Duration::from_millis(500);
    let attempt = Stage::start(config)
        .validate(ChallengeType::TlsAlpn01, NAME)
        .await;
    attempt
        .refused(
            ErrorKind::Connection,
            &["ran out while waiting for the TLS handshake"],
        )
        .transient(true);
    let (_closed, port) = closed_port();
    validate(port, NAME)
        .await
        .refused(ErrorKind::Connection, &["connection refused"])
        .transient(true);
}

/// Puts extensions into a certificate.
type Content = fn(&mut X509Builder);

/// The object identifier of subjectAltName.
const NAMES: &str = "2.5.29.17";

/// A subjectAltName with one short name of the kind that the tag says.
fn general_name(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap();
    [&[0x30, length + 2, tag, length][..], content].concat()
}

/// RFC 8738: the address itself, not a name that looks like it or leads to it, and in its own length.
#[tokio::test]
async fn addresses_have_certificates_of_their_own() {
    let mapped = [&[0; 10][..], &[0xff, 0xff, 127, 0, 0, 1]].concat();
    for (why, name) in [
        ("found [127.0.0.1]", general_name(0x82, b"127.0.0.1")),
        (
            "found [1.0.0.127.in-addr.arpa]",
            general_name(0x82, b"1.0.0.127.in-addr.arpa"),
        ),
        ("found [::ffff:127.0.0.1]", general_name(0x87, &mapped)),
        ("found [127.0.0.2]", general_name(0x87, &[127, 0, 0, 2])),
        ("found [a malformed address]", general_name(0x87, &[127, 0, 0])),
    ] {
        let pair = certificate(|builder, _| {
            add(builder, NAMES, false, &name);
            add(builder, ACME_IDENTIFIER, true, &digest());
        });
        let server = TlsServer::start(PROTOCOL, pair, None).await;
        let attempt = validate(server.port, "127.0.0.1").await;
        attempt.refused(ErrorKind::Unauthorized, &[why]);
        assert_eq!(attempt.proof().matched, None);
    }
}

/// Names are compared without regard to case; what else a certificate has does not matter.
#[tokio::test]
async fn certificates_that_pass() {
    let right: &[Content] = &[
        |builder| add(builder, NAMES, false, &general_name(0x82, b"WWW.Shop.Test")),
        |builder| add(builder, NAMES, true, &general_name(0x82, NAME.as_bytes())),
        |builder| {
            add_names(builder, &[NAME]);
            add(builder, "2.5.29.19", true, &[0x30, 0]);
            add(builder, "1.3.6.1.4.1.55555.1", false, b"\x05\0");
        },
    ];
    for content in right {
        let pair = certificate(|builder, _| {
            content(builder);
            add(builder, ACME_IDENTIFIER, true, &digest());
        });
        with(pair).await.passed();
    }
}

fn extra_name(builder: &mut X509Builder) {
    add_names(builder, &[NAME, "other.test"]);
    add(builder, ACME_IDENTIFIER, true, &digest());
}

#[tokio::test]
async fn wrong_certificates() {
    let wrong: &[(&str, Content)] = &[
        ("found [www.shop.test, other.test]", extra_name),
        ("found [other.test]", |builder| {
            add_names(builder, &["other.test"]);
            add(builder, ACME_IDENTIFIER, true, &digest());
        }),
        ("found [127.0.0.1]", |builder| {
            add_names(builder, &["127.0.0.1"]);
            add(builder, ACME_IDENTIFIER, true, &digest());
        }),
        ("found [www.shop.test, 127.0.0.1]", |builder| {
            add_names(builder, &[NAME, "127.0.0.1"]);
            add(builder, ACME_IDENTIFIER, true, &digest());
        }),
        ("found [www.shop.test, www.shop.test]", |builder| {
            add_names(builder, &[NAME, NAME]);
            add(builder, ACME_IDENTIFIER, true, &digest());
        }),
        ("no subjectAltName", |builder| {
            add(builder, ACME_IDENTIFIER, true, &digest());
        }),
        ("no acmeIdentifier", |builder| add_names(builder, &[NAME])),
        ("old draft", |builder| {
            add_names(builder, &[NAME]);
            add(builder, "1.3.6.1.5.5.7.1.30.1", true, &digest());
        }),
        ("old draft", |builder| {
            add_names(builder, &[NAME]);
            add(builder, ACME_IDENTIFIER, true, &digest());
            add(builder, "1.3.6.1.5.5.7.1.30.1", false, &digest());
        }),
        ("not critical", |builder| {
            add_names(builder, &[NAME]);
            add(builder, ACME_IDENTIFIER, false, &digest());
        }),
        ("has the value `0420", |builder| {
            add_names(builder, &[NAME]);
            add(builder, ACME_IDENTIFIER, true, &[&[4, 32], &[0; 32][..]].concat());
        }),
        ("has the value `0420", |builder| {
            add_names(builder, &[NAME]);
            add(builder, ACME_IDENTIFIER, true, &digest()[2..]);
        }),
        ("has the value `0420", |builder| {
            add_names(builder, &[NAME]);
            add(builder, ACME_IDENTIFIER, true, &[&digest()[..], b"\0"].concat());
        }),
        ("extension 1.3.6.1.5.5.7.1.31 is there twice", |builder| {
            add_names(builder, &[NAME]);
            add(builder, ACME_IDENTIFIER, true, &digest());
            add(builder, ACME_IDENTIFIER, true, &digest());
        }),
        ("extension 2.5.29.17 is there twice", |builder| {
            add_names(builder, &[NAME]);
            add_names(builder, &[NAME]);
            add(builder, ACME_IDENTIFIER, true, &digest());
        }),
    ];
    all_refused(wrong).await;
}

#[tokio::test]
async fn wrong_names() {
    let wrong: &[(&str, Content)] = &[
        // A name of another kind that holds the text of the name.
        ("found [a name of another kind]", |builder| {
            add(builder, NAMES, false, &general_name(0x81, NAME.as_bytes()));
            add(builder, ACME_IDENTIFIER, true, &digest());
        }),
        ("found [a name of another kind]", |builder| {
            let other = [&b"\x06\x03\x2a\x03\x04\xa0\x0f\x0c\x0d"[..], NAME.as_bytes()].concat();
            add(builder, NAMES, false, &general_name(0xa0, &other));
            add(builder, ACME_IDENTIFIER, true, &digest());
        }),
        ("found [www.shop.test.]", |builder| {
            add(builder, NAMES, false, &general_name(0x82, b"www.shop.test."));
            add(builder, ACME_IDENTIFIER, true, &digest());
        }),
        ("found [*.shop.test]", |builder| {
            add(builder, NAMES, false, &general_name(0x82, b"*.shop.test"));
            add(builder, ACME_IDENTIFIER, true, &digest());
        }),
        ("found []", |builder| {
            add(builder, NAMES, false, &[0x30, 0]);
            add(builder, ACME_IDENTIFIER, true, &digest());
        }),
        ("cannot be decoded", |builder| {
            let trailing = [&general_name(0x82, NAME.as_bytes())[..], b"\0"].concat();
            add(builder, NAMES, false, &trailing);
            add(builder, ACME_IDENTIFIER, true, &digest());
        }),
        // The subject is no place for names.
        ("no subjectAltName", |builder| {
            let mut name = openssl::x509::X509NameBuilder::new().unwrap();
            name.append_entry_by_text("CN", NAME).unwrap();
            let name = name.build();
            builder.set_subject_name(&name).unwrap();
            builder.set_issuer_name(&name).unwrap();
            add(builder, ACME_IDENTIFIER, true, &digest());
        }),
    ];
    all_refused(wrong).await;
}

async fn all_refused(wrong: &[(&str, Content)]) {
    for (why, content) in wrong {
        with(certificate(|builder, _| content(builder)))
            .await
            .refused(
                ErrorKind::Unauthorized,
                &[why, "whose only subjectAltName is www.shop.test"],
            )
            .transient(false);
    }
}

#[tokio::test]
async fn a_certificate_of_a_ca_does_not_pass() {
    let (_, issuer) = certificate(|_, _| {});
    // Signed by its own key, but issued by another name.
    let other_name = certificate(|builder, _| {
        let mut name = openssl::x509::X509NameBuilder::new().unwrap();
        name.append_entry_by_text("CN", "a CA").unwrap();
        builder.set_issuer_name(&name.build()).unwrap();
        extra_name(builder);
    });
    with(other_name)
        .await
        .refused(ErrorKind::Unauthorized, &["not self-signed"]);
    // Its own issuer by name, but signed with another key.
    let key = key();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(issuer.subject_name()).unwrap();
    builder.set_issuer_name(issuer.subject_name()).unwrap();
    builder.set_not_before(issuer.not_before()).unwrap();
    builder.set_not_after(issuer.not_after()).unwrap();
    builder.set_pubkey(&key).unwrap();
    add_names(&mut builder, &[NAME]);
    add(&mut builder, ACME_IDENTIFIER, true, &digest());
    builder
        .sign(&crate::tls_server::key(), MessageDigest::sha256())
        .unwrap();
    with((key, builder.build()))
        .await
        .refused(ErrorKind::Unauthorized, &["not self-signed"]);
}
