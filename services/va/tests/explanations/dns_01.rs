//! dns-01.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cairn_types::ChallengeType;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;

use crate::dns_server::{Fault, Zone};
use crate::golden::Explanations;
use crate::stage::{KEY_AUTHORIZATION, Stage, config};

const RECORD: &str = "_acme-challenge.shop.example";
const OLD: &str = "gfj9Xq0RgZm1vT7bYt0uE6tKpQJ4uE0nH2b8L5mCzWw";

fn digest() -> String {
    URL_SAFE_NO_PAD.encode(openssl::sha::sha256(KEY_AUTHORIZATION.as_bytes()))
}

/// A zone in which the name exists.
fn zone() -> Zone {
    let zone = Zone::default();
    zone.a("shop.example", "127.0.0.1");
    zone
}

fn with_texts(texts: &[&str]) -> Zone {
    let zone = zone();
    for text in texts {
        zone.txt(RECORD, &[text]);
    }
    zone
}

fn misbehaving(fault: Fault) -> Zone {
    let zone = with_texts(&[&digest()]);
    zone.fault(RECORD, RecordType::TXT, fault);
    zone
}

fn aliased(links: &[(&str, &str)]) -> Zone {
    let zone = zone();
    for (from, to) in links {
        zone.cname(from, to);
    }
    zone
}

async fn add(told: &mut Explanations, fault: &str, zone: &Zone) {
    let server = zone.serve().await;
    let mut config = config();
    config.dns.resolvers = vec![server.clone()];
    config.dns.timeout = Duration::from_millis(150);
    let attempt = Stage::start(config)
        .validate(ChallengeType::Dns01, "shop.example")
        .await;
    told.add(fault, &[(server.address.port(), "DNS")], &attempt);
}

#[tokio::test]
async fn dns_01() {
    let mut told = Explanations::of("dns-01");
    let digest = digest();
    for (fault, zone) in [
        ("right", with_texts(&[&digest])),
        ("no such name", zone()),
        ("a name without TXT records", {
            let zone = zone();
            zone.a(RECORD, "127.0.0.1");
            zone
        }),
        ("the value of an earlier order", with_texts(&[OLD])),
        (
            "many values of earlier orders",
            with_texts(&[OLD, "1", "2", "3", "4", "5", "6", "7"]),
        ),
        (
            "the value in quotation marks",
            with_texts(&[&format!("\"{digest}\"")]),
        ),
        ("a space after the value", with_texts(&[&format!("{digest} ")])),
        (
            "the key authorization instead of its digest",
            with_texts(&[KEY_AUTHORIZATION]),
        ),
        ("the value cut off", with_texts(&[&digest[..30]])),
        ("an empty value", with_texts(&[""])),
        ("the value in lower case", with_texts(&[&digest.to_lowercase()])),
        ("another record of the same name", with_texts(&["v=spf1 -all"])),
        (
            "control characters in the value",
            with_texts(&["\u{202e}x\u{7}\r\n"]),
        ),
        ("the record at the name itself", {
            let zone = zone();
            zone.txt("shop.example", &[&digest]);
            zone
        }),
        ("the record with the domain twice", {
            let zone = zone();
            zone.txt("_acme-challenge.shop.example.shop.example", &[&digest]);
            zone
        }),
        (
            "an alias to nowhere",
            aliased(&[(RECORD, "shop.validation.example")]),
        ),
        ("an alias to a value of somebody else", {
            let zone = aliased(&[(RECORD, "shop.validation.example")]);
            zone.txt("shop.validation.example", &[OLD]);
            zone
        }),
        (
            "aliases in a circle",
            aliased(&[(RECORD, "a.example"), ("a.example", RECORD)]),
        ),
        ("SERVFAIL", misbehaving(Fault::Code(ResponseCode::ServFail))),
        ("REFUSED", misbehaving(Fault::Code(ResponseCode::Refused))),
        ("NOTIMP", misbehaving(Fault::Code(ResponseCode::NotImp))),
        ("no answer", misbehaving(Fault::Silent)),
        (
            "answers that are always truncated",
            misbehaving(Fault::TruncatedAlways),
        ),
        ("a malformed answer", misbehaving(Fault::Garbage)),
        ("a resolver that does not recurse", {
            let zone = zone();
            zone.a(RECORD, "127.0.0.1");
            zone.fault(RECORD, RecordType::TXT, Fault::Referral);
            zone
        }),
    ] {
        add(&mut told, fault, &zone).await;
    }
    let attempt = Stage::start(config())
        .validate(ChallengeType::Dns01, "shop.example")
        .await;
    told.add("no resolver", &[], &attempt);
    told.compare();
}
