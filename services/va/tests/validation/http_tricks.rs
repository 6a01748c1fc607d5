//! http-01 against servers that play tricks: with encodings, with amounts, with where they send the validator.

use std::process::Command;

use cairn_types::{ChallengeType, ErrorKind};

use crate::dns_server::Zone;
use crate::http_server::{Answer, HttpServer, good, redirect, reply};
use crate::stage::{Attempt, KEY_AUTHORIZATION, Stage, config};

const NAME: &str = "www.shop.test";

async fn attempt(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Attempt {
    let server = HttpServer::start(answer).await;
    let mut config = config();
    config.http_01.port = server.port;
    Stage::start(config).validate(ChallengeType::Http01, NAME).await
}

/// An answer with the right body, under these lines.
fn right(head: &str) -> Answer {
    Answer::Bytes(format!("{head}\r\n\r\n{KEY_AUTHORIZATION}").into_bytes())
}

/// An answer with the right body in one chunk, under these lines.
fn chunked(head: &str) -> Answer {
    let length = KEY_AUTHORIZATION.len();
    Answer::Bytes(format!("{head}\r\n\r\n{length:x}\r\n{KEY_AUTHORIZATION}\r\n0\r\n\r\n").into_bytes())
}

#[tokio::test]
async fn one_way_to_say_how_long_a_body_is() {
    attempt(|_| chunked("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked"))
        .await
        .passed();
    let length = KEY_AUTHORIZATION.len();
    let lengths = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}");
    for head in [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked".to_owned(),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked".to_owned(),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked".to_owned(),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity".to_owned(),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity".to_owned(),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked".to_owned(),
        format!("{lengths}\r\nTransfer-Encoding: chunked"),
    ] {
        let said = head.clone();
        let attempt = attempt(move |_| chunked(&head)).await;
        let problem = attempt.outcome.problem.as_ref().expect(&said);
        assert!(
            matches!(problem.kind, ErrorKind::Connection | ErrorKind::IncorrectResponse),
            "{said}"
        );
    }
    for head in [
        format!("{lengths}\r\nContent-Length: {length}"),
        format!("{lengths}\r\nContent-Length: 3"),
        format!("{lengths}, {length}"),
        "HTTP/1.1 200 OK\r\nContent-Length: +87".to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Length: 0x57".to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Length: -1".to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999".to_owned(),
    ] {
        let said = head.clone();
        let attempt = attempt(move |_| right(&head)).await;
        assert!(attempt.outcome.problem.is_some(), "{said}");
    }
}

#[tokio::test]
async fn compression_was_not_asked_for() {
    for encoding in ["gzip", "br", "deflate", "zstd", "identity, gzip", "x"] {
        attempt(move |_| {
            reply(
                "200 OK",
                &format!("Content-Encoding: {encoding}\r\n"),
                KEY_AUTHORIZATION,
            )
        })
        .await
        .refused(ErrorKind::IncorrectResponse, &["content encoding"]);
    }
}

#[tokio::test]
async fn what_is_not_http_1_is_not_guessed_at() {
    for head in [
        // HTTP/0.9 has no head at all.
        KEY_AUTHORIZATION,
        "HTTP/2.0 200 OK",
        "HTTP/0.9 200 OK",
        "HTTP/1.1 2000 OK",
        "HTTP/1.1 OK",
        "ICY 200 OK",
        "HTTP/1.1 200 OK\r\nX: a\r\n b",
        "HTTP/1.1 200 OK\r\nX : a",
        "HTTP/1.1 200 OK\r\nX",
        "HTTP/1.1 200 OK\r\n: a",
        "HTTP/1.1 200 OK\r\nX: a\0b",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked",
    ] {
        let attempt = attempt(move |_| right(head)).await;
        attempt
            .refused(ErrorKind::Connection, &["could not be read"])
            .transient(false);
    }
}

