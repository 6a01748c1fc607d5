//! Identifiers of orders and authorizations (RFC 8555 sections 7.1.4 and 7.4, RFC 8738, RFC 5890).

use serde_json::{Value, json};

use super::case::{Case, MALFORMED, UNAUTHORIZED, case, run};

const NAME: &str = "RFC 8555 section 7.1.4, RFC 1035 section 2.3.1";
const A_LABEL: &str = "RFC 8555 section 7.1.4, RFC 5890 section 2.3.2.1";
const WILDCARD: &str = "RFC 8555 section 7.1.3";
const ADDRESS: &str = "RFC 8738 section 3";
const POLICY: &str = "RFC 8555 section 7.4, CA/B BR 4.2.2";
const REJECTED: (u16, &str) = (403, "rejectedIdentifier");
const UNSUPPORTED: (u16, &str) = (400, "unsupportedIdentifier");

fn order(what: String, section: &'static str, due: (u16, &'static str), identifiers: Value) -> Case {
    case(what, section, due, move |lab, nonce| {
        let payload = json!({"identifiers": identifiers}).to_string();
        lab.request(&lab.directory.new_order, nonce, payload)
    })
}

fn names() -> Vec<(String, &'static str)> {
    let label = "a".repeat(63);
    let too_long = [label.as_str(); 4].join(".") + ".test";
    let plain = [
        "",
        ".",
        "a.",
        "a.test.",
        ".a.test",
        "a..test",
        "a b.test",
        " a.test",
        "a.test\n",
        "a_b.test",
        "a/b.test",
        "-a.test",
        "a-.test",
        "a.-test",
        "user@a.test",
        "a.test:443",
        "https://a.test",
        "a.test?",
        "a\u{0}.test",
        "a.123",
        "1.2.3.4",
        "256.1.1.1",
        "bücher.test",
        "ａ.test",
        "a。test",
        "a\\.test",
        "'--.test",
    ];
    let mut names: Vec<(String, &str)> = plain.into_iter().map(|name| (name.to_owned(), NAME)).collect();
    names.push((format!("{}.test", "a".repeat(64)), NAME));
    names.push((too_long, NAME));
    names.push(("a".repeat(10_000), NAME));
    for name in [
        "xn--.test",
        "xn--a.test",
        "xn--zz--.test",
        "xn--abc-.test",
        "ab--cd.test",
    ] {
        names.push((name.to_owned(), A_LABEL));
    }
    for name in [
        "*",
        "*.",
        "*.*.test",
        "a.*.test",
        "*a.test",
        "a*.test",
        "**.test",
        "*.a_b.test",
        "*..test",
        "*.1.2.3.4",
    ] {
        names.push((name.to_owned(), WILDCARD));
    }
    names
}

fn addresses() -> [&'static str; 17] {
    [
        "",
        "127.0.0",
        "127.0.0.01",
        "127.0.0.1.",
        "127.0.0.256",
        "127.1",
        "0x7f.0.0.1",
        "2130706433",
        "127.0.0.1/32",
        "a.test",
        "::FFFF",
        "0:0:0:0:0:0:0:1",
        "::01",
        "[::1]",
        "::1%lo",
        "::ffff:127.0.0.1:80",
        "1::2::3",
    ]
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, section) in names() {
        let shown: String = name.chars().take(50).collect();
        let identifiers = json!([{"type": "dns", "value": name}]);
        cases.push(order(
            format!("the name {shown:?}"),
            section,
            MALFORMED,
            identifiers,
        ));
    }
    for address in addresses() {
        let identifiers = json!([{"type": "ip", "value": address}]);
        cases.push(order(
            format!("the address {address:?}"),
            ADDRESS,
            MALFORMED,
            identifiers,
        ));
    }
    for kind in [
        "",
        "DNS",
        "IP",
        "email",
        "permanent-identifier",
        "onion",
        "TNAuthList",
        "dns\u{0}",
    ] {
        let identifiers = json!([{"type": kind, "value": "a.test"}]);
        cases.push(order(
            format!("the type {kind:?}"),
            "RFC 8555 section 9.7.7",
            UNSUPPORTED,
            identifiers,
        ));
    }
    for address in [
        "8.8.8.8",
        "10.0.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "169.254.169.254",
        "::",
        "2001:db8::1",
        "fe80::1",
    ] {
        let identifiers = json!([{"type": "ip", "value": address}]);
        cases.push(order(
            format!("an address that is not loopback, {address}"),
            POLICY,
            REJECTED,
            identifiers,
        ));
    }
    for name in ["*.com", "*.co.uk"] {
        let identifiers = json!([{"type": "dns", "value": name}]);
        cases.push(order(
            format!("a wildcard below a public suffix, {name}"),
            "CA/B BR 3.2.2.6",
            REJECTED,
            identifiers,
        ));
    }
    cases
}

