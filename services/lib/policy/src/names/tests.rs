use proptest::prelude::*;

use super::*;

fn policy(text: &str) -> NamePolicy {
    toml::from_str(text).unwrap()
}

fn issues(policy: &NamePolicy, value: &str) -> bool {
    let kind = if value.parse::<IpAddr>().is_ok() {
        "ip"
    } else {
        "dns"
    };
    policy
        .willing_to_issue(&Identifier::parse(kind, value).unwrap())
        .is_ok()
}

#[test]
fn the_local_stack_issues_for_any_name_and_loopback() {
    let policy = policy("domains = 'any'\naddresses = ['127.0.0.0/8', '::1/128']");
    for value in [
        "localhost",
        "a.test",
        "*.a.test",
        "*.test",
        "example.com",
        "com",
        "127.0.0.1",
        "::1",
    ] {
        assert!(issues(&policy, value), "{value}");
    }
    for value in ["*.com", "*.co.uk", "10.0.0.1", "8.8.8.8", "::2"] {
        assert!(!issues(&policy, value), "{value}");
    }
}

#[test]
fn a_public_ca_issues_for_public_names_and_addresses() {
    let policy = policy("domains = 'public'\naddresses = 'public'");
    for value in [
        "letsencrypt.org",
        "*.letsencrypt.org",
        "a.b.co.uk",
        "*.github.io",
        "8.8.8.8",
        "2001:4860:4860::8888",
    ] {
        assert!(issues(&policy, value), "{value}");
    }
    for value in [
        "com",
        "co.uk",
        "*.co.uk",
        "localhost",
        "a.internal",
        "www.example.com",
        "a.onion",
        "1.0.0.127.in-addr.arpa",
        "corp.local",
        "127.0.0.1",
        "2001:db8::1",
    ] {
        assert!(!issues(&policy, value), "{value}");
    }
}

#[test]
fn an_enterprise_issues_under_its_domains() {
    let policy = policy("domains = ['corp.example', 'internal']\nwildcards = false");
    for value in ["corp.example", "a.corp.example", "host.internal", "internal"] {
        assert!(issues(&policy, value), "{value}");
    }
    for value in [
        "corp.test",
        "notcorp.example",
        "*.corp.example",
        "10.0.0.1",
        "example",
    ] {
        assert!(!issues(&policy, value), "{value}");
    }
}

#[test]
fn blocked_names_are_refused_and_so_are_wildcards_that_cover_them() {
    let policy = policy("domains = 'any'\nblocked = ['www.shop.test']\nblocked_under = ['lab.test']");
    for value in [
        "www.shop.test",
        "*.shop.test",
        "lab.test",
        "x.y.lab.test",
        "*.lab.test",
        "*.test",
    ] {
        assert!(!issues(&policy, value), "{value}");
    }
    for value in [
        "shop.test",
        "a.www.shop.test",
        "*.www.shop.test",
        "slab.test",
        "*.slab.test",
    ] {
        assert!(issues(&policy, value), "{value}");
    }
}

#[test]
fn several_refusals_are_reported_together() {
    let policy = policy("domains = ['corp.example']");
    let order = ["a.test", "a.corp.example", "b.test"].map(|name| Identifier::parse("dns", name).unwrap());
    assert!(policy.willing_to_issue_all(&order[1..2]).is_ok());
    let one = policy.willing_to_issue_all(&order[..2]).unwrap_err();
    assert_eq!(one.kind(), ErrorKind::RejectedIdentifier);
    assert_eq!(
        one.problem.detail,
        "no certificates are issued for a.test: it is not under a domain that this CA serves"
    );
    let two = policy.willing_to_issue_all(&order).unwrap_err();
    assert_eq!(two.problem.subproblems.len(), 2);
    assert_eq!(two.problem.subproblems[1].identifier.as_ref(), Some(&order[2]));
}

#[test]
fn bad_configuration_is_refused() {
    for text in [
        "",
        "domains = 'some'",
        "domains = ['a_b']",
        "domains = 'any'\naddresses = ['1.2.3.4']",
        "domains = 'any'\naddresses = 'any'",
        "domains = 'any'\nblock = []",
        "domains = 'any'\nblocked = ['..']",
        "domains = ['*.corp.example']",
        "domains = 'any'\nblocked_under = ['*.corp.example']",
    ] {
        assert!(toml::from_str::<NamePolicy>(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn an_allowed_suffix_allows_what_is_under_it_and_nothing_else(
        labels in proptest::collection::vec("[a-z]{1,8}", 1..4),
        other in "[a-z]{1,8}",
    ) {
        let policy = policy("domains = ['corp.example']");
        let left = labels.join(".");
        let under = format!("{left}.corp.example");
        let beside = format!("{left}{other}corp.example");
        prop_assert!(issues(&policy, &under));
        prop_assert!(!issues(&policy, &beside));
    }
}
