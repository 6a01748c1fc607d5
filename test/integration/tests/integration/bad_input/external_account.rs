//! External account bindings (RFC 8555 section 7.3.4).

use cairn_acme::{MacAlgorithm, base64url, sign_external_account_binding};
use cairn_testkit::raw::{RawJws, mac};
use openssl::hash::MessageDigest;
use serde_json::{Value, json};

use super::case::{Case, MALFORMED, UNAUTHORIZED, case, run};
use super::lab::Lab;
use super::request::{Sent, jwk};
use crate::support::{EAB_KEY, EAB_KEY_ID};

const SECTION: &str = "RFC 8555 section 7.3.4";

fn register(lab: &Lab, nonce: &str, binding: &Value) -> Sent {
    lab.register(nonce, json!({"externalAccountBinding": binding}).to_string())
}

/// A binding of the stranger's key that was spoiled before its MAC was made.
fn spoiled(
    what: &str,
    due: (u16, &'static str),
    spoil: impl Fn(&Lab, &str, &mut Value, &mut Value) + 'static,
) -> Case {
    case(what, SECTION, due, move |lab, nonce| {
        let mut header = json!({"alg": "HS256", "kid": EAB_KEY_ID, "url": lab.directory.new_account});
        let mut payload = jwk(&lab.stranger);
        spoil(lab, nonce, &mut header, &mut payload);
        let sign = |input: &[u8]| mac(&EAB_KEY, MessageDigest::sha256(), input).unwrap_or_default();
        let body = RawJws::new(&header.to_string(), payload.to_string().as_bytes(), sign).body();
        register(lab, nonce, &serde_json::from_str(&body).unwrap_or_default())
    })
}

fn remove(object: &mut Value, name: &str) {
    if let Some(members) = object.as_object_mut() {
        members.remove(name);
    }
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    let mut cases = vec![
        spoiled("no kid", MALFORMED, |_, _, header, _| remove(header, "kid")),
        spoiled("an unknown kid", UNAUTHORIZED, |_, _, header, _| {
            header["kid"] = json!("customer-2");
        }),
        spoiled("a kid that is a path", UNAUTHORIZED, |_, _, header, _| {
            header["kid"] = json!("../../etc/passwd");
        }),
        spoiled("no url", MALFORMED, |_, _, header, _| remove(header, "url")),
        spoiled("another url", MALFORMED, |lab, _, header, _| {
            header["url"] = json!(lab.directory.new_order);
        }),
        spoiled("a nonce", MALFORMED, |_, nonce, header, _| {
            header["nonce"] = json!(nonce);
        }),
        spoiled("a jwk", MALFORMED, |lab, _, header, _| {
            header["jwk"] = jwk(&lab.stranger);
        }),
        spoiled("another account's key", UNAUTHORIZED, |lab, _, _, payload| {
            *payload = jwk(&lab.bob.key);
        }),
        spoiled("a payload that is no key", UNAUTHORIZED, |_, _, _, payload| {
            *payload = json!({});
        }),
        spoiled("crit", MALFORMED, |_, _, header, _| header["crit"] = json!(["x"])),
        case("another secret", SECTION, UNAUTHORIZED, |lab, nonce| {
            let url = &lab.directory.new_account;
            let made = sign_external_account_binding(
                MacAlgorithm::Hs256,
                &[1; 32],
                EAB_KEY_ID,
                url,
                lab.stranger.public(),
            );
            register(
                lab,
                nonce,
                &serde_json::from_str(&made.unwrap_or_default()).unwrap_or_default(),
            )
        }),
        case("an empty MAC", SECTION, UNAUTHORIZED, |lab, nonce| {
            let url = &lab.directory.new_account;
            let made = sign_external_account_binding(
                MacAlgorithm::Hs256,
                &EAB_KEY,
                EAB_KEY_ID,
                url,
                lab.stranger.public(),
            );
            let mut binding: Value = serde_json::from_str(&made.unwrap_or_default()).unwrap_or_default();
            binding["signature"] = json!("");
            register(lab, nonce, &binding)
        }),
        case("half a MAC", SECTION, UNAUTHORIZED, |lab, nonce| {
            let url = &lab.directory.new_account;
            let made = sign_external_account_binding(
                MacAlgorithm::Hs256,
                &EAB_KEY,
                EAB_KEY_ID,
                url,
                lab.stranger.public(),
            );
            let mut binding: Value = serde_json::from_str(&made.unwrap_or_default()).unwrap_or_default();
            let octets =
                base64url::decode(binding["signature"].as_str().unwrap_or_default()).unwrap_or_default();
            binding["signature"] = json!(base64url::encode(&octets[..16.min(octets.len())]));
            register(lab, nonce, &binding)
        }),
    ];
    for alg in ["none", "ES256", "RS256", "HS1"] {
        cases.push(spoiled(
            &format!("the algorithm {alg}"),
            (400, "badSignatureAlgorithm"),
            move |_, _, header, _| header["alg"] = json!(alg),
        ));
    }
    for binding in [
        json!(1),
        json!("x"),
        json!([]),
        json!({}),
        json!({"protected": "e30", "payload": "", "signature": 1}),
    ] {
        cases.push(case(
            format!("the binding {binding}"),
            SECTION,
            MALFORMED,
            move |lab, nonce| register(lab, nonce, &binding),
        ));
    }
    cases
}

#[tokio::test]
async fn bindings_that_do_not_bind() -> anyhow::Result<()> {
    run(cases()).await
}
