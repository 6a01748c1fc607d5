//! What else a new order says (RFC 8555 section 7.4, RFC 9773 section 5, the profiles draft).

use serde_json::{Value, json};

use super::case::{Case, MALFORMED, UNAUTHORIZED, case, run};

const DATES: &str = "RFC 8555 section 7.4, RFC 3339";
const PROFILE: &str = "draft-ietf-acme-profiles section 4";
const REPLACES: &str = "RFC 9773 section 5";

/// An otherwise good order with these members.
fn order(what: impl Into<String>, section: &'static str, due: (u16, &'static str), members: Value) -> Case {
    case(what, section, due, move |lab, nonce| {
        let mut payload = members.clone();
        payload["identifiers"] = json!([{"type": "dns", "value": "good.test"}]);
        lab.request(&lab.directory.new_order, nonce, payload.to_string())
    })
}

fn dates() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        json!(""),
        json!("tomorrow"),
        json!(0),
        json!(1_900_000_000),
        json!([]),
        json!("2030-01-01"),
        json!("2030-01-01T00:00:00"),
        json!("2030-13-01T00:00:00Z"),
        json!("2030-02-30T00:00:00Z"),
        json!("2030-01-01T25:00:00Z"),
        json!("01 Jan 2030 00:00:00 GMT"),
    ]
    .into_iter()
    .flat_map(|date| {
        ["notBefore", "notAfter"]
            .map(|name| order(format!("{name} {date}"), DATES, MALFORMED, json!({name: date})))
    })
    .collect();
    for (what, members) in [
        ("an end in the past", json!({"notAfter": "2020-01-01T00:00:00Z"})),
        (
            "an end beyond the profile's",
            json!({"notAfter": "2199-01-01T00:00:00Z"}),
        ),
        (
            "a start in the far past",
            json!({"notBefore": "2020-01-01T00:00:00Z"}),
        ),
        (
            "a start in the far future",
            json!({"notBefore": "2199-01-01T00:00:00Z"}),
        ),
        (
            "an end before the start",
            json!({"notBefore": "2199-01-02T00:00:00Z", "notAfter": "2199-01-01T00:00:00Z"}),
        ),
        ("the year 0", json!({"notBefore": "0000-01-01T00:00:00Z"})),
        ("the year 9999", json!({"notAfter": "9999-12-31T23:59:59Z"})),
    ] {
        cases.push(order(what, "RFC 8555 section 7.4", MALFORMED, members));
    }
    cases
}

fn profiles_and_replacements() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        json!("nonesuch"),
        json!(""),
        json!("CLASSIC"),
        json!("a/../b"),
        json!("x".repeat(1000)),
    ]
    .into_iter()
    .map(|profile| {
        let shown: String = profile.to_string().chars().take(40).collect();
        order(
            format!("the profile {shown}"),
            PROFILE,
            (400, "invalidProfile"),
            json!({"profile": profile}),
        )
    })
    .collect();
    for profile in [json!(1), json!(["classic"]), json!({})] {
        cases.push(order(
            format!("the profile {profile}"),
            PROFILE,
            MALFORMED,
            json!({"profile": profile}),
        ));
    }
    for replaces in [
        json!(""),
        json!("."),
        json!("AA"),
        json!("AA.AA"),
        json!("AA=.AA"),
        json!("AA.AA.AA"),
        json!(1),
        json!([]),
        json!("aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"),
        json!("x".repeat(5000)),
    ] {
        let shown: String = replaces.to_string().chars().take(40).collect();
        cases.push(order(
            format!("replaces {shown}"),
            REPLACES,
            MALFORMED,
            json!({"replaces": replaces}),
        ));
    }
    cases.push(case(
        "replacing another's certificate",
        REPLACES,
        UNAUTHORIZED,
        |lab, nonce| {
            let url = lab.bobs_issued.chain.leaf().map_err(anyhow::Error::from);
            let url = url
                .and_then(|leaf| crate::ari::renewal_url(&lab.directory, &leaf))
                .unwrap_or_default();
            let id = url.rsplit('/').next().unwrap_or_default();
            let names = &lab.bobs_issued.order.object.identifiers;
            let payload = json!({"identifiers": names, "replaces": id});
            lab.request(&lab.directory.new_order, nonce, payload.to_string())
        },
    ));
    cases
}

#[tokio::test]
async fn validity_that_cannot_be_given() -> anyhow::Result<()> {
    run(dates()).await
}

#[tokio::test]
async fn profiles_and_certificates_to_replace() -> anyhow::Result<()> {
    run(profiles_and_replacements()).await
}
