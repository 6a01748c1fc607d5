//! Looking up addresses, for http-01.

use std::time::Duration;

use cairn_types::ChallengeType;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;

use crate::dns_server::{Fault, Zone};
use crate::golden::Explanations;
use crate::stage::{Stage, config};

const NAME: &str = "www.shop.example";

fn misbehaving(fault: Fault) -> Zone {
    let zone = Zone::default();
    zone.a(NAME, "127.0.0.1")
        .fault(NAME, RecordType::A, fault)
        .fault(NAME, RecordType::AAAA, fault);
    zone
}

#[tokio::test]
async fn lookups() {
    let mut told = Explanations::of("lookups");
    for (fault, zone) in [
        ("no such name", Zone::default()),
        ("a name without addresses", {
            let zone = Zone::default();
            zone.txt(NAME, &["hello"]);
            zone
        }),
        ("an alias to nowhere", {
            let zone = Zone::default();
            zone.cname(NAME, "shop.hosting.example");
            zone
        }),
        ("aliases in a circle", {
            let zone = Zone::default();
            zone.cname(NAME, "shop.example").cname("shop.example", NAME);
            zone
        }),
        ("SERVFAIL", misbehaving(Fault::Code(ResponseCode::ServFail))),
        ("REFUSED", misbehaving(Fault::Code(ResponseCode::Refused))),
        ("no answer", misbehaving(Fault::Silent)),
        ("a malformed answer", misbehaving(Fault::Garbage)),
        ("no address, and no answer about IPv6", {
            let zone = Zone::default();
            zone.txt(NAME, &["hello"])
                .fault(NAME, RecordType::AAAA, Fault::Code(ResponseCode::ServFail));
            zone
        }),
    ] {
        let server = zone.serve().await;
        let mut config = config();
        config.dns.resolvers = vec![server.clone()];
        config.dns.timeout = Duration::from_millis(150);
        let attempt = Stage::start(config).validate(ChallengeType::Http01, NAME).await;
        told.add(fault, &[(server.address.port(), "DNS")], &attempt);
    }
    let attempt = Stage::start(config()).validate(ChallengeType::Http01, NAME).await;
    told.add("no resolver", &[], &attempt);
    told.compare();
}
