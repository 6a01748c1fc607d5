//! The protected header (RFC 8555 section 6.2).

use cairn_testkit::raw::RawJws;
use serde_json::{Value, json};

use super::case::{Case, MALFORMED, case, run};
use super::lab::Lab;
use super::request::{Sent, jwk};

const RULES: &str = "RFC 8555 section 6.2";
const REPEATED: &str = "RFC 7515 section 4";
const CRITICAL: &str = "RFC 7515 section 4.1.11";

/// Alice's new order with a header that was changed before it was signed.
fn changed(
    what: impl Into<String>,
    section: &'static str,
    change: impl Fn(&Lab, &mut serde_json::Map<String, Value>) + 'static,
) -> Case {
    case(what, section, MALFORMED, move |lab, nonce| {
        let mut header = lab.alice.header(&lab.directory.new_order, nonce);
        if let Some(members) = header.as_object_mut() {
            change(lab, members);
        }
        lab.order_with_header(&header)
    })
}

/// Alice's new order with a header of any text.
fn text(what: &str, section: &'static str, make: impl Fn(String) -> String + 'static) -> Case {
    case(what, section, MALFORMED, move |lab, nonce| {
        let header = make(lab.alice.header(&lab.directory.new_order, nonce).to_string());
        raw(lab, &header)
    })
}

#[expect(clippy::expect_used, reason = "a test cannot go on without its signature")]
fn raw(lab: &Lab, header: &str) -> Sent {
    let payload = br#"{"identifiers":[{"type":"dns","value":"good.test"}]}"#;
    let jws = RawJws::signed_text(header, payload, lab.alice.key.private_key()).expect("OpenSSL signs");
    lab.order_body(jws.body())
}

fn of_members() -> Vec<Case> {
    let mut cases = Vec::new();
    for name in ["alg", "nonce", "url", "kid"] {
        cases.push(changed(format!("no {name}"), RULES, move |_, header| {
            drop(header.remove(name));
        }));
        for other in [json!(null), json!(1), json!([]), json!({})] {
            cases.push(changed(format!("{name} is {other}"), RULES, move |_, header| {
                header.insert(name.to_owned(), other.clone());
            }));
        }
        cases.push(case(
            format!("{name} twice"),
            REPEATED,
            MALFORMED,
            move |lab, nonce| {
                let header = lab.alice.header(&lab.directory.new_order, nonce);
                let again = format!(",{name:?}:{}}}", header[name]);
                raw(
                    lab,
                    &(header.to_string().trim_end_matches('}').to_owned() + &again),
                )
            },
        ));
    }
    cases
}

fn of_form() -> Vec<Case> {
    vec![
        text("an empty header", RULES, |_| String::new()),
        text("an empty object", RULES, |_| "{}".to_owned()),
        text("an array", RULES, |_| "[\"ES256\"]".to_owned()),
        text("the values alone", RULES, |_| {
            "[\"ES256\",\"n\",\"u\",\"k\"]".to_owned()
        }),
        text("a text", RULES, |header| Value::from(header).to_string()),
        text("a header cut off", RULES, |header| {
            header[..header.len() - 2].to_owned()
        }),
        text("something behind the header", RULES, |header| header + "{}"),
        text("a byte order mark", "RFC 8259 section 8.1", |header| {
            format!("\u{feff}{header}")
        }),
        text("deep nesting", "RFC 8259 section 9", |header| {
            format!(
                "{},\"jwk\":{}{}}}",
                header.trim_end_matches('}'),
                "[".repeat(5000),
                "]".repeat(5000)
            )
        }),
        changed("jwk and kid", RULES, |lab, header| {
            drop(header.insert("jwk".to_owned(), jwk(&lab.alice.key)));
        }),
        changed("crit", CRITICAL, |_, header| {
            drop(header.insert("crit".to_owned(), json!(["exp"])));
        }),
        changed("an empty crit", CRITICAL, |_, header| {
            drop(header.insert("crit".to_owned(), json!([])));
        }),
        changed("crit is null", CRITICAL, |_, header| {
            drop(header.insert("crit".to_owned(), Value::Null));
        }),
        changed("b64", "RFC 8555 section 6.2, RFC 7797", |_, header| {
            header.insert("b64".to_owned(), json!(false));
            header.insert("crit".to_owned(), json!(["b64"]));
        }),
        changed("b64 is true", "RFC 8555 section 6.2, RFC 7797", |_, header| {
            header.insert("b64".to_owned(), json!(true));
        }),
        changed("an empty nonce", "RFC 8555 section 6.5.2", |_, header| {
            header.insert("nonce".to_owned(), json!(""));
        }),
        changed("a nonce with padding", "RFC 8555 section 6.5.2", |_, header| {
            header.insert("nonce".to_owned(), json!("AAAA="));
        }),
        changed(
            "a nonce that is not base64url",
            "RFC 8555 section 6.5.2",
            |_, header| {
                header.insert("nonce".to_owned(), json!("a nonce!"));
            },
        ),
    ]
}

/// Where a key must stand in the request, and where the account's URL.
fn of_references() -> Vec<Case> {
    vec![
        case("a jwk where a kid is due", RULES, MALFORMED, |lab, nonce| {
            lab.order_with_header(&Lab::jwk_header(&lab.alice.key, &lab.directory.new_order, nonce))
        }),
        case("a jwk to read an order", RULES, MALFORMED, |lab, nonce| {
            let header = Lab::jwk_header(&lab.alice.key, &lab.pending.url, nonce);
            Sent::post(
                &lab.pending.url,
                super::request::signed(&header, b"", &lab.alice.key).body(),
            )
        }),
        case("a kid where a jwk is due", RULES, MALFORMED, |lab, nonce| {
            lab.request(&lab.directory.new_account, nonce, "{}")
        }),
    ]
}

#[tokio::test]
async fn members_of_the_protected_header() -> anyhow::Result<()> {
    run(of_members()).await
}

#[tokio::test]
async fn form_of_the_protected_header() -> anyhow::Result<()> {
    run(of_form().into_iter().chain(of_references()).collect()).await
}
