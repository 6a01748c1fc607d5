//! Connections of whom one should not trust.

use cairn_kit::Metrics;
use cairn_types::ErrorKind;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode, SslVersion};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::certificates::Authority;
use super::*;
use crate::{TlsConfig, TlsError};

fn transport(config: &TlsConfig) -> Transport {
    Transport::tls(config, &Metrics::new()).unwrap()
}

async fn serve(authority: &Authority) -> Running {
    start(
        &transport(&authority.issue(&["sa.cairn"])),
        configuration(),
        answering("yes"),
    )
    .await
}

/// Calls until the error tells the log `why` the connection is refused.
async fn refused(transport: &Transport, config: &ClientConfig, why: &str) {
    let channel = transport.channel(SA, config).unwrap();
    eventually(async || {
        let context = context().at_most(Duration::from_millis(200));
        let error = echo::say(&channel, context.request(String::new()))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        error.internal.unwrap().contains(why)
    })
    .await;
}

#[tokio::test]
async fn callers_are_known_by_any_of_their_names() {
    let authority = Authority::new();
    let server = serve(&authority).await;
    let channel = |names: &[&str]| {
        transport(&authority.issue(names))
            .channel(SA, &server.client())
            .unwrap()
    };
    assert_eq!(say(&channel(&["ra.cairn"]), "hello").await, Ok("yes".to_owned()));
    assert_eq!(
        say(&channel(&["ra-1.cairn", "ra.cairn"]), "hello").await,
        Ok("yes".to_owned())
    );
    let error = say(&channel(&["wfe.cairn"]), "hello").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn a_server_of_another_name_is_not_spoken_to() {
    let authority = Authority::new();
    let server = serve(&authority).await;
    let ra = transport(&authority.issue(&["ra.cairn"]));
    let mut config = server.client();
    config.server_name = Some("ca.cairn".to_owned());
    refused(&ra, &config, "certificate verify failed").await;
}

#[tokio::test]
async fn certificates_of_another_authority_are_worth_nothing() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let server = serve(&ours).await;
    // A caller whose certificate the server does not trust.
    let mut mixed = theirs.issue(&["ra.cairn"]);
    mixed.ca = ours.issue(&["unused.cairn"]).ca;
    refused(&transport(&mixed), &server.client(), "").await;
    // A server whose certificate the caller does not trust.
    let stranger = transport(&theirs.issue(&["ra.cairn"]));
    refused(&stranger, &server.client(), "certificate verify failed").await;
}

/// Whether a client without a certificate, with settings of its own, gets to read from the server.
async fn stranger_reads(server: &Running, version: SslVersion, alpn: &[u8]) -> bool {
    let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
    builder.set_verify(SslVerifyMode::NONE);
    builder.set_max_proto_version(Some(version)).unwrap();
    builder.set_alpn_protos(alpn).unwrap();
    let ssl = builder.build().configure().unwrap().into_ssl("sa.cairn").unwrap();
    let stream = TcpStream::connect(server.address.unwrap()).await.unwrap();
    let mut stream = tokio_openssl::SslStream::new(ssl, stream).unwrap();
    if std::pin::Pin::new(&mut stream).connect().await.is_err() {
        return false;
    }
    // With TLS 1.3 the client learns that it is turned away when it first reads.
    matches!(stream.read(&mut [0; 16]).await, Ok(1..))
}

#[tokio::test]
async fn strangers_get_nothing() {
    let authority = Authority::new();
    let server = serve(&authority).await;
    assert!(!stranger_reads(&server, SslVersion::TLS1_3, b"\x02h2").await);
    assert!(!stranger_reads(&server, SslVersion::TLS1_2, b"\x02h2").await);
    assert!(!stranger_reads(&server, SslVersion::TLS1_3, b"\x08http/1.1").await);
}

#[tokio::test]
async fn a_stalled_handshake_delays_nobody() {
    let authority = Authority::new();
    let server = serve(&authority).await;
    let _stalled = TcpStream::connect(server.address.unwrap()).await.unwrap();
    let ra = transport(&authority.issue(&["ra.cairn"]));
    let channel = ra.channel(SA, &server.client()).unwrap();
    assert_eq!(say(&channel, "hello").await, Ok("yes".to_owned()));
}

#[test]
fn files_that_do_not_fit_are_named() {
    let authority = Authority::new();
    let good = || authority.issue(&["ra.cairn"]);
    let failure = |config: &TlsConfig| match Transport::tls(config, &Metrics::new()) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("{config:?}"),
    };
    let other = authority.issue(&["wfe.cairn"]);
    let swapped = TlsConfig {
        key: other.key.clone(),
        ..good()
    };
    assert!(failure(&swapped).contains("not the key of tls.certificate"));
    let no_key = TlsConfig {
        key: cairn_kit::Secret::from_bytes("nonsense"),
        ..good()
    };
    assert!(failure(&no_key).starts_with("tls.key: "), "{}", failure(&no_key));
    let missing = TlsConfig {
        ca: std::path::PathBuf::from("/nonexistent/ca.pem").into(),
        ..good()
    };
    assert!(failure(&missing).contains("/nonexistent/ca.pem"));
    assert!(matches!(
        Transport::tls(&missing, &Metrics::new()),
        Err(TlsError::File(_))
    ));
}

#[test]
fn client_configurations_are_checked() {
    let check = |config: ClientConfig| config.check().map_err(|error| error.to_string());
    assert_eq!(check(ClientConfig::new(["sa:9095", "[::1]:9095"])), Ok(()));
    assert_eq!(
        check(ClientConfig::new([""; 0])).unwrap_err(),
        "addresses must not be empty"
    );
    for address in ["sa", "sa:", ":9095", "sa:https", "sa:70000"] {
        let error = check(ClientConfig::new([address])).unwrap_err();
        assert_eq!(error, format!("address {address:?} is not of the form host:port"));
    }
}
