//! CAA, after a validation and alone.

use cairn_evidence::CaaVerdict;
use cairn_types::ErrorKind;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;

use crate::dns_server::{Fault, Zone};
use crate::http_server::{HttpServer, good};
use crate::stage::{ACCOUNT, Attempt, Stage, config};

const NAME: &str = "a.b.shop.example";

async fn stage(zone: &Zone) -> Stage {
    let mut config = config();
    config.dns.resolvers = vec![zone.serve().await];
    config.dns.timeout = std::time::Duration::from_millis(300);
    Stage::start(config)
}

async fn check(zone: &Zone) -> Attempt {
    stage(zone).await.check_caa(NAME, false).await
}

async fn check_wild(zone: &Zone) -> Attempt {
    stage(zone).await.check_caa(NAME, true).await
}

fn verdict(attempt: &Attempt) -> CaaVerdict {
    attempt.receipt.caa.as_ref().unwrap().verdict
}

#[tokio::test]
async fn no_records_anywhere_allow() {
    let zone = Zone::default();
    let attempt = check(&zone).await;
    attempt.passed();
    assert_eq!(verdict(&attempt), CaaVerdict::Allowed);
    assert_eq!(
        zone.queries(),
        [
            "udp CAA a.b.shop.example",
            "udp CAA b.shop.example",
            "udp CAA example",
            "udp CAA shop.example"
        ]
    );
}

#[tokio::test]
async fn the_closest_records_count() {
    let zone = Zone::default();
    zone.caa("shop.example", 0, "issue", "ca.example")
        .caa("example", 0, "issue", ";");
    let attempt = check(&zone).await;
    attempt.passed();
    let caa = attempt.receipt.caa.as_ref().unwrap();
    assert_eq!(caa.found_at.as_deref(), Some("shop.example"));
    assert_eq!(caa.records, ["0 issue \"ca.example\""]);
    zone.caa("b.shop.example", 0, "issue", "other.example");
    let attempt = check(&zone).await;
    attempt.refused(
        ErrorKind::Caa,
        &[
            "the CAA records of b.shop.example do not allow this CA to issue for a.b.shop.example",
            "found 0 issue \"other.example\"",
            "Add the record `b.shop.example. IN CAA 0 issue \"ca.example\"`",
        ],
    );
    attempt.transient(false);
    assert_eq!(verdict(&attempt), CaaVerdict::Forbidden);
    zone.caa(NAME, 0, "iodef", "mailto:ca@shop.example");
    check(&zone).await.passed();
}

#[tokio::test]
async fn wildcards() {
    let zone = Zone::default();
    zone.caa("shop.example", 0, "issue", "ca.example")
        .caa("shop.example", 0, "issuewild", ";");
    check(&zone).await.passed();
    check_wild(&zone).await.refused(
        ErrorKind::Caa,
        &["issue for *.a.b.shop.example", "0 issuewild \"ca.example\""],
    );
    let zone = Zone::default();
    zone.caa("shop.example", 0, "issue", ";")
        .caa("shop.example", 0, "issuewild", "ca.example");
    check(&zone)
        .await
        .refused(ErrorKind::Caa, &["they name other CAs, or none"]);
    check_wild(&zone).await.passed();
}

#[tokio::test]
async fn critical_properties_that_are_not_understood() {
    for flags in [128, 130, 255] {
        let zone = Zone::default();
        zone.caa(NAME, 0, "issue", "ca.example")
            .caa(NAME, flags, "tbs", "unknown");
        check(&zone).await.refused(
            ErrorKind::Caa,
            &["the property \"tbs\" is critical and not understood"],
        );
    }
    let zone = Zone::default();
    zone.caa(NAME, 0, "issue", "ca.example")
        .caa(NAME, 1, "tbs", "unknown");
    check(&zone).await.passed();
}

#[tokio::test]
async fn accounts_and_methods() {
    let uri = |uri: &str| format!("ca.example; accounturi={uri}");
    let methods = |list: &str| format!("ca.example; validationmethods={list}");
    for (value, refusal) in [
        (uri(ACCOUNT), None),
        (
            uri("https://ca.example/acme/account/2"),
            Some("they name another account (accounturi)"),
        ),
        (methods("http-01"), None),
        (
            methods("dns-01,tls-alpn-01"),
            Some("they do not list the method http-01 (validationmethods)"),
        ),
        (
            format!("{}; validationmethods=dns-01", uri(ACCOUNT)),
            Some("do not list the method"),
        ),
        (format!("{}; validationmethods=http-01", uri(ACCOUNT)), None),
    ] {
        let zone = Zone::default();
        zone.caa("shop.example", 0, "issue", &value);
        let attempt = check(&zone).await;
        match refusal {
            None => attempt.passed(),
            Some(why) => attempt.refused(ErrorKind::Caa, &[why]),
        };
    }
}

