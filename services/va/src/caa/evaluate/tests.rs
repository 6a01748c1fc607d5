use hickory_proto::rr::rdata::CAA;

use super::*;

const ACCOUNT: &str = "https://ca.example/acme/account/1";

/// Flags, tag and value of each record.
type Set = &'static [(u8, &'static str, &'static str)];

fn record(flags: u8, tag: &str, value: &str) -> CAA {
    let mut record = CAA::new_issue(flags & 0x80 != 0, None, Vec::new());
    record.reserved_flags = flags & 0x7f;
    tag.clone_into(&mut record.tag);
    record.value = value.as_bytes().to_vec();
    record
}

fn check(records: &[(u8, &str, &str)], wildcard: bool) -> Result<(), Forbidden> {
    let records: Vec<_> = records
        .iter()
        .map(|(flags, tag, value)| record(*flags, tag, value))
        .collect();
    let asker = Asker {
        identities: &["ca.example".to_owned(), "ca2.example".to_owned()],
        wildcard,
        method: ChallengeType::Http01,
        account_uri: ACCOUNT,
    };
    evaluate(&records, &asker)
}

#[test]
fn allowed() {
    let sets: &[(Set, bool)] = &[
        (&[(0, "issue", "ca.example")], false),
        (&[(0, "issue", "CA.EXAMPLE")], false),
        (&[(0, "IsSuE", "ca2.example")], false),
        (
            &[(0, "issue", "other.example"), (0, "issue", "ca.example")],
            false,
        ),
        (&[(0, "issue", ";"), (0, "issue", "ca.example")], false),
        (&[(0, "iodef", "mailto:a@b.example")], false),
        (&[(128, "iodef", "mailto:a@b.example")], false),
        (&[(128, "issue", "ca.example")], false),
        (&[(128, "issuemail", ";"), (128, "issuevmc", ";")], false),
        (&[(0, "unknown", "x")], false),
        (&[(1, "unknown", "x")], false),
        (&[(0, "issuewild", ";")], false),
        (
            &[(0, "issuewild", "other.example"), (0, "issue", "ca.example")],
            false,
        ),
        (&[(0, "issue", "ca.example")], true),
        (&[(0, "issue", ";"), (0, "issuewild", "ca.example")], true),
        (&[(0, "issue", "ca.example; unknown=1")], false),
        (
            &[(
                0,
                "issue",
                "ca.example; accounturi=https://ca.example/acme/account/1",
            )],
            false,
        ),
        (
            &[(
                0,
                "issue",
                "ca.example; AccountURI=https://ca.example/acme/account/1",
            )],
            false,
        ),
        (&[(0, "issue", "ca.example; validationmethods=http-01")], false),
        (
            &[(0, "issue", "ca.example; validationmethods=dns-01,http-01")],
            false,
        ),
        (
            &[
                (0, "issue", "ca.example; accounturi=https://x.example/"),
                (0, "issue", "ca.example"),
            ],
            false,
        ),
        (&[], false),
    ];
    for (records, wildcard) in sets {
        assert_eq!(check(records, *wildcard), Ok(()), "{records:?} {wildcard}");
    }
}

#[test]
fn forbidden() {
    use Forbidden::{Critical, OtherIssuer};
    let sets: &[(Set, bool, Forbidden)] = &[
        (&[(0, "issue", ";")], false, OtherIssuer),
        (&[(0, "issue", "")], false, OtherIssuer),
        (&[(0, "issue", "other.example")], false, OtherIssuer),
        (&[(0, "issue", "ca.example.org")], false, OtherIssuer),
        (&[(0, "issue", "example")], false, OtherIssuer),
        (&[(0, "issue", "%%%%%")], false, OtherIssuer),
        (&[(0, "issue", "ca.example; a")], false, OtherIssuer),
        (&[(0, "issue", ";")], true, OtherIssuer),
        (&[(0, "issuewild", ";")], true, OtherIssuer),
        (
            &[(0, "issue", "ca.example"), (0, "issuewild", ";")],
            true,
            OtherIssuer,
        ),
        (
            &[(0, "issuewild", "ca.example"), (0, "issue", ";")],
            false,
            OtherIssuer,
        ),
        (
            &[(128, "tbs", "x"), (0, "issue", "ca.example")],
            false,
            Critical("tbs".into()),
        ),
        (
            &[(130, "tbs", "x"), (0, "issue", "ca.example")],
            false,
            Critical("tbs".into()),
        ),
        (&[(255, "issuex", "x")], true, Critical("issuex".into())),
    ];
    for (records, wildcard, why) in sets {
        assert_eq!(
            check(records, *wildcard),
            Err(why.clone()),
            "{records:?} {wildcard}"
        );
    }
}

#[test]
fn conditions_that_are_not_met() {
    use Forbidden::{Account, Method, Parameters};
    let method = Method(ChallengeType::Http01);
    for (conditions, why) in [
        ("accounturi=https://ca.example/acme/account/2", &Account),
        ("accounturi=https://ca.example/acme/account/1/", &Account),
        ("accounturi=/acme/account/1", &Account),
        (
            "accounturi=https://ca.example/acme/account/1; accounturi=https://ca.example/acme/account/1",
            &Parameters,
        ),
        ("validationmethods=dns-01", &method),
        ("validationmethods=HTTP-01", &method),
        ("validationmethods=", &Parameters),
        ("validationmethods=http-01,", &Parameters),
        ("validationmethods=http_01,http-01", &Parameters),
        (
            "validationmethods=http-01; validationmethods=http-01",
            &Parameters,
        ),
    ] {
        let value = format!("ca.example; {conditions}");
        assert_eq!(check(&[(0, "issue", &value)], false), Err(why.clone()), "{value}");
    }
}

#[test]
fn without_identity_nothing_is_allowed() {
    let asker = Asker {
        identities: &[],
        wildcard: false,
        method: ChallengeType::Http01,
        account_uri: ACCOUNT,
    };
    assert_eq!(
        evaluate(&[record(0, "issue", "ca.example")], &asker),
        Err(Forbidden::OtherIssuer)
    );
    assert_eq!(
        evaluate(&[record(0, "issue", ";")], &asker),
        Err(Forbidden::OtherIssuer)
    );
}
