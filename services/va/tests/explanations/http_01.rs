//! http-01, without redirects.

use std::time::Duration;

use cairn_types::ChallengeType;

use crate::dns_server::Zone;
use crate::faults::{Full, resetting, silent};
use crate::golden::Explanations;
use crate::http_server::{Answer, HttpServer, closed_port, good, ok, reply};
use crate::stage::{KEY_AUTHORIZATION, Stage, TOKEN, config};
use crate::tls_server::{TlsServer, good_certificate};

const NAME: &str = "www.shop.example";

const NOT_FOUND: &str = "<!DOCTYPE html>\n<html>\n<head><title>404 Not Found</title></head>\n<body>\n\
     <center><h1>404 Not Found</h1></center>\n<hr><center>nginx</center>\n</body>\n</html>\n<!-- a padding to disable \
     MSIE and Chrome friendly error page -->\n<!-- a padding to disable MSIE and Chrome friendly error page -->\n";
const APPLICATION: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Shop</title></head>\
     <body><div id=\"root\"></div></body></html>";

/// Validates the name, which has these addresses.
async fn add(told: &mut Explanations, fault: &str, addresses: &[&str], port: u16) {
    let zone = Zone::default();
    for address in addresses {
        if address.contains(':') {
            zone.aaaa(NAME, address);
        } else {
            zone.a(NAME, address);
        }
    }
    let server = zone.serve().await;
    let mut config = config();
    config.dns.resolvers = vec![server.clone()];
    config.http_01.port = port;
    config.limits.connect = Duration::from_millis(300);
    config.limits.attempt = Duration::from_secs(1);
    let attempt = Stage::start(config).validate(ChallengeType::Http01, NAME).await;
    told.add(fault, &[(server.address.port(), "DNS"), (port, "HTTP")], &attempt);
}

const FOUR: &[&str] = &["127.0.0.1"];
const BOTH: &[&str] = &["::1", "127.0.0.1"];

#[tokio::test]
async fn connections() {
    let mut told = Explanations::of("connections");
    let server = HttpServer::start(|_| good()).await;
    add(&mut told, "right", FOUR, server.port).await;
    add(&mut told, "right, and IPv6 is broken", BOTH, server.port).await;
    let (_closed, port) = closed_port();
    add(&mut told, "connection refused", FOUR, port).await;
    add(&mut told, "connection refused over IPv6 and IPv4", BOTH, port).await;
    add(&mut told, "only an IPv6 address, which is broken", &["::1"], port).await;
    let full = Full::start().await;
    add(&mut told, "no answer to connecting", FOUR, full.port).await;
    add(&mut told, "connection reset", FOUR, resetting().await).await;
    add(&mut told, "no answer to the request", FOUR, silent().await).await;
    // One port, where IPv6 leads to another site.
    let wrong = HttpServer::at("[::1]:0", |_| reply("404 Not Found", "", NOT_FOUND)).await;
    let right = HttpServer::at(&format!("127.0.0.1:{}", wrong.port), |_| good()).await;
    add(&mut told, "another site over IPv6", BOTH, right.port).await;
    let tls = TlsServer::with("127.0.0.1:0", good_certificate(NAME), None, |_| {}).await;
    add(&mut told, "TLS on the port for HTTP", FOUR, tls.port).await;
    told.compare();
}

fn statuses() -> Vec<(&'static str, Answer)> {
    let plain = "The plain HTTP request was sent to HTTPS port";
    vec![
        ("404 with a page", reply("404 Not Found", "", NOT_FOUND)),
        (
            "403 of a firewall",
            reply(
                "403 Forbidden",
                "Server: cloudguard\r\n",
                "Request blocked. Incident 1f3a.",
            ),
        ),
        (
            "401 with a password prompt",
            reply("401 Unauthorized", "WWW-Authenticate: Basic\r\n", ""),
        ),
        (
            "400 since the port is for HTTPS",
            reply("400 Bad Request", "", plain),
        ),
        ("500", reply("500 Internal Server Error", "", "Traceback")),
        (
            "503 for maintenance",
            reply("503 Service Unavailable", "Retry-After: 60\r\n", "Back soon"),
        ),
    ]
}

fn files() -> Vec<(&'static str, Answer)> {
    let key = KEY_AUTHORIZATION;
    let other_account = format!("{TOKEN}.kF9hxBUv0rWg6y2mXnHq3Jt1sPzC7dLeYiRoA8uVb5M");
    vec![
        ("a page of an application", ok(APPLICATION)),
        ("an empty file", ok("")),
        ("the token without the thumbprint", ok(TOKEN)),
        ("the file of another account", ok(&other_account)),
        ("the file of another token", ok(&key.replace("evaGx", "zzzzz"))),
        ("a byte order mark before the text", ok(&format!("\u{feff}{key}"))),
        ("a line before the text", ok(&format!("\n{key}"))),
        (
            "text after the text",
            ok(&format!("{key}\n<!-- served by cache 7 -->")),
        ),
        ("quotation marks around the text", ok(&format!("\"{key}\""))),
        ("JSON", ok(&format!("{{\"keyAuthorization\":\"{key}\"}}"))),
        (
            "control and bidirectional characters",
            ok("\u{202e}\u{1b}[31mred\u{7}"),
        ),
        (
            "compressed although not asked for",
            reply("200 OK", "Content-Encoding: gzip\r\n", "\u{1f}\u{8b}"),
        ),
        ("a file that is far too long", ok(&"spam and eggs ".repeat(1000))),
    ]
}

fn broken() -> Vec<(&'static str, Answer)> {
    let octets = |text: &str| Answer::Bytes(text.as_bytes().to_vec());
    let short = "HTTP/1.1 200 OK\r\nContent-Length: 87\r\n\r\nevaGx";
    let long = format!("X: {}\r\n", "y".repeat(40_000));
    vec![
        ("an answer that is cut short", octets(short)),
        (
            "an answer that does not end",
            Answer::Hang(short.as_bytes().to_vec()),
        ),
        ("no answer before the end", octets("")),
        ("another protocol", octets("SSH-2.0-OpenSSH_9.2p1\r\n")),
        ("headers that are too long", reply("200 OK", &long, "")),
    ]
}

#[tokio::test]
async fn answers() {
    let mut told = Explanations::of("answers");
    for (fault, answer) in statuses().into_iter().chain(files()).chain(broken()) {
        let server = HttpServer::start(move |_| match &answer {
            Answer::Bytes(octets) => Answer::Bytes(octets.clone()),
            Answer::Hang(octets) => Answer::Hang(octets.clone()),
            Answer::Drip(octets) => Answer::Drip(octets.clone()),
            Answer::Repeat(octets, text) => Answer::Repeat(octets.clone(), text),
        })
        .await;
        add(&mut told, fault, FOUR, server.port).await;
    }
    told.compare();
}
