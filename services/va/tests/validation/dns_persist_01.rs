//! dns-persist-01, in both drafts.

use cairn_acme::persist::{ANY_NAME, Draft, Settings, account_hash};
use cairn_types::{ChallengeType, Clock, Duration, ErrorKind, Timestamp};

use crate::dns_server::Zone;
use crate::stage::{ACCOUNT, Attempt, Stage, THUMBPRINT, config};

const NAME: &str = "shop.example";
const RECORD: &str = "_validation-persist.shop.example";
const PREFIX: &str = "https://ca.example/account-hash/";

async fn validate(zone: &Zone, draft: Draft, wildcard: bool) -> Attempt {
    let mut config = config();
    config.dns.resolvers = vec![zone.serve().await];
    config.dns_persist_01 = Settings {
        draft,
        account_hash_prefix: Some(PREFIX.to_owned()),
        ..Settings::default()
    };
    Stage::start(config)
        .try_validate(ChallengeType::DnsPersist01, NAME, wildcard)
        .await
        .unwrap()
}

async fn with(record: &str, wildcard: bool) -> Attempt {
    let zone = Zone::default();
    zone.txt(RECORD, &[record]);
    validate(&zone, Draft::V01, wildcard).await
}

fn in_seconds(seconds: u64) -> Timestamp {
    (cairn_kit::SystemClock.now() + Duration::from_secs(seconds)).floor_secs()
}

#[tokio::test]
async fn a_record_for_this_account_passes() {
    let record = format!("ca.example; accounturi={ACCOUNT}");
    let attempt = with(&record, false).await;
    let proof = attempt.passed().proof();
    assert_eq!(proof.matched, Some(format!("{RECORD} TXT \"{record}\"")));
    assert_eq!((proof.valid_until, attempt.outcome.valid_until), (None, None));
    with(&format!("{record}; policy=wildcard"), true).await.passed();
    with(&format!("{record}; policy=wildcard; unknown=x"), false)
        .await
        .passed();
}

#[tokio::test]
async fn the_end_of_a_record_is_told() {
    let (soon, later) = (in_seconds(1000), in_seconds(2000));
    let zone = Zone::default();
    for until in [later, soon] {
        let text = format!(
            "ca.example; accounturi={ACCOUNT}; persistUntil={}",
            until.as_secs()
        );
        zone.txt(RECORD, &[&text]);
    }
    let attempt = validate(&zone, Draft::V01, false).await;
    attempt.passed();
    assert_eq!(
        attempt.outcome.valid_until,
        Some(later),
        "the record that is good for longest"
    );
    assert_eq!(
        attempt.proof().valid_until,
        Some(later),
        "and so does the receipt"
    );
}

#[tokio::test]
async fn a_record_among_others_in_pieces_and_behind_an_alias_passes() {
    let zone = Zone::default();
    zone.cname(RECORD, "elsewhere.example")
        .txt("elsewhere.example", &["other.example; what=ever;;"])
        .txt("elsewhere.example", &["ca.example; accounturi"])
        .txt("elsewhere.example", &["ca.example; ", "accounturi=", ACCOUNT]);
    validate(&zone, Draft::V01, false).await.passed();
}

#[tokio::test]
async fn hashes_pass_in_the_second_draft_alone() {
    for name in [NAME, ANY_NAME] {
        let hash = account_hash(PREFIX, name, &THUMBPRINT, ACCOUNT).unwrap();
        for (draft, passes) in [(Draft::V01, false), (Draft::V02, true)] {
            let zone = Zone::default();
            zone.txt(RECORD, &[&format!("ca.example; accounturi={hash}")]);
            let attempt = validate(&zone, draft, false).await;
            assert_eq!(attempt.outcome.problem.is_none(), passes, "{draft:?} {name}");
        }
    }
    let other = account_hash(PREFIX, "other.example", &THUMBPRINT, ACCOUNT).unwrap();
    let zone = Zone::default();
    zone.txt(RECORD, &[&format!("ca.example; accounturi={other}")]);
    validate(&zone, Draft::V02, false)
        .await
        .refused(ErrorKind::Unauthorized, &["names the account", PREFIX]);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_what_would_pass() {
    let good = format!("ca.example; accounturi={ACCOUNT}");
    let past = in_seconds(0) - Duration::from_secs(60);
    for (record, wildcard, kind, said) in [
        (
            format!("other.example; accounturi={ACCOUNT}"),
            false,
            ErrorKind::Unauthorized,
            "names this CA",
        ),
        (
            format!("{good}2"),
            false,
            ErrorKind::Unauthorized,
            "names the account",
        ),
        (good.clone(), true, ErrorKind::Unauthorized, "policy=wildcard"),
        (
            format!("{good}; persistUntil={}", past.as_secs()),
            false,
            ErrorKind::Unauthorized,
            "was good until",
        ),
        (
            format!("{good}; accounturi={ACCOUNT}"),
            false,
            ErrorKind::Malformed,
            "accounturi is there more than once",
        ),
        (
            format!("{good}; policy"),
            false,
            ErrorKind::Malformed,
            "parameter 2 is not of the form tag=value",
        ),
        (
            format!("{good}; persistUntil=never"),
            false,
            ErrorKind::Malformed,
            "persistUntil is not a number",
        ),
        (
            "ca.example".to_owned(),
            false,
            ErrorKind::Malformed,
            "no parameter accounturi",
        ),
    ] {
        let attempt = with(&record, wildcard).await;
        let remedy = format!("Add the record `{RECORD}. IN TXT \"{good}");
        attempt.refused(kind, &[said, &remedy]).transient(false);
        assert_eq!(attempt.proof().matched, None);
        assert_eq!(attempt.outcome.valid_until, None);
    }
}

/// Control over another name, be it above or below, is not control over this one.
#[tokio::test]
async fn a_record_elsewhere_does_not_pass() {
    let record = format!("ca.example; accounturi={ACCOUNT}; policy=wildcard");
    for name in [
        NAME,
        "_acme-challenge.shop.example",
        "_validation-persist.example",
        "_validation-persist.www.shop.example",
    ] {
        let zone = Zone::default();
        zone.txt(name, &[&record]);
        let attempt = validate(&zone, Draft::V01, false).await;
        attempt.refused(
            ErrorKind::Dns,
            &["NXDOMAIN", &format!("Add the record `{RECORD}.")],
        );
    }
}