/// What is sent without end is refused for its amount, long before the time is up.
#[tokio::test]
async fn amounts_are_bounded() {
    let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (what, begins, goes_on) in [
        ("interim answers", "", "HTTP/1.1 100 Continue\r\n\r\n"),
        ("hints", "", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
        ("a status line", "HTTP/1.1 200 ", "O"),
        ("headers", "HTTP/1.1 200 OK\r\n", "X: y\r\n"),
        ("a header", "HTTP/1.1 200 OK\r\nX: ", "y"),
        ("a body", "HTTP/1.1 200 OK\r\n\r\n", "x"),
        ("small chunks", chunks, "1\r\nx\r\n"),
        ("a chunk's size", chunks, "0"),
        ("a chunk's extension", &format!("{chunks}1;"), "x"),
        (
            "chunks' extensions",
            chunks,
            "1;xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\nx\r\n",
        ),
        ("trailers", &format!("{chunks}0\r\n"), "X: y\r\n"),
    ] {
        let begins = begins.as_bytes().to_vec();
        let attempt = attempt(move |_| Answer::Repeat(begins.clone(), goes_on)).await;
        let problem = attempt.outcome.problem.as_ref().expect(what);
        assert!(!problem.detail.contains("ran out"), "{what}: {}", problem.detail);
        attempt.transient(false);
    }
}

#[tokio::test]
async fn another_protocol_is_not_switched_to() {
    attempt(|_| {
        Answer::Bytes(
            format!("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n{KEY_AUTHORIZATION}")
                .into_bytes(),
        )
    })
    .await
    .refused(ErrorKind::IncorrectResponse, &["status 101"]);
}

#[tokio::test]
async fn locations_are_taken_literally_or_not_at_all() {
    for location in [
        "/a\tb",
        "ht\ttp://other.test/",
        "http://other.test/\u{1}",
        "/\u{7f}",
    ] {
        let attempt = attempt(move |head| {
            if head.contains("acme-challenge") {
                redirect("302 Found", location)
            } else {
                good()
            }
        })
        .await;
        assert!(attempt.outcome.problem.is_some(), "{location:?}");
        assert!(attempt.proof().redirects.is_empty(), "{location:?}");
    }
}

#[tokio::test]
async fn every_hop_tries_ipv6_first_and_ipv4_once() {
    let server = HttpServer::start(|head| {
        if head.contains("acme-challenge") {
            redirect("302 Found", "http://other.test/")
        } else {
            good()
        }
    })
    .await;
    let mut config = config();
    config.http_01.port = server.port;
    let attempt = Stage::start(config).validate(ChallengeType::Http01, NAME).await;
    attempt.passed();
    let hop = [
        format!("[::1]:{}", server.port),
        format!("127.0.0.1:{}", server.port),
    ];
    let contacted: Vec<_> = attempt
        .proof()
        .contacted
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(contacted, [&hop[..], &hop[..]].concat());
}

#[tokio::test]
async fn every_hop_has_its_addresses_checked() {
    for inside in ["10.0.0.1", "169.254.169.254", "168.63.129.16", "100.100.100.200"] {
        let zone = Zone::default();
        zone.a("www.shop.example", "127.0.0.1")
            .a("inside.example", inside);
        let server = HttpServer::start(|_| redirect("302 Found", "http://inside.example/")).await;
        let mut config = config();
        config.http_01.port = server.port;
        config.dns.resolvers = vec![zone.serve().await];
        let attempt = Stage::start(config)
            .validate(ChallengeType::Http01, "www.shop.example")
            .await;
        attempt.refused(ErrorKind::Connection, &["does not contact", inside]);
        assert_eq!(attempt.proof().contacted.len(), 1, "{inside}");
    }
}

/// A validation in another process, whose environment names proxies that nobody runs.
#[tokio::test]
async fn the_environment_names_no_proxy() {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "http_01::the_key_authorization_passes"]);
    for name in [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ] {
        child.env(name, "http://127.0.0.1:9");
    }
    let run = tokio::task::spawn_blocking(move || child.output());
    let output = run.await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