fn lists() -> Vec<Case> {
    const LIST: &str = "RFC 8555 section 7.4";
    let good = json!({"type": "dns", "value": "a.test"});
    let many: Vec<Value> = (0..101)
        .map(|index| json!({"type": "dns", "value": format!("n{index}.test")}))
        .collect();
    let mut cases: Vec<Case> = [
        ("none", json!([])),
        ("null", Value::Null),
        ("an object", good.clone()),
        ("a text", json!("a.test")),
        ("a list of texts", json!(["a.test"])),
        ("a list with null", json!([good, null])),
        ("a list of lists", json!([["dns", "a.test"]])),
        ("without a type", json!([{"value": "a.test"}])),
        ("without a value", json!([{"type": "dns"}])),
        (
            "with a number for a type",
            json!([{"type": 1, "value": "a.test"}]),
        ),
        ("with a number for a value", json!([{"type": "dns", "value": 1}])),
        ("with null for a value", json!([{"type": "dns", "value": null}])),
        (
            "with a list for a value",
            json!([{"type": "dns", "value": ["a.test"]}]),
        ),
        ("more than a hundred", Value::Array(many)),
        (
            "one bad name among good ones",
            json!([good, {"type": "dns", "value": "a_b.test"}]),
        ),
    ]
    .into_iter()
    .map(|(what, identifiers)| order(format!("identifiers: {what}"), LIST, MALFORMED, identifiers))
    .collect();
    let two_faults = json!([{"type": "dns", "value": "a_b.test"}, {"type": "dns", "value": ""}]);
    cases.push(order(
        "two bad names".to_owned(),
        "RFC 8555 section 6.7.1",
        MALFORMED,
        two_faults,
    ));
    let two_kinds = json!([{"type": "dns", "value": "a_b.test"}, {"type": "email", "value": "a@a.test"}]);
    cases.push(order(
        "two faults of two kinds".to_owned(),
        "RFC 8555 section 6.7.1",
        (403, "compound"),
        two_kinds,
    ));
    let rejected = json!([{"type": "ip", "value": "8.8.8.8"}, {"type": "dns", "value": "*.com"}]);
    cases.push(order(
        "two that policy rejects".to_owned(),
        "RFC 8555 section 6.7.1",
        REJECTED,
        rejected,
    ));
    cases
}

fn ahead() -> Vec<Case> {
    const AHEAD: &str = "RFC 8555 section 7.4.1";
    [
        (MALFORMED, r"{}"),
        (MALFORMED, ""),
        (MALFORMED, r#"{"identifier":null}"#),
        (MALFORMED, r#"{"identifier":"a.test"}"#),
        (MALFORMED, r#"{"identifier":["dns","a.test"]}"#),
        (MALFORMED, r#"{"identifier":{"type":"dns"}}"#),
        (MALFORMED, r#"{"identifier":{"type":"dns","value":"a_b.test"}}"#),
        (MALFORMED, r#"{"identifier":{"type":"dns","value":"*.a.test"}}"#),
        (
            UNSUPPORTED,
            r#"{"identifier":{"type":"email","value":"a@a.test"}}"#,
        ),
        (UNAUTHORIZED, r#"{"identifier":{"type":"ip","value":"8.8.8.8"}}"#),
    ]
    .into_iter()
    .map(|(due, payload)| {
        case(format!("authorizing {payload}"), AHEAD, due, move |lab, nonce| {
            lab.request(
                lab.directory.new_authz.as_deref().unwrap_or_default(),
                nonce,
                payload,
            )
        })
    })
    .collect()
}

#[tokio::test]
async fn identifiers_that_are_none() -> anyhow::Result<()> {
    run(cases()).await
}

#[tokio::test]
async fn lists_of_identifiers() -> anyhow::Result<()> {
    run(lists().into_iter().chain(ahead()).collect()).await
}
