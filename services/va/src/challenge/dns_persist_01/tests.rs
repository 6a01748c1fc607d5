//! Which records prove control for whom.

use cairn_types::{Identifier, Thumbprint, Token};

use super::*;

const URI: &str = "https://ca.example/acme/account/1";
const NOW: Timestamp = Timestamp::from_secs(1_000);

struct At;

impl Clock for At {
    fn now(&self) -> Timestamp {
        NOW
    }
}

fn settings(draft: Draft) -> PersistSettings {
    PersistSettings {
        draft,
        issuers: vec!["ca.example".to_owned(), "ca.test".to_owned()],
        account_hash_prefix: "https://ca.example/a/".to_owned(),
        clock: Arc::new(At),
    }
}

fn accounts(settings: &PersistSettings, name: &str) -> Vec<String> {
    let identifier = Identifier::parse("dns", name).unwrap();
    let token: Token = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA".parse().unwrap();
    let claim = Claim {
        identifier: &identifier,
        wildcard: false,
        token: &token,
        thumbprint: Thumbprint([7; 32]),
        account_uri: URI,
    };
    settings.account_uris(&claim, name)
}

fn judge(text: &str, wildcard: bool) -> Result<Record, Fault> {
    let settings = settings(Draft::V01);
    settings.judge(text.as_bytes(), &accounts(&settings, "a.example"), wildcard, NOW)
}

#[test]
fn records_that_prove_control() {
    for (text, wildcard) in [
        (format!("ca.example; accounturi={URI}"), false),
        (format!("CA.Test; accounturi={URI}"), false),
        (format!("ca.example; accounturi={URI}; policy=wildcard"), false),
        (format!("ca.example; accounturi={URI}; policy=wildcard"), true),
        (format!("ca.example; accounturi={URI}; persistUntil=1000"), false),
    ] {
        assert!(judge(&text, wildcard).is_ok(), "{text}");
    }
}

#[test]
fn records_that_do_not() {
    let expired = Fault::Expired(Timestamp::from_secs(999));
    for (text, wildcard, fault) in [
        (
            format!("other.example; accounturi={URI}"),
            false,
            Fault::OtherIssuer,
        ),
        (
            format!("x.ca.example; accounturi={URI}"),
            false,
            Fault::OtherIssuer,
        ),
        (
            format!("ca.example.; accounturi={URI}"),
            false,
            Fault::OtherIssuer,
        ),
        ("v=spf1 -all".to_owned(), false, Fault::OtherIssuer),
        (
            format!("ca.example; accounturi={URI}/"),
            false,
            Fault::OtherAccount,
        ),
        (
            format!("ca.example; accounturi={URI}2"),
            false,
            Fault::OtherAccount,
        ),
        (
            format!("ca.example; accounturi={}", URI.to_uppercase()),
            false,
            Fault::OtherAccount,
        ),
        (format!("ca.example; accounturi={URI}"), true, Fault::NoWildcard),
        (
            format!("ca.example; accounturi={URI}; persistUntil=999"),
            false,
            expired.clone(),
        ),
        (
            format!("ca.example; accounturi={URI}; persistUntil=999; policy=wildcard"),
            true,
            expired,
        ),
    ] {
        assert_eq!(judge(&text, wildcard), Err(fault), "{text}");
    }
    let Err(Fault::Malformed(why)) = judge(&format!("ca.example; accounturi={URI}; accounturi={URI}"), false)
    else {
        panic!("a duplicate is malformed");
    };
    assert!(why.contains("accounturi is there more than once"), "{why}");
}

#[test]
fn hashes_name_account_key_and_name() {
    let settings = settings(Draft::V02);
    let uris = accounts(&settings, "a.example");
    assert_eq!(uris.len(), 2, "for the name and for any");
    assert_ne!(uris[0], accounts(&settings, "b.example")[0]);
    assert_eq!(uris[1], accounts(&settings, "b.example")[1]);
    for uri in &uris {
        let text = format!("ca.example; accounturi={uri}");
        assert!(settings.judge(text.as_bytes(), &uris, false, NOW).is_ok());
    }
    let by_url = format!("ca.example; accounturi={URI}");
    assert_eq!(
        settings.judge(by_url.as_bytes(), &uris, false, NOW),
        Err(Fault::OtherAccount),
        "draft -02 does not have the bare URL"
    );
}

#[test]
fn the_closest_record_is_explained() {
    let mut faults = [
        Fault::Expired(NOW),
        Fault::OtherIssuer,
        Fault::NoWildcard,
        Fault::Malformed(String::new()),
        Fault::OtherAccount,
    ];
    faults.sort();
    assert_eq!(faults[0], Fault::OtherIssuer);
    assert_eq!(faults[4], Fault::Expired(NOW));
}
