//! dns-01.

use cairn_types::{ChallengeType, ErrorKind};
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;

use crate::dns_server::{Fault, Zone};
use crate::stage::{Attempt, KEY_AUTHORIZATION, Stage, config};

const RECORD: &str = "_acme-challenge.shop.example";

fn digest() -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .encode(openssl::sha::sha256(KEY_AUTHORIZATION.as_bytes()))
}

async fn stage(zone: &Zone) -> Stage {
    let mut config = config();
    config.dns.resolvers = vec![zone.serve().await];
    config.dns.timeout = std::time::Duration::from_millis(300);
    Stage::start(config)
}

async fn validate(zone: &Zone) -> Attempt {
    stage(zone)
        .await
        .validate(ChallengeType::Dns01, "shop.example")
        .await
}

#[tokio::test]
async fn the_digest_passes() {
    let zone = Zone::default();
    zone.txt(RECORD, &[&digest()]);
    let attempt = validate(&zone).await;
    attempt.passed();
    let matched = format!("{RECORD} TXT \"{}\"", digest());
    assert_eq!(attempt.proof().matched, Some(matched));
    assert!(attempt.receipt.resolver.starts_with("127.0.0.1:"));
    assert!(attempt.proof().contacted.is_empty());
}

#[tokio::test]
async fn any_record_in_any_pieces_passes() {
    let zone = Zone::default();
    let (digest, other) = (digest(), "x".repeat(43));
    zone.txt(RECORD, &["v=spf1 -all"])
        .txt(RECORD, &[&digest[..10], &digest[10..]])
        .txt(RECORD, &[&other]);
    validate(&zone).await.passed();
}

#[tokio::test]
async fn an_alias_is_followed() {
    let zone = Zone::default();
    zone.cname(RECORD, "shop.acme-dns.example")
        .txt("shop.acme-dns.example", &[&digest()]);
    validate(&zone).await.passed();
    zone.fault(RECORD, RecordType::TXT, Fault::AliasOnly);
    validate(&zone).await.passed();
}

#[tokio::test]
async fn wildcards_are_proved_at_the_same_name() {
    let zone = Zone::default();
    zone.txt(RECORD, &[&digest()]);
    let attempt = stage(&zone)
        .await
        .try_validate(ChallengeType::Dns01, "shop.example", true)
        .await
        .unwrap();
    attempt.passed();
    assert!(attempt.receipt.wildcard);
}

#[tokio::test]
async fn names_of_the_local_rule_are_looked_up_too() {
    let zone = Zone::default();
    zone.txt("_acme-challenge.shop.test", &[&digest()]);
    stage(&zone)
        .await
        .validate(ChallengeType::Dns01, "shop.test")
        .await
        .passed();
    let queries = zone.queries();
    assert_eq!(
        queries,
        [
            "udp CAA shop.test",
            "udp CAA test",
            "udp TXT _acme-challenge.shop.test"
        ]
    );
}

#[tokio::test]
async fn wrong_records_are_shown_beside_the_right_one() {
    let zone = Zone::default();
    let digest = digest();
    let add = format!("Add the record `{RECORD}. IN TXT \"{digest}\"`");
    for text in [
        KEY_AUTHORIZATION,
        "",
        &digest.to_uppercase(),
        &format!("{digest} "),
        &format!("\"{digest}\""),
    ] {
        let zone = Zone::default();
        zone.txt(RECORD, &[text]);
        validate(&zone).await.refused(
            ErrorKind::Unauthorized,
            &["no TXT record of _acme-challenge.shop.example has", &add],
        );
    }
    zone.txt(RECORD, &["evil\r\n\u{7}"]);
    (0..9).for_each(|index| {
        zone.txt(RECORD, &[&format!("number {index}")]);
    });
    let shown =
        "found \"evil\\r\\n\\u{7}\", \"number 0\", \"number 1\", \"number 2\", \"number 3\" and 5 more";
    validate(&zone)
        .await
        .refused(ErrorKind::Unauthorized, &[shown])
        .transient(false);
}

