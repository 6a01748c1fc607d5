//! http-01 with redirects.

use std::sync::atomic::{AtomicUsize, Ordering};

use cairn_types::{ChallengeType, ErrorKind};

use crate::http_server::{Answer, HttpServer, good, redirect, reply};
use crate::stage::{Attempt, KEY_AUTHORIZATION, Stage, config};
use crate::tls_server::{TlsServer, certificate};

/// Answers the challenge with the first answer and every other path with the second.
async fn attempt(
    first: impl Fn() -> Answer + Send + Sync + 'static,
    then: impl Fn(&str) -> Answer + Send + Sync + 'static,
) -> Attempt {
    let server = HttpServer::start(move |head| {
        if head.contains("/acme-challenge/") {
            first()
        } else {
            then(head)
        }
    })
    .await;
    let mut config = config();
    config.http_01.port = server.port;
    Stage::start(config)
        .validate(ChallengeType::Http01, "www.shop.test")
        .await
}

#[tokio::test]
async fn four_kinds_are_followed() {
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let attempt = attempt(|| redirect(status, "http://other.test/there?x=1"), |_| good()).await;
        attempt.passed();
        let redirects = &attempt.proof().redirects;
        assert_eq!(redirects.len(), 1);
        assert_eq!(attempt.proof().matched.as_ref(), redirects.last());
        assert!(redirects[0].starts_with("http://other.test:") && redirects[0].ends_with("/there?x=1"));
    }
    attempt(|| redirect("302 Found", "../x"), |_| good())
        .await
        .passed();
    attempt(|| redirect("302 Found", "//other.test"), |_| good())
        .await
        .passed();
}

#[tokio::test]
async fn others_are_not() {
    for status in [
        "300 Multiple",
        "303 See Other",
        "304 Not Modified",
        "305 Use Proxy",
        "399 What",
    ] {
        let attempt = attempt(move || redirect(status, "http://other.test/"), |_| good()).await;
        attempt.refused(ErrorKind::IncorrectResponse, &["with status 3"]);
    }
}

#[tokio::test]
async fn at_most_ten() {
    for (length, passes) in [(10, true), (11, false)] {
        let count = AtomicUsize::new(0);
        let step = move |_: &str| match count.fetch_add(1, Ordering::Relaxed) + 1 {
            step if step < length => redirect("302 Found", &format!("/{step}")),
            _ => good(),
        };
        let attempt = attempt(|| redirect("302 Found", "/0"), step).await;
        if passes {
            assert_eq!(attempt.passed().proof().redirects.len(), 10);
        } else {
            attempt
                .refused(ErrorKind::Connection, &["more than 10 times"])
                .transient(false);
        }
    }
}

#[tokio::test]
async fn never_in_a_circle() {
    let circle = attempt(
        || redirect("302 Found", "/a"),
        |head| redirect("302 Found", if head.starts_with("GET /a ") { "/b" } else { "/a" }),
    );
    circle
        .await
        .refused(ErrorKind::Connection, &["run in a circle", "/a"])
        .transient(false);
    attempt(|| redirect("302 Found", ""), |_| good())
        .await
        .refused(ErrorKind::Connection, &["run in a circle"]);
}

#[tokio::test]
async fn never_elsewhere() {
    for (location, why) in [
        ("ftp://other.test/", "scheme"),
        ("gopher://other.test/", "scheme"),
        ("http://other.test:22/", "port 22"),
        ("http://other.test:8080/", "port 8080"),
        ("http://127.0.0.1/", "address"),
        ("http://[::1]/", "address"),
        ("http://2130706433/", "address"),
        ("http://169.254.169.254/latest/meta-data/", "address"),
        ("http://root@other.test/", "user name"),
        ("http://[oops/", "not followed"),
        ("http://", "not followed"),
    ] {
        attempt(move || redirect("302 Found", location), |_| good())
            .await
            .refused(ErrorKind::Connection, &["redirects to", "is not followed", why])
            .transient(false);
    }
}

#[tokio::test]
async fn exactly_one_location() {
    for headers in ["", "Location: /a\r\nLocation: /b\r\n", "Location: /\u{fc}\r\n"] {
        let attempt = attempt(move || reply("302 Found", headers, ""), |_| good()).await;
        attempt.refused(ErrorKind::Connection, &["without exactly one readable Location"]);
    }
}

#[tokio::test]
async fn to_a_name_that_cannot_be_looked_up() {
    attempt(|| redirect("302 Found", "http://example.org/"), |_| good())
        .await
        .refused(
            ErrorKind::Dns,
            &[
                "example.org failed: no resolver is configured",
                "--resolver ADDR:PORT",
            ],
        );
}

#[tokio::test]
async fn to_https_with_any_certificate() {
    let tls = TlsServer::start(b"http/1.1", certificate(|_, _| {}), Some(KEY_AUTHORIZATION)).await;
    let server = HttpServer::start(|_| redirect("301 Moved", "https://secure.test/x")).await;
    let mut config = config();
    config.http_01.port = server.port;
    config.tls_alpn_01.port = tls.port;
    let attempt = Stage::start(config)
        .validate(ChallengeType::Http01, "www.shop.test")
        .await;
    attempt.passed();
    assert_eq!(
        attempt.proof().redirects,
        [format!("https://secure.test:{}/x", tls.port)]
    );
    assert_eq!(tls.server_names(), ["secure.test"]);
}

#[tokio::test]
async fn to_https_where_no_tls_is_spoken() {
    let plain = HttpServer::start(|_| good()).await;
    let server = HttpServer::start(|_| redirect("301 Moved", "https://secure.test/")).await;
    let mut config = config();
    config.http_01.port = server.port;
    config.tls_alpn_01.port = plain.port;
    config.limits.attempt = std::time::Duration::from_millis(500);
    let attempt = Stage::start(config)
        .validate(ChallengeType::Http01, "www.shop.test")
        .await;
    assert!(attempt.outcome.problem.is_some());
}