#[tokio::test]
async fn aliases_are_followed_and_not_climbed() {
    let zone = Zone::default();
    zone.cname(NAME, "target.elsewhere.example")
        .caa("target.elsewhere.example", 0, "issue", ";");
    check(&zone)
        .await
        .refused(ErrorKind::Caa, &["the CAA records of a.b.shop.example"]);
    // The parents of an alias' target do not matter.
    let zone = Zone::default();
    zone.cname(NAME, "target.elsewhere.example")
        .caa("elsewhere.example", 0, "issue", ";");
    zone.a("target.elsewhere.example", "127.0.0.1");
    check(&zone).await.passed();
    let zone = Zone::default();
    zone.cname("shop.example", "parent.elsewhere.example")
        .caa("parent.elsewhere.example", 0, "issue", ";");
    check(&zone)
        .await
        .refused(ErrorKind::Caa, &["the CAA records of shop.example"]);
}

#[tokio::test]
async fn failures_close() {
    for (fault, why, transient) in [
        (Fault::Code(ResponseCode::ServFail), "SERVFAIL", true),
        (Fault::Code(ResponseCode::Refused), "REFUSED", true),
        (Fault::Silent, "did not answer in time", true),
        (Fault::TruncatedAlways, "truncated", true),
        (Fault::Referral, "does not resolve recursively", false),
        (Fault::Garbage, "malformed", false),
    ] {
        for at in [NAME, "shop.example", "example"] {
            let zone = Zone::default();
            zone.a("below.a.b.shop.example", "127.0.0.1")
                .fault(at, RecordType::CAA, fault);
            let attempt = check(&zone).await;
            let named = format!("CAA records for {at} failed");
            attempt.refused(
                ErrorKind::Dns,
                &[why, &named, "nothing may be issued for a.b.shop.example"],
            );
            attempt.transient(transient);
            assert_eq!(verdict(&attempt), CaaVerdict::Failed);
        }
    }
}

#[tokio::test]
async fn failures_above_the_records_do_not_matter() {
    let zone = Zone::default();
    zone.caa("shop.example", 0, "issue", "ca.example");
    zone.fault("example", RecordType::CAA, Fault::Code(ResponseCode::ServFail));
    check(&zone).await.passed();
    zone.fault(
        "b.shop.example",
        RecordType::CAA,
        Fault::Code(ResponseCode::ServFail),
    );
    check(&zone).await.refused(ErrorKind::Dns, &["b.shop.example"]);
}

#[tokio::test]
async fn a_thousand_records_come_over_tcp() {
    let zone = Zone::default();
    (0..1000).for_each(|index| {
        zone.caa(NAME, 0, "issue", &format!("{index}.example"));
    });
    zone.fault(NAME, RecordType::CAA, Fault::Truncated);
    let attempt = check(&zone).await;
    attempt.refused(ErrorKind::Caa, &["they name other CAs"]);
    assert_eq!(attempt.receipt.caa.as_ref().unwrap().records.len(), 16);
    zone.caa(NAME, 0, "issue", "ca.example");
    check(&zone).await.passed();
}

#[tokio::test]
async fn after_a_validation() {
    let server = HttpServer::start(|_| good()).await;
    let zone = Zone::default();
    zone.a(NAME, "127.0.0.1")
        .caa("shop.example", 0, "issue", "other.example");
    let mut config = config();
    config.http_01.port = server.port;
    config.dns.resolvers = vec![zone.serve().await];
    let stage = Stage::start(config);
    let attempt = stage.validate(cairn_types::ChallengeType::Http01, NAME).await;
    attempt.refused(ErrorKind::Caa, &["the CAA records of shop.example"]);
    assert_eq!(verdict(&attempt), CaaVerdict::Forbidden);
    assert_eq!(attempt.proof().contacted.len(), 1);
    // A failed challenge does not come to CAA.
    let missing = stage
        .validate(cairn_types::ChallengeType::Http01, "other.shop.example")
        .await;
    assert_eq!(missing.receipt.caa, None);
}

#[tokio::test]
async fn without_a_resolver_only_local_names_are_excused() {
    let stage = Stage::start(config());
    let attempt = stage.check_caa("www.shop.test", false).await;
    attempt.passed();
    assert_eq!(verdict(&attempt), CaaVerdict::LocalName);
    let attempt = stage.check_caa("shop.example", false).await;
    attempt.refused(
        ErrorKind::Dns,
        &["no resolver is configured", "--resolver ADDR:PORT"],
    );
    assert_eq!(verdict(&attempt), CaaVerdict::Failed);
    let attempt = stage.check_caa("127.0.0.1", false).await;
    attempt.passed();
    assert_eq!(verdict(&attempt), CaaVerdict::NotApplicable);
}

#[tokio::test]
async fn with_a_resolver_local_names_are_looked_up() {
    let zone = Zone::default();
    zone.caa("shop.test", 0, "issue", "other.example");
    stage(&zone)
        .await
        .check_caa("www.shop.test", false)
        .await
        .refused(ErrorKind::Caa, &["records of shop.test"]);
}

#[tokio::test]
async fn without_identity_every_record_forbids() {
    let zone = Zone::default();
    zone.caa(NAME, 0, "issue", "ca.example");
    let mut config = config();
    config.caa.identities.clear();
    config.dns.resolvers = vec![zone.serve().await];
    let attempt = Stage::start(config).check_caa(NAME, false).await;
    attempt.refused(ErrorKind::Caa, &["no issuer domain name configured"]);
}
