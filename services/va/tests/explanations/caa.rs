//! CAA, checked alone.

use std::time::Duration;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;

use crate::dns_server::{Fault, Zone};
use crate::golden::Explanations;
use crate::stage::{Stage, config};

const NAME: &str = "www.shop.example";

/// A zone with these CAA records at `shop.example`.
fn records(records: &[(u8, &str, &str)]) -> Zone {
    let zone = Zone::default();
    zone.a(NAME, "127.0.0.1");
    for (flags, tag, value) in records {
        zone.caa("shop.example", *flags, tag, value);
    }
    zone
}

fn issue(value: &str) -> Zone {
    records(&[(0, "issue", value)])
}

fn misbehaving(fault: Fault) -> Zone {
    let zone = issue("ca.example");
    zone.fault("shop.example", RecordType::CAA, fault);
    zone
}

async fn add(told: &mut Explanations, fault: &str, zone: &Zone, (wildcard, known): (bool, bool)) {
    let server = zone.serve().await;
    let mut config = config();
    config.dns.resolvers = vec![server.clone()];
    config.dns.timeout = Duration::from_millis(150);
    if !known {
        config.caa.identities.clear();
    }
    let attempt = Stage::start(config).check_caa(NAME, wildcard).await;
    told.add(fault, &[(server.address.port(), "DNS")], &attempt);
}

#[tokio::test]
async fn caa() {
    let mut told = Explanations::of("caa");
    for (fault, zone) in [
        ("right", issue("ca.example")),
        ("no records", records(&[])),
        ("nobody may issue", issue(";")),
        ("another CA", issue("other.example")),
        (
            "two other CAs, and a contact",
            records(&[
                (0, "issue", "other.example"),
                (0, "issue", "third.example"),
                (0, "iodef", "mailto:security@shop.example"),
            ]),
        ),
        ("the CA with https:// before it", issue("https://ca.example")),
        (
            "another account",
            issue("ca.example; accounturi=https://ca.example/acme/account/2"),
        ),
        ("another method", issue("ca.example; validationmethods=dns-01")),
        (
            "another account, and another method",
            issue("ca.example; accounturi=https://ca.example/acme/account/2; validationmethods=dns-01"),
        ),
        (
            "a parameter twice",
            issue("ca.example; accounturi=a; accounturi=b"),
        ),
        ("a malformed value", issue("ca.example policy=ev")),
        (
            "a critical property that is unknown",
            records(&[(0, "issue", "ca.example"), (128, "tbs", "unknown")]),
        ),
        (
            "characters that must not act",
            issue("\u{202e}other.example\u{7}"),
        ),
        ("SERVFAIL", misbehaving(Fault::Code(ResponseCode::ServFail))),
        ("NOTIMP", misbehaving(Fault::Code(ResponseCode::NotImp))),
        ("no answer", misbehaving(Fault::Silent)),
        ("a malformed answer", misbehaving(Fault::Garbage)),
        (
            "answers that are always truncated",
            misbehaving(Fault::TruncatedAlways),
        ),
        ("aliases in a circle", {
            let zone = records(&[]);
            zone.cname("shop.example", "a.example")
                .cname("a.example", "shop.example");
            zone
        }),
    ] {
        add(&mut told, fault, &zone, (false, true)).await;
    }
    for (fault, zone) in [
        (
            "a wildcard, which another CA may issue",
            records(&[(0, "issue", "ca.example"), (0, "issuewild", "other.example")]),
        ),
        (
            "a wildcard, which nobody may issue",
            records(&[(0, "issue", "ca.example"), (0, "issuewild", ";")]),
        ),
        ("a wildcard, and another CA", issue("other.example")),
    ] {
        add(&mut told, fault, &zone, (true, true)).await;
    }
    add(
        &mut told,
        "a CA without a name",
        &issue("ca.example"),
        (false, false),
    )
    .await;
    told.compare();
}
