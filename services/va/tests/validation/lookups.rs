//! Which addresses names have, and which of them are contacted.

use cairn_types::{ChallengeType, ErrorKind};
use cairn_va::Config;
use cairn_va::config::AddressClass;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;

use crate::dns_server::{Fault, Zone};
use crate::http_server::{HttpServer, good};
use crate::stage::{Attempt, Stage, config};

const NAME: &str = "www.shop.example";

async fn validate_with(zone: &Zone, change: impl FnOnce(&mut Config)) -> Attempt {
    let server = HttpServer::start(|_| good()).await;
    let mut config = config();
    config.http_01.port = server.port;
    config.dns.resolvers = vec![zone.serve().await];
    config.dns.timeout = std::time::Duration::from_millis(300);
    change(&mut config);
    Stage::start(config).validate(ChallengeType::Http01, NAME).await
}

async fn validate(zone: &Zone) -> Attempt {
    validate_with(zone, |_| {}).await
}

#[tokio::test]
async fn one_kind_of_address_is_enough() {
    let zone = Zone::default();
    zone.a(NAME, "127.0.0.1");
    let attempt = validate(&zone).await;
    attempt.passed();
    assert_eq!(attempt.proof().contacted.len(), 1);
    zone.aaaa(NAME, "::1");
    assert_eq!(validate(&zone).await.passed().proof().contacted.len(), 2);
}

#[tokio::test]
async fn a_failed_look_up_of_one_kind_is_not_fatal() {
    let zone = Zone::default();
    zone.a(NAME, "127.0.0.1")
        .fault(NAME, RecordType::AAAA, Fault::Code(ResponseCode::ServFail));
    validate(&zone).await.passed();
}

#[tokio::test]
async fn only_the_first_address_of_a_kind_is_tried() {
    let zone = Zone::default();
    zone.a(NAME, "127.0.0.99").a(NAME, "127.0.0.1");
    let attempt = validate(&zone).await;
    attempt
        .refused(ErrorKind::Connection, &["127.0.0.99", "connection refused"])
        .transient(true);
    assert_eq!(attempt.proof().contacted.len(), 1);
}

#[tokio::test]
async fn aliases_are_followed() {
    let zone = Zone::default();
    zone.cname(NAME, "cdn.example").a("cdn.example", "127.0.0.1");
    validate(&zone).await.passed();
}

#[tokio::test]
async fn names_without_addresses() {
    let zone = Zone::default();
    zone.txt(NAME, &["here"]);
    let explained = [
        "www.shop.example has no A and no AAAA record",
        "Add an A or AAAA record for www.shop.example",
    ];
    validate(&zone)
        .await
        .refused(ErrorKind::Dns, &explained)
        .transient(false);
    validate(&Zone::default())
        .await
        .refused(ErrorKind::Dns, &["NXDOMAIN"])
        .transient(false);
    let zone = Zone::default();
    zone.fault(NAME, RecordType::A, Fault::Code(ResponseCode::ServFail));
    validate(&zone)
        .await
        .refused(ErrorKind::Dns, &["A records for www.shop.example", "SERVFAIL"])
        .transient(true);
    let zone = Zone::default();
    zone.fault(NAME, RecordType::A, Fault::Silent)
        .fault(NAME, RecordType::AAAA, Fault::Silent);
    validate(&zone)
        .await
        .refused(ErrorKind::Dns, &["did not answer in time"])
        .transient(true);
}

#[tokio::test]
async fn special_use_addresses_are_not_contacted() {
    for address in [
        "10.0.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "0.0.0.0",
        "224.0.0.1",
        "100.64.0.1",
    ] {
        let zone = Zone::default();
        zone.a(NAME, address);
        let attempt = validate(&zone).await;
        attempt
            .refused(
                ErrorKind::Connection,
                &["only addresses that this CA does not contact", address],
            )
            .transient(false);
        assert!(attempt.proof().contacted.is_empty());
        assert_eq!(attempt.proof().resolved.len(), 1);
    }
    for address in [
        "::ffff:127.0.0.1",
        "fe80::1",
        "fd00::1",
        "::",
        "64:ff9b::7f00:1",
        "2002:7f00:1::1",
    ] {
        let zone = Zone::default();
        zone.aaaa(NAME, address);
        validate(&zone)
            .await
            .refused(ErrorKind::Connection, &["does not contact"]);
    }
}

#[tokio::test]
async fn loopback_only_where_it_is_allowed() {
    let zone = Zone::default();
    zone.a(NAME, "127.0.0.1").aaaa(NAME, "::1");
    let attempt = validate_with(&zone, |config| {
        config.addresses.allow = vec![AddressClass::Private, AddressClass::Shared];
    });
    attempt
        .await
        .refused(ErrorKind::Connection, &["::1 (loopback), 127.0.0.1 (loopback)"]);
    let direct = {
        let mut config = config();
        config.addresses.allow.clear();
        Stage::start(config)
            .validate(ChallengeType::Http01, "127.0.0.1")
            .await
    };
    direct.refused(ErrorKind::Connection, &["127.0.0.1 (loopback)"]);
}

#[tokio::test]
async fn special_addresses_among_others_are_left_out() {
    let zone = Zone::default();
    zone.a(NAME, "10.0.0.1").a(NAME, "127.0.0.1");
    let attempt = validate(&zone).await;
    attempt.passed();
    assert_eq!(attempt.proof().contacted.len(), 1);
    assert_eq!(attempt.proof().resolved.len(), 2);
}

#[tokio::test]
async fn the_next_resolver_is_asked() {
    let (broken, good) = (Zone::default(), Zone::default());
    good.a(NAME, "127.0.0.1");
    broken.fault(NAME, RecordType::A, Fault::Code(ResponseCode::Refused));
    broken.fault(NAME, RecordType::AAAA, Fault::Silent);
    for kind in ["www.shop.example", "shop.example", "example"] {
        broken.fault(kind, RecordType::CAA, Fault::Silent);
    }
    let second = broken.serve().await;
    validate_with(&good, |config| config.dns.resolvers.push(second))
        .await
        .passed();
    // Nobody listens there.
    validate_with(&good, |config| {
        config.dns.resolvers.insert(0, "127.0.0.99:1".parse().unwrap());
    })
    .await
    .passed();
}

#[tokio::test]
async fn nothing_is_remembered_between_validations() {
    let zone = Zone::default();
    zone.a(NAME, "127.0.0.1");
    let server = HttpServer::start(|_| good()).await;
    let mut config = config();
    config.http_01.port = server.port;
    config.dns.resolvers = vec![zone.serve().await];
    let stage = Stage::start(config);
    for round in 1..=3 {
        stage.validate(ChallengeType::Http01, NAME).await.passed();
        assert_eq!(zone.queries().len(), 5 * round);
    }
}
