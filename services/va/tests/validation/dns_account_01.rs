//! dns-account-01.

use cairn_acme::{dns_account01_name, dns01_record};
use cairn_types::{ChallengeType, ErrorKind};

use crate::dns_server::Zone;
use crate::stage::{ACCOUNT, Attempt, Stage, THUMBPRINT, TOKEN, config};

const NAME: &str = "shop.example";

fn digest() -> String {
    dns01_record(&TOKEN.parse().unwrap(), &THUMBPRINT)
}

async fn validate(zone: &Zone, wildcard: bool) -> Attempt {
    let mut config = config();
    config.dns.resolvers = vec![zone.serve().await];
    Stage::start(config)
        .try_validate(ChallengeType::DnsAccount01, NAME, wildcard)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_digest_at_the_accounts_own_name_passes() {
    let record = dns_account01_name(ACCOUNT, NAME);
    for wildcard in [false, true] {
        let zone = Zone::default();
        zone.txt(&record, &[&digest()]);
        let attempt = validate(&zone, wildcard).await;
        let matched = format!("{record} TXT \"{}\"", digest());
        assert_eq!(attempt.passed().proof().matched, Some(matched));
        assert!(zone.queries().contains(&format!("udp TXT {record}")));
    }
}

#[tokio::test]
async fn an_alias_is_followed() {
    let zone = Zone::default();
    zone.cname(&dns_account01_name(ACCOUNT, NAME), "elsewhere.example")
        .txt("elsewhere.example", &[&digest()]);
    validate(&zone, false).await.passed();
}

/// What is proved is control over this name by this account: a record for another name or account, or for another
/// method, proves nothing.
#[tokio::test]
async fn the_digest_elsewhere_does_not_pass() {
    let record = dns_account01_name(ACCOUNT, NAME);
    for other in [
        format!("_acme-challenge.{NAME}"),
        dns_account01_name("https://ca.example/acme/account/2", NAME),
        dns_account01_name("https://ca.example/acme/account/1/", NAME),
        dns_account01_name(ACCOUNT, "www.shop.example"),
        dns_account01_name(ACCOUNT, "example"),
        format!("*.{NAME}"),
    ] {
        let zone = Zone::default();
        zone.txt(&other, &[&digest()]);
        let attempt = validate(&zone, false).await;
        attempt.refused(ErrorKind::Dns, &[&format!("Add the record `{record}. IN TXT")]);
        assert_eq!(attempt.proof().matched, None, "{other}");
    }
}

#[tokio::test]
async fn another_value_does_not_pass() {
    let record = dns_account01_name(ACCOUNT, NAME);
    let zone = Zone::default();
    zone.txt(&record, &["something else"]);
    validate(&zone, false)
        .await
        .refused(ErrorKind::Unauthorized, &[&record, "something else", &digest()])
        .transient(false);
}
