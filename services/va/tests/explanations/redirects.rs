//! Redirects of http-01.

use std::time::Duration;

use cairn_types::ChallengeType;
use openssl::ssl::SslVersion;

use crate::dns_server::Zone;
use crate::golden::Explanations;
use crate::http_server::{HttpServer, closed_port, good, ok, redirect, reply};
use crate::stage::{KEY_AUTHORIZATION, Stage, config};
use crate::tls_server::{TlsServer, good_certificate};

const NAME: &str = "shop.example";
const LOGIN: &str = "<html><body><form action=\"/login\">Please log in</form></body></html>";

/// Validates a name whose server answers every path but that of the login with this redirect.
async fn add(told: &mut Explanations, fault: &str, location: &str, https: u16) {
    let to = location.to_owned();
    let server = HttpServer::start(move |head| match head.split(' ').nth(1) {
        Some("/login") => ok(LOGIN),
        Some("/right") => good(),
        Some(path) if to == "+" => redirect("302 Found", &format!("{path}+")),
        _ if to == "none" => reply("302 Found", "", ""),
        _ => redirect("302 Found", &to),
    })
    .await;
    let zone = Zone::default();
    zone.a(NAME, "127.0.0.1")
        .a("www.shop.example", "127.0.0.1")
        .a("intranet.example", "10.0.0.17");
    let dns = zone.serve().await;
    let mut config = config();
    config.dns.resolvers = vec![dns.clone()];
    config.http_01.port = server.port;
    config.tls_alpn_01.port = https;
    config.limits.attempt = Duration::from_secs(1);
    let attempt = Stage::start(config).validate(ChallengeType::Http01, NAME).await;
    told.add(
        fault,
        &[
            (dns.address.port(), "DNS"),
            (server.port, "HTTP"),
            (https, "HTTPS"),
        ],
        &attempt,
    );
}

#[tokio::test]
async fn redirects() {
    let mut told = Explanations::of("redirects");
    let (_closed, closed) = closed_port();
    for (fault, location) in [
        ("right", "/right"),
        ("to a login page", "/login"),
        ("to another port", "http://shop.example:8080/"),
        ("to another scheme", "ftp://shop.example/file"),
        ("to a private address", "http://192.168.0.1/"),
        ("to a name with a private address", "http://intranet.example/"),
        ("to a name that does not exist", "http://wwww.shop.example/"),
        ("with a user name", "http://admin:secret@shop.example/"),
        ("without a location", "none"),
        ("to itself", "."),
        ("without end", "+"),
        ("to https, where nobody listens", "https://shop.example/x"),
    ] {
        let location = if location == "." {
            format!("/.well-known/acme-challenge/{}", crate::stage::TOKEN)
        } else {
            location.to_owned()
        };
        add(&mut told, fault, &location, closed).await;
    }
    let https = "https://www.shop.example/x";
    let plain = HttpServer::start(|_| good()).await;
    add(
        &mut told,
        "to https, where plain HTTP is served",
        https,
        plain.port,
    )
    .await;
    let old = TlsServer::with("127.0.0.1:0", good_certificate(NAME), None, |context| {
        context.set_security_level(0);
        context.set_max_proto_version(Some(SslVersion::TLS1_1)).unwrap();
        context.set_min_proto_version(None).unwrap();
    })
    .await;
    add(&mut told, "to https with an old version of TLS", https, old.port).await;
    let other = TlsServer::with("127.0.0.1:0", good_certificate(NAME), Some("It works!"), |_| {}).await;
    add(&mut told, "to https with another site", https, other.port).await;
    let right = TlsServer::with(
        "127.0.0.1:0",
        good_certificate(NAME),
        Some(KEY_AUTHORIZATION),
        |_| {},
    )
    .await;
    add(&mut told, "right, over https", https, right.port).await;
    told.compare();
}
