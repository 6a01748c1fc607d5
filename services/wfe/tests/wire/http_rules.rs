//! HTTP itself: methods, headers, nonces, limits, connections.

use std::pin::Pin;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cairn_acme::objects::Directory;
use cairn_acme::{SignAs, SigningKey};
use cairn_testkit::raw::RawConnection;
use cairn_types::Error;
use http::{Method, Request};
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use openssl::ssl::{SslConnector, SslMethod};
use openssl::x509::X509;
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use crate::accounts::refused;
use crate::world::World;

const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn the_directory_and_nonces() {
    let world = World::new().await;
    let mut account = world.account().await;
    let answer = account
        .client
        .connection()
        .get(&world.url("/directory"))
        .await
        .unwrap();
    assert!(answer.links("index").is_empty());
    let directory: Directory = answer.json().unwrap();
    assert_eq!(directory.new_order, world.url("/acme/new-order"));
    assert_eq!(
        directory.meta.terms_of_service.as_deref(),
        Some("https://ca.example/terms")
    );
    assert_eq!(directory.meta.profiles["classic"], "90 days");

    let url = world.url("/acme/new-nonce");
    let head = account.client.connection().head(&url).await.unwrap();
    let get = account.client.connection().get(&url).await.unwrap();
    let post = account.get(&url).await.unwrap();
    assert_eq!(
        [&head, &get, &post].map(|answer| answer.status.as_u16()),
        [200, 204, 204]
    );
    for answer in [&head, &get, &post] {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.headers.get_all("replay-nonce").iter().count(), 1);
        assert_eq!(answer.links("index"), [world.url("/directory")]);
    }
    assert_ne!(head.nonce(), get.nonce());
    let same: Directory = account
        .get(&world.url("/directory"))
        .await
        .unwrap()
        .json()
        .unwrap();
    assert_eq!(same, directory);
    refused(
        &account.post(&world.url("/directory"), b"{}").await.unwrap(),
        "malformed",
        400,
    );
}

#[tokio::test]
async fn a_nonce_is_good_once_and_its_refusal_brings_another() {
    let world = World::new().await;
    let mut account = world.account().await;
    let url = account.url().to_owned();
    let nonce = account.client.nonce().await.unwrap();
    let mut send = async |nonce: &str| {
        let body = account
            .key()
            .sign(SignAs::Account(&url), nonce, &url, b"")
            .unwrap();
        account.client.post_body(&url, body).await.unwrap()
    };
    assert_eq!(send(&nonce).await.status, 200);
    let again = send(&nonce).await;
    refused(&again, "badNonce", 400);
    assert_eq!(send(again.nonce().unwrap()).await.status, 200);
    refused(&send("AAAA").await, "badNonce", 400);
    refused(&send("no base64!").await, "malformed", 400);
}

#[tokio::test]
async fn a_request_is_for_its_url_only() {
    let world = World::new().await;
    let mut account = world.account().await;
    let here = account.url().to_owned();
    for url in [
        format!("{here}?x"),
        format!("{here}/"),
        here.replace("127.0.0.1", "localhost"),
        String::new(),
    ] {
        let nonce = account.client.nonce().await.unwrap();
        let body = account
            .key()
            .sign(SignAs::Account(&here), &nonce, &url, b"")
            .unwrap();
        refused(
            &account.client.post_body(&here, body).await.unwrap(),
            "unauthorized",
            403,
        );
    }
}

