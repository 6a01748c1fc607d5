//! http-01 without redirects.

use std::time::Duration;

use cairn_types::{ChallengeType, ErrorKind};

use crate::http_server::{Answer, HttpServer, closed_port, good, ok, reply};
use crate::stage::{Attempt, KEY_AUTHORIZATION, Stage, TOKEN, config};

fn stage(server: &HttpServer) -> Stage {
    let mut config = config();
    config.http_01.port = server.port;
    Stage::start(config)
}

async fn attempt(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Attempt {
    let server = HttpServer::start(answer).await;
    stage(&server)
        .validate(ChallengeType::Http01, "www.shop.test")
        .await
}

#[tokio::test]
async fn the_key_authorization_passes() {
    let server = HttpServer::start(|_| good()).await;
    let stage = stage(&server);
    let attempt = stage.validate(ChallengeType::Http01, "www.shop.test").await;
    attempt.passed();
    let port = server.port;
    assert_eq!(
        server.requests(),
        [format!(
            "GET /.well-known/acme-challenge/{TOKEN} HTTP/1.1\r\nhost: www.shop.test:{port}\r\n\
             user-agent: cairn-va/0.1.0 (ACME http-01 validation)\r\nconnection: close\r\n\r\n"
        )]
    );
    let proof = attempt.proof();
    assert_eq!(
        proof.matched,
        Some(format!(
            "http://www.shop.test:{port}/.well-known/acme-challenge/{TOKEN}"
        ))
    );
    assert_eq!(
        proof.resolved,
        [
            "::1".parse::<std::net::IpAddr>().unwrap(),
            "127.0.0.1".parse().unwrap()
        ]
    );
    // IPv6 first, and one IPv4 fallback.
    let contacted: Vec<_> = proof.contacted.iter().map(ToString::to_string).collect();
    assert_eq!(contacted, [format!("[::1]:{port}"), format!("127.0.0.1:{port}")]);
    assert_eq!(proof.token_sha256, openssl::sha::sha256(TOKEN.as_bytes()));
    assert_eq!(
        proof.key_authorization_sha256,
        openssl::sha::sha256(KEY_AUTHORIZATION.as_bytes())
    );
    assert_eq!(attempt.receipt.resolver, "local rule");
    let counted =
        "cairn_validation_seconds_count{operation=\"validation\",method=\"http-01\",outcome=\"valid\"} 1";
    assert!(stage.metrics().contains(counted), "{}", stage.metrics());
}

#[tokio::test]
async fn an_address_passes_without_look_ups() {
    let server = HttpServer::start(|_| good()).await;
    let attempt = stage(&server).validate(ChallengeType::Http01, "127.0.0.1").await;
    attempt.passed();
    assert!(server.requests()[0].contains(&format!("\r\nhost: 127.0.0.1:{}\r\n", server.port)));
    assert_eq!(attempt.receipt.resolver, "none");
}

#[tokio::test]
async fn an_ipv6_address_stands_in_brackets() {
    let server = HttpServer::at("[::1]:0", |_| good()).await;
    stage(&server)
        .validate(ChallengeType::Http01, "::1")
        .await
        .passed();
    assert!(server.requests()[0].contains(&format!("\r\nhost: [::1]:{}\r\n", server.port)));
}

#[tokio::test]
async fn answers_that_pass() {
    let chunked = || {
        let (a, b) = KEY_AUTHORIZATION.split_at(20);
        let (m, n) = (a.len(), b.len());
        Answer::Bytes(
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{m:x}\r\n{a}\r\n{n:x}\r\n{b}\r\n0\r\n\r\n").into(),
        )
    };
    attempt(|_| ok(&format!("{KEY_AUTHORIZATION} \t\r\n\n")))
        .await
        .passed();
    attempt(|_| reply("203 Non-Authoritative Information", "", KEY_AUTHORIZATION))
        .await
        .passed();
    attempt(|_| reply("200 OK", "Content-Encoding: identity\r\n", KEY_AUTHORIZATION))
        .await
        .passed();
    attempt(|_| reply("200 OK", "Content-Type: image/png\r\n", KEY_AUTHORIZATION))
        .await
        .passed();
    attempt(|_| Answer::Bytes(format!("HTTP/1.1 200 OK\r\n\r\n{KEY_AUTHORIZATION}").into()))
        .await
        .passed();
    attempt(|_| Answer::Bytes(format!("HTTP/1.0 200 OK\r\n\r\n{KEY_AUTHORIZATION}").into()))
        .await
        .passed();
    attempt(move |_| chunked()).await.passed();
}

#[tokio::test]
async fn wrong_answers_are_shown_beside_the_right_one() {
    let wrong = ErrorKind::IncorrectResponse;
    let file = &format!("Serve the text `{KEY_AUTHORIZATION}` at `http://www.shop.test:")[..];
    for (body, shown) in [
        ("nonsense", "found \"nonsense\""),
        ("", "found \"\""),
        (TOKEN, "found \"evaGx"),
        (&format!(" {KEY_AUTHORIZATION}"), "found \" evaGx"),
        (&format!("{KEY_AUTHORIZATION}x"), "found \"evaGx"),
        (&KEY_AUTHORIZATION.to_uppercase(), "found \"EVAGX"),
        ("<h1>\x07\u{202e}\n</h1>", "found \"<h1>\\u{7}\\u{202e}\\n</h1>\""),
    ] {
        let body = body.to_owned();
        attempt(move |_| ok(&body))
            .await
            .refused(
                wrong,
                &["something other than the key authorization", shown, file],
            )
            .transient(false);
    }
    attempt(|_| Answer::Bytes(b"HTTP/1.1 200 OK\r\n\r\n\xff\xfe".to_vec()))
        .await
        .refused(wrong, &["found \"\\u{fffd}\\u{fffd}\""]);
}

#[tokio::test]
async fn refused_answers() {
    let wrong = ErrorKind::IncorrectResponse;
    let long = format!("{KEY_AUTHORIZATION}{}", " ".repeat(2000));
    attempt(move |_| ok(&long))
        .await
        .refused(wrong, &["longer than 1024 octets"])
        .transient(false);
    attempt(|_| Answer::Drip(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()))
        .await
        .refused(wrong, &["longer than 1024 octets"]);
    attempt(|_| reply("404 Not Found", "", "no such file"))
        .await
        .refused(wrong, &["status 404", "no such file"]);
    attempt(|_| reply("404 Not Found", "", KEY_AUTHORIZATION))
        .await
        .refused(wrong, &["status 404"]);
    attempt(|_| reply("500 Oops", "", ""))
        .await
        .refused(wrong, &["status 500"]);
    attempt(|_| reply("401 Unauthorized", "WWW-Authenticate: Basic\r\n", ""))
        .await
        .refused(wrong, &["status 401"]);
    attempt(|_| reply("304 Not Modified", "", ""))
        .await
        .refused(wrong, &["status 304"]);
    attempt(|_| reply("200 OK", "Content-Encoding: gzip\r\n", KEY_AUTHORIZATION))
        .await
        .refused(wrong, &["content encoding"]);
}

#[tokio::test]
async fn answers_that_are_no_http() {
    let lost = ErrorKind::Connection;
    attempt(|_| Answer::Bytes(Vec::new()))
        .await
        .refused(lost, &["connection was closed"])
        .transient(true);
    attempt(|_| Answer::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()))
        .await
        .refused(lost, &["not HTTP/1.1"])
        .transient(false);
    attempt(|_| Answer::Bytes(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00".to_vec()))
        .await
        .refused(lost, &["not HTTP/1.1"]);
    attempt(|_| Answer::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort".to_vec()))
        .await
        .refused(lost, &["closed before it was complete"])
        .transient(true);
    attempt(|_| Answer::Bytes(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_vec()))
        .await
        .refused(lost, &["could not be read"]);
    attempt(|_| reply("200 OK", &"X: y\r\n".repeat(100), KEY_AUTHORIZATION))
        .await
        .refused(lost, &["could not be read"]);
    attempt(|_| {
        reply(
            "200 OK",
            &format!("X: {}\r\n", "y".repeat(40_000)),
            KEY_AUTHORIZATION,
        )
    })
    .await
    .refused(lost, &["headers are too large"]);
}

#[tokio::test]
async fn the_time_of_an_attempt_is_bounded() {
    for answer in [
        || Answer::Hang(Vec::new()),
        || Answer::Hang(b"HTTP/1.1 200 OK\r\n".to_vec()),
        || Answer::Hang(b"HTTP/1.1 200 OK\r\nContent-Length: 87\r\n\r\nevaGxfADs6pSRb2".to_vec()),
        || Answer::Drip(b"HTTP/1.1 200 OK\r\nX: ".to_vec()),
    ] {
        let server = HttpServer::start(move |_| answer()).await;
        let mut config = config();
        config.http_01.port = server.port;
        config.limits.attempt = Duration::from_millis(200);
        let attempt = Stage::start(config)
            .validate(ChallengeType::Http01, "www.shop.test")
            .await;
        let problem = attempt.outcome.problem.clone().unwrap();
        assert_eq!(problem.kind, ErrorKind::Connection, "{}", problem.detail);
    }
}

#[tokio::test]
async fn a_slow_answer_is_named_in_the_refusal() {
    let server = HttpServer::start(|_| Answer::Hang(b"HTTP/1.1 200 OK\r\n\r\neva".to_vec())).await;
    let mut config = config();
    config.http_01.port = server.port;
    config.limits.attempt = Duration::from_millis(200);
    Stage::start(config)
        .validate(ChallengeType::Http01, "www.shop.test")
        .await
        .refused(
            ErrorKind::Connection,
            &[
                "200ms",
                "ran out while reading the answer of http://www.shop.test",
            ],
        )
        .transient(true);
}

#[tokio::test]
async fn nobody_at_the_port() {
    let (_closed, port) = closed_port();
    let mut config = config();
    config.http_01.port = port;
    let attempt = Stage::start(config)
        .validate(ChallengeType::Http01, "www.shop.test")
        .await;
    attempt
        .refused(
            ErrorKind::Connection,
            &[
                "no connection to www.shop.test",
                "connection refused",
                "reachable from the CA on TCP port",
            ],
        )
        .transient(true);
    assert_eq!(attempt.proof().contacted.len(), 2);
}
