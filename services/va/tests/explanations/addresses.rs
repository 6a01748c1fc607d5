//! Addresses that are not contacted.

use cairn_types::ChallengeType;

use crate::dns_server::Zone;
use crate::golden::Explanations;
use crate::http_server::{HttpServer, closed_port, good, reply};
use crate::stage::{Stage, config};

const NAME: &str = "nas.shop.example";

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
    let attempt = Stage::start(config).validate(ChallengeType::Http01, NAME).await;
    told.add(fault, &[(server.address.port(), "DNS"), (port, "HTTP")], &attempt);
}

#[tokio::test]
async fn addresses() {
    let mut told = Explanations::of("addresses");
    let server = HttpServer::start(|_| good()).await;
    let (_closed, closed) = closed_port();
    for (fault, addresses) in [
        ("a private address", &["192.168.1.20"][..]),
        ("an address for documentation", &["192.0.2.7"]),
        ("the metadata of a cloud", &["169.254.169.254"]),
        ("an address of a carrier's network", &["100.64.0.9"]),
        ("a private IPv6 address", &["fd00::20"]),
        (
            "private and link-local",
            &["fe80::1", "fd00::20", "192.168.1.20", "10.0.0.20"],
        ),
        ("no address at all", &["0.0.0.0", "::"]),
        (
            "right, beside an address that is left out",
            &["fd00::20", "127.0.0.1"],
        ),
    ] {
        add(&mut told, fault, addresses, server.port).await;
    }
    add(
        &mut told,
        "an address that is left out, and one that refuses",
        &["fd00::20", "127.0.0.1"],
        closed,
    )
    .await;
    let missing = HttpServer::start(|_| reply("404 Not Found", "", "not here")).await;
    for (fault, address, port) in [
        ("the identifier is a private address", "192.168.1.20", server.port),
        ("the identifier is an address that refuses", "127.0.0.1", closed),
        (
            "the identifier is an address without the file",
            "127.0.0.1",
            missing.port,
        ),
    ] {
        let mut config = config();
        config.http_01.port = port;
        let attempt = Stage::start(config)
            .validate(ChallengeType::Http01, address)
            .await;
        told.add(fault, &[(port, "HTTP")], &attempt);
    }
    told.compare();
}