#[tokio::test]
async fn methods_and_cors() {
    let world = World::new().await;
    let mut client = world.client().await;
    let connection = client.connection();
    for (method, path, allow) in [
        (Method::GET, "/acme/new-order", "POST, OPTIONS"),
        (Method::PUT, "/directory", "GET, HEAD, POST, OPTIONS"),
        (Method::DELETE, "/acme/new-nonce", "GET, HEAD, POST, OPTIONS"),
        (Method::POST, "/", "GET, HEAD, OPTIONS"),
    ] {
        let answer = connection.request(method, &world.url(path)).await.unwrap();
        refused(&answer, "malformed", 405);
        assert_eq!(answer.header("allow"), Some(allow));
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
    let options = connection
        .request(Method::OPTIONS, &world.url("/acme/new-order"))
        .await
        .unwrap();
    assert_eq!(options.status, 204);
    assert_eq!(
        options.header("access-control-allow-headers"),
        Some("Content-Type")
    );
    let exposed = options.header("access-control-expose-headers").unwrap();
    for name in ["Link", "Location", "Replay-Nonce", "Retry-After"] {
        assert!(exposed.contains(name), "{name}");
    }
    for path in ["/none", "/acme/account/1", "/acme/order/", "/acme/cert/00"] {
        let answer = connection.request(Method::POST, &world.url(path)).await.unwrap();
        refused(&answer, "malformed", 404);
        assert!(answer.nonce().is_some(), "{path}");
    }
    let start = connection.head(&world.url("/")).await.unwrap();
    assert!(start.body.is_empty() && start.header("content-length").unwrap().parse::<u64>().unwrap() > 100);
}

#[tokio::test]
async fn types_and_sizes_of_bodies() {
    let world = World::new().await;
    let mut client = world.client().await;
    let url = world.url("/acme/new-order");
    for media_type in [
        "application/json",
        "application/jose+json; charset=utf-8",
        "text/plain",
    ] {
        let request = Request::post(&url)
            .header("content-type", media_type)
            .body("{}".into());
        refused(
            &client.connection().send(&url, request).await.unwrap(),
            "malformed",
            415,
        );
    }
    let answer = client.post_body(&url, vec![b' '; 64 * 1024 + 1]).await.unwrap();
    refused(&answer, "malformed", 413);
    for body in [
        "",
        "{}",
        "[]",
        "\u{0}",
        "{\"protected\":\"e30\",\"payload\":\"\",\"signature\":\"\"}",
    ] {
        refused(&client.post_body(&url, body).await.unwrap(), "malformed", 400);
    }
}

#[tokio::test]
async fn failures_inside_are_not_shown() {
    let world = World::new().await;
    let mut account = world.account().await;
    let payload = serde_json::json!({"identifiers": [{"type": "dns", "value": "a.example"}]});
    for (error, status, retry) in [
        (Error::internal("the disk is on fire"), 500, None),
        (Error::unavailable("the disk is on fire"), 503, Some(5)),
    ] {
        world.known.refuse(error);
        let answer = account
            .post_json(&world.url("/acme/new-order"), &payload)
            .await
            .unwrap();
        refused(&answer, "serverInternal", status);
        assert_eq!(answer.retry_after(), retry);
        assert!(!String::from_utf8_lossy(&answer.body).contains("fire"));
    }
}

#[tokio::test]
async fn slow_clients_are_cut_off() {
    let more = "[http]\nheader_timeout = \"50ms\"\nbody_timeout = \"50ms\"\nidle_timeout = \"50ms\"";
    let world = World::with(more).await;
    let open = || RawConnection::open(&world.base, &world.trust);
    let mut silent = open().await.unwrap();
    assert!(
        silent.read_to_end(LONG).await.is_some(),
        "an idle connection ends"
    );

    let mut header = open().await.unwrap();
    header
        .write(b"GET /directory HTTP/1.1\r\nHost: x\r\n")
        .await
        .unwrap();
    assert!(header.read_to_end(LONG).await.is_some(), "half a head ends");

    let mut body = open().await.unwrap();
    let head = "POST /acme/new-order HTTP/1.1\r\nHost: x\r\nContent-Type: application/jose+json\r\nContent-Length: 10\r\n\r\n{";
    body.write(head.as_bytes()).await.unwrap();
    let answer = body.read_to_end(LONG).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 408") && answer.contains("replay-nonce"),
        "{answer}"
    );
}

#[tokio::test]
async fn an_address_has_so_many_connections() {
    let world = World::with("[http]\nmax_connections_per_address = 2").await;
    let open = || RawConnection::open(&world.base, &world.trust);
    let (first, second) = (open().await.unwrap(), open().await.unwrap());
    assert!(open().await.is_err());
    drop(first);
    // Its end is seen by the server when it comes.
    let deadline = Instant::now() + LONG;
    while open().await.is_err() {
        assert!(Instant::now() < deadline, "a connection that ended makes room");
        tokio::task::yield_now().await;
    }
    drop(second);
}

#[tokio::test]
async fn http2_by_alpn() {
    let world = World::new().await;
    let root = X509::from_der(&world.pki.root).unwrap();
    let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
    connector.cert_store_mut().add_cert(root).unwrap();
    connector.set_alpn_protos(b"\x02h2").unwrap();
    let ssl = connector
        .build()
        .configure()
        .unwrap()
        .into_ssl("127.0.0.1")
        .unwrap();
    let address = world.base.strip_prefix("https://").unwrap();
    let mut stream = SslStream::new(ssl, TcpStream::connect(address).await.unwrap()).unwrap();
    Pin::new(&mut stream).connect().await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    let connection = tokio::spawn(connection);
    let send = |request: Request<Full<Bytes>>| sender.send_request(request);
    let answers = [world.url("/directory"), world.url("/acme/new-nonce")]
        .map(|url| Request::get(url).body(Full::default()).unwrap())
        .map(send);
    let mut statuses = Vec::new();
    for answer in answers {
        statuses.push(answer.await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [200, 204]);
    world.env.shutdown.cancel();
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_host_header_changes_nothing() {
    let world = World::new().await;
    let mut connection = RawConnection::open(&world.base, &world.trust).await.unwrap();
    connection
        .write(b"GET /directory HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let answer = connection.read_to_end(LONG).await.unwrap();
    assert!(
        answer.contains(&world.base) && !answer.contains("evil.example"),
        "{answer}"
    );
}

#[tokio::test]
async fn the_end_waits_for_requests_in_flight() {
    let world = World::new().await;
    let mut account = world.account().await;
    let url = account.url().to_owned();
    assert_eq!(account.get(&url).await.unwrap().status, 200);
    world.env.shutdown.cancel();
    let World {
        running, base, trust, ..
    } = world;
    running.await.unwrap();
    assert!(RawConnection::open(&base, &trust).await.is_err());
}

#[tokio::test]
async fn requests_are_counted() {
    let world = World::new().await;
    let mut client = world.client().await;
    let unknown = SigningKey::generate(cairn_acme::Algorithm::EdDsa).unwrap();
    let url = world.url("/acme/new-account");
    client
        .post(&unknown, SignAs::Jwk, &url, br#"{"onlyReturnExisting":true}"#)
        .await
        .unwrap();
    let text = world.env.metrics.encode();
    for line in [
        r#"cairn_http_requests_total{route="directory",method="GET",status="200"} 1"#,
        r#"cairn_http_requests_total{route="new-account",method="POST",status="400"} 1"#,
        r#"cairn_http_request_seconds_count{route="directory"} 1"#,
        r#"cairn_nonces_total{result="good"} 1"#,
        "cairn_http_connections 1",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line} in\n{text}");
    }
}