#[tokio::test]
async fn the_digest_elsewhere_does_not_pass() {
    for name in [
        "shop.example",
        "_acme-challenge.www.shop.example",
        "_acme-challenge.example",
    ] {
        let zone = Zone::default();
        zone.txt(name, &[&digest()]);
        validate(&zone)
            .await
            .refused(ErrorKind::Dns, &["NXDOMAIN"])
            .transient(false);
    }
}

#[tokio::test]
async fn no_record_and_no_name_are_told_apart() {
    let zone = Zone::default();
    zone.a(RECORD, "127.0.0.1");
    validate(&zone).await.refused(
        ErrorKind::Unauthorized,
        &["_acme-challenge.shop.example has no TXT record"],
    );
    let empty = Zone::default();
    validate(&empty).await.refused(
        ErrorKind::Dns,
        &["NXDOMAIN (the name does not exist)", "Add the record `_acme"],
    );
}

#[tokio::test]
async fn failing_servers_are_transient() {
    for (fault, why) in [
        (Fault::Code(ResponseCode::ServFail), "SERVFAIL"),
        (Fault::Code(ResponseCode::Refused), "REFUSED"),
        (Fault::Code(ResponseCode::NotImp), "response code 4"),
        (Fault::Silent, "did not answer in time"),
        (Fault::TruncatedAlways, "truncated, over TCP too"),
    ] {
        let zone = Zone::default();
        zone.txt(RECORD, &[&digest()])
            .fault(RECORD, RecordType::TXT, fault);
        validate(&zone)
            .await
            .refused(ErrorKind::Dns, &[why])
            .transient(true);
    }
    let zone = Zone::default();
    zone.txt(RECORD, &[&digest()])
        .fault(RECORD, RecordType::TXT, Fault::Garbage);
    validate(&zone)
        .await
        .refused(ErrorKind::Dns, &["malformed"])
        .transient(false);
}

#[tokio::test]
async fn a_server_that_recovers_is_asked_again() {
    let zone = Zone::default();
    zone.txt(RECORD, &[&digest()])
        .fault(RECORD, RecordType::TXT, Fault::ServFailOnce);
    validate(&zone).await.passed();
}

#[tokio::test]
async fn truncated_answers_come_over_tcp() {
    let zone = Zone::default();
    zone.txt(RECORD, &[&digest()])
        .fault(RECORD, RecordType::TXT, Fault::Truncated);
    (0..200).for_each(|index| {
        zone.txt(RECORD, &[&format!("{index:0>200}")]);
    });
    validate(&zone).await.passed();
    let expected = [format!("tcp TXT {RECORD}"), format!("udp TXT {RECORD}")];
    assert!(
        expected.iter().all(|query| zone.queries().contains(query)),
        "{:?}",
        zone.queries()
    );
}

#[tokio::test]
async fn an_answer_in_another_case_is_confirmed_over_tcp() {
    let zone = Zone::default();
    zone.txt(RECORD, &[&digest()])
        .fault(RECORD, RecordType::TXT, Fault::LowerCase);
    validate(&zone).await.passed();
    assert!(
        zone.queries().contains(&format!("tcp TXT {RECORD}")),
        "{:?}",
        zone.queries()
    );
}

#[tokio::test]
async fn aliases_in_a_circle() {
    let zone = Zone::default();
    zone.cname(RECORD, "a.example")
        .cname("a.example", "b.example")
        .cname("b.example", "a.example");
    validate(&zone)
        .await
        .refused(ErrorKind::Dns, &["aliases (CNAME)"])
        .transient(false);
}

#[tokio::test]
async fn without_a_resolver() {
    for name in ["shop.test", "shop.example"] {
        Stage::start(config())
            .validate(ChallengeType::Dns01, name)
            .await
            .refused(
                ErrorKind::Dns,
                &[
                    "no resolver is configured",
                    "--resolver ADDR:PORT",
                    "section [dns]",
                ],
            )
            .transient(false);
    }
}
