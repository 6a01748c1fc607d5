//! Account key change (RFC 8555 section 7.3.5).

use cairn_acme::SigningKey;
use serde_json::{Value, json};

use super::case::{Case, MALFORMED, case, run};
use super::lab::Lab;
use super::request::{Sent, jwk, signed};

const SECTION: &str = "RFC 8555 section 7.3.5";

/// What a key change is made of; spoil it before it is signed.
struct Change {
    inner_header: Value,
    payload: Value,
    new_key: SigningKey,
}

fn good(lab: &Lab, nonce: &str) -> Change {
    let url = &lab.directory.key_change;
    let mut inner_header = Lab::jwk_header(&lab.stranger, url, nonce);
    if let Some(members) = inner_header.as_object_mut() {
        members.remove("nonce");
    }
    Change {
        inner_header,
        payload: json!({"account": lab.alice.url, "oldKey": jwk(&lab.alice.key)}),
        new_key: lab.stranger.clone(),
    }
}

fn spoiled(
    what: impl Into<String>,
    due: (u16, &'static str),
    spoil: impl Fn(&Lab, &str, &mut Change) + 'static,
) -> Case {
    case(what, SECTION, due, move |lab, nonce| {
        let mut change = good(lab, nonce);
        spoil(lab, nonce, &mut change);
        let inner = signed(
            &change.inner_header,
            change.payload.to_string().as_bytes(),
            &change.new_key,
        )
        .body();
        lab.request(&lab.directory.key_change, nonce, inner)
    })
}

fn remove(object: &mut Value, name: &str) {
    if let Some(members) = object.as_object_mut() {
        members.remove(name);
    }
}

fn inner() -> Vec<Case> {
    vec![
        spoiled("an inner JWS with a nonce", MALFORMED, |_, nonce, change| {
            change.inner_header["nonce"] = json!(nonce);
        }),
        spoiled("an inner JWS with a kid", MALFORMED, |lab, _, change| {
            remove(&mut change.inner_header, "jwk");
            change.inner_header["kid"] = json!(lab.alice.url);
        }),
        spoiled("an inner JWS with jwk and kid", MALFORMED, |lab, _, change| {
            change.inner_header["kid"] = json!(lab.alice.url);
        }),
        spoiled("an inner JWS for another URL", MALFORMED, |lab, _, change| {
            change.inner_header["url"] = json!(lab.directory.new_order);
        }),
        spoiled("an inner JWS without a URL", MALFORMED, |_, _, change| {
            remove(&mut change.inner_header, "url");
        }),
        spoiled("an inner JWS without an algorithm", MALFORMED, |_, _, change| {
            remove(&mut change.inner_header, "alg");
        }),
        spoiled(
            "an inner algorithm that is not offered",
            (400, "badSignatureAlgorithm"),
            |_, _, change| {
                change.inner_header["alg"] = json!("none");
            },
        ),
        spoiled(
            "an inner algorithm of another key",
            (400, "badPublicKey"),
            |_, _, change| {
                change.inner_header["alg"] = json!("ES384");
            },
        ),
        spoiled(
            "an inner JWS by another key than its jwk",
            MALFORMED,
            |lab, _, change| {
                change.new_key = lab.alice.key.clone();
            },
        ),
        spoiled("the key that the account has", MALFORMED, |lab, _, change| {
            change.inner_header["jwk"] = jwk(&lab.alice.key);
            change.new_key = lab.alice.key.clone();
        }),
        spoiled(
            "a key that has an account",
            (409, "malformed"),
            |lab, _, change| {
                change.inner_header["jwk"] = jwk(&lab.bob.key);
                change.new_key = lab.bob.key.clone();
            },
        ),
        spoiled("a weak key", (400, "badPublicKey"), |_, _, change| {
            let weak = cairn_testkit::keys::KeyKind::Rsa(1024)
                .generate()
                .map(SigningKey::new);
            if let Ok(Ok(weak)) = weak {
                change.inner_header["alg"] = json!("RS256");
                change.inner_header["jwk"] = jwk(&weak);
                change.new_key = weak;
            }
        }),
    ]
}

fn payloads() -> Vec<Case> {
    let mut cases = vec![
        spoiled("no account", MALFORMED, |_, _, change| {
            remove(&mut change.payload, "account");
        }),
        spoiled("another account", MALFORMED, |lab, _, change| {
            change.payload["account"] = json!(lab.bob.url);
        }),
        spoiled("no old key", MALFORMED, |_, _, change| {
            remove(&mut change.payload, "oldKey");
        }),
        spoiled("the new key as the old one", MALFORMED, |lab, _, change| {
            change.payload["oldKey"] = jwk(&lab.stranger);
        }),
        spoiled("another old key", MALFORMED, |lab, _, change| {
            change.payload["oldKey"] = jwk(&lab.bob.key);
        }),
        spoiled("the old key as a text", MALFORMED, |_, _, change| {
            change.payload["oldKey"] = json!("key");
        }),
        spoiled("the account as a number", MALFORMED, |_, _, change| {
            change.payload["account"] = json!(1);
        }),
        spoiled("no object", MALFORMED, |_, _, change| change.payload = json!([])),
    ];
    for payload in ["", "{}", "null", "[]", "\"x\"", "{"] {
        cases.push(case(
            format!("{payload:?} in place of an inner JWS"),
            SECTION,
            MALFORMED,
            move |lab, nonce| lab.request(&lab.directory.key_change, nonce, payload),
        ));
    }
    cases
}

fn outer() -> Vec<Case> {
    vec![
        case("an outer JWS with a jwk", SECTION, MALFORMED, |lab, nonce| {
            let url = &lab.directory.key_change;
            let change = good(lab, nonce);
            let inner = signed(
                &change.inner_header,
                change.payload.to_string().as_bytes(),
                &change.new_key,
            )
            .body();
            let header = Lab::jwk_header(&lab.alice.key, url, nonce);
            Sent::post(url, signed(&header, inner.as_bytes(), &lab.alice.key).body())
        }),
        case("an outer JWS by the new key", SECTION, MALFORMED, |lab, nonce| {
            let url = &lab.directory.key_change;
            let change = good(lab, nonce);
            let inner = signed(
                &change.inner_header,
                change.payload.to_string().as_bytes(),
                &change.new_key,
            )
            .body();
            Sent::post(
                url,
                signed(&lab.alice.header(url, nonce), inner.as_bytes(), &lab.stranger).body(),
            )
        }),
        case(
            "an outer JWS of another account",
            SECTION,
            MALFORMED,
            |lab, nonce| {
                let change = good(lab, nonce);
                let inner = signed(
                    &change.inner_header,
                    change.payload.to_string().as_bytes(),
                    &change.new_key,
                )
                .body();
                lab.bob.request(&lab.directory.key_change, nonce, inner)
            },
        ),
        case("the inner JWS alone", SECTION, MALFORMED, |lab, nonce| {
            let change = good(lab, nonce);
            let payload = change.payload.to_string();
            Sent::post(
                &lab.directory.key_change,
                signed(&change.inner_header, payload.as_bytes(), &change.new_key).body(),
            )
        }),
        case(
            "a change by the stranger alone",
            SECTION,
            MALFORMED,
            |lab, nonce| {
                let url = &lab.directory.key_change;
                let header = Lab::jwk_header(&lab.stranger, url, nonce);
                Sent::post(url, signed(&header, b"{}", &lab.stranger).body())
            },
        ),
    ]
}

#[tokio::test]
async fn key_changes_that_break_a_rule() -> anyhow::Result<()> {
    run([inner(), payloads(), outer()].into_iter().flatten().collect()).await
}
