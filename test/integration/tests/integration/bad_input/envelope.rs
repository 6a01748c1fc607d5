//! The body as a whole: the flattened JSON serialization, and nothing else (RFC 8555 section 6.2).

use cairn_acme::base64url;
use cairn_testkit::raw::{flattened, members};

use super::case::{Case, MALFORMED, case, run};

const FORM: &str = "RFC 8555 section 6.2";
const FLATTENED: &str = "RFC 7515 section 7.2.2";
const REPEATED: &str = "RFC 7515 section 4, RFC 8259 section 4";
const ENCODING: &str = "RFC 8555 section 6.1, RFC 7515 section 2";

fn bodies() -> Vec<Case> {
    let nested = || "[".repeat(20_000);
    let texts: Vec<(&str, &'static str, Vec<u8>)> = vec![
        ("nothing", FORM, b"".to_vec()),
        ("white space", FORM, b" \r\n\t ".to_vec()),
        ("null", FORM, b"null".to_vec()),
        ("a number", FORM, b"1".to_vec()),
        ("a text", FORM, b"\"protected\"".to_vec()),
        ("an empty array", FORM, b"[]".to_vec()),
        ("an empty object", FLATTENED, b"{}".to_vec()),
        ("an open brace", "RFC 8259 section 2", b"{".to_vec()),
        (
            "a web form",
            FORM,
            b"protected=e30&payload=e30&signature=AA".to_vec(),
        ),
        (
            "octets that are not UTF-8",
            "RFC 8259 section 8.1",
            b"{\"protected\":\"\xff\xfe\"}".to_vec(),
        ),
        (
            "not a number",
            "RFC 8259 section 6",
            b"{\"protected\":NaN}".to_vec(),
        ),
        (
            "single quotes",
            "RFC 8259 section 7",
            b"{'protected':'e30'}".to_vec(),
        ),
        ("a comment", "RFC 8259 section 2", b"{/**/}".to_vec()),
        ("deep nesting", "RFC 8259 section 9", nested().into_bytes()),
        (
            "deep nesting in a member",
            "RFC 8259 section 9",
            format!("{{\"payload\":{}", nested()).into_bytes(),
        ),
        ("a zero octet", "RFC 8259 section 2", b"\0".to_vec()),
    ];
    let send = |(what, section, body): (&str, &'static str, Vec<u8>)| {
        case(
            format!("the body is {what}"),
            section,
            MALFORMED,
            move |lab, _| lab.order_body(body.clone()),
        )
    };
    texts.into_iter().map(send).collect()
}

fn spoiled() -> Vec<Case> {
    vec![
        case("a JWS cut off", FORM, MALFORMED, |lab, nonce| {
            let body = lab.order_jws(nonce).body();
            lab.order_body(&body.as_bytes()[..body.len() - 10])
        }),
        case("a JWS with something behind it", FORM, MALFORMED, |lab, nonce| {
            lab.order_body(format!("{}x", lab.order_jws(nonce).body()))
        }),
        case("two JWS", FORM, MALFORMED, |lab, nonce| {
            lab.order_body(lab.order_jws(nonce).body().repeat(2))
        }),
        case("a JWS in an array", FORM, MALFORMED, |lab, nonce| {
            lab.order_body(format!("[{}]", lab.order_jws(nonce).body()))
        }),
        case("a JWS in a text", FORM, MALFORMED, |lab, nonce| {
            lab.order_body(serde_json::Value::from(lab.order_jws(nonce).body()).to_string())
        }),
        case("the members as an array", FLATTENED, MALFORMED, |lab, nonce| {
            let jws = lab.order_jws(nonce);
            lab.order_body(format!(
                "[{:?},{:?},{:?}]",
                jws.protected, jws.payload, jws.signature
            ))
        }),
        case(
            "a byte order mark",
            "RFC 8259 section 8.1",
            MALFORMED,
            |lab, nonce| lab.order_body(format!("\u{feff}{}", lab.order_jws(nonce).body())),
        ),
        case(
            "the compact serialization",
            "RFC 7515 section 7.1",
            MALFORMED,
            |lab, nonce| {
                let jws = lab.order_jws(nonce);
                lab.order_body(format!("{}.{}.{}", jws.protected, jws.payload, jws.signature))
            },
        ),
        case(
            "the general serialization",
            "RFC 7515 section 7.2.1",
            MALFORMED,
            |lab, nonce| {
                let jws = lab.order_jws(nonce);
                let one = members(&[("protected", &jws.protected), ("signature", &jws.signature)]);
                lab.order_body(format!(
                    "{{\"payload\":{:?},\"signatures\":[{one}]}}",
                    jws.payload
                ))
            },
        ),
        case("a second signature", FORM, MALFORMED, |lab, nonce| {
            let body = lab.order_jws(nonce).body();
            lab.order_body(format!("{},\"signatures\":[]}}", body.trim_end_matches('}')))
        }),
        case("an unprotected header", FORM, MALFORMED, |lab, nonce| {
            let body = lab.order_jws(nonce).body();
            lab.order_body(format!(
                "{},\"header\":{{\"alg\":\"ES256\"}}}}",
                body.trim_end_matches('}')
            ))
        }),
        case("an unknown member", FLATTENED, MALFORMED, |lab, nonce| {
            let body = lab.order_jws(nonce).body();
            lab.order_body(format!("{},\"surprise\":1}}", body.trim_end_matches('}')))
        }),
        case(
            "a larger body than any request needs",
            "RFC 9110 section 15.5.14",
            (413, "malformed"),
            |lab, nonce| {
                let body = lab.order_jws(nonce).body();
                lab.order_body(format!("{body}{}", " ".repeat(65_536)))
            },
        ),
    ]
}

/// Puts the octets of a member into another encoding.
type Recode = fn(String) -> String;

/// Each of the three members missing, repeated, of other types, and in other encodings.
#[expect(clippy::too_many_lines, reason = "a table")]
fn of_members() -> Vec<Case> {
    let mut cases = Vec::new();
    for name in ["protected", "payload", "signature"] {
        let all = |lab: &super::lab::Lab, nonce: &str| {
            let jws = lab.order_jws(nonce);
            [
                ("protected", jws.protected),
                ("payload", jws.payload),
                ("signature", jws.signature),
            ]
        };
        cases.push(case(
            format!("no {name}"),
            FLATTENED,
            MALFORMED,
            move |lab, nonce| {
                let parts = all(lab, nonce);
                let rest: Vec<_> = parts
                    .iter()
                    .filter(|(it, _)| *it != name)
                    .map(|(it, text)| (*it, text.as_str()))
                    .collect();
                lab.order_body(members(&rest))
            },
        ));
        cases.push(case(
            format!("{name} twice"),
            REPEATED,
            MALFORMED,
            move |lab, nonce| {
                let parts = all(lab, nonce);
                let mut doubled: Vec<_> = parts.iter().map(|(it, text)| (*it, text.as_str())).collect();
                doubled.extend(doubled.clone().into_iter().filter(|(it, _)| *it == name));
                lab.order_body(members(&doubled))
            },
        ));
        for other in ["null", "1", "[]", "{\"alg\":\"ES256\"}"] {
            cases.push(case(
                format!("{name} is {other}"),
                FLATTENED,
                MALFORMED,
                move |lab, nonce| {
                    let mut object: serde_json::Value =
                        serde_json::from_str(&lab.order_jws(nonce).body()).unwrap_or_default();
                    object[name] = serde_json::from_str(other).unwrap_or_default();
                    lab.order_body(object.to_string())
                },
            ));
        }
        let recodings: [(&str, Recode); 5] = [
            ("with padding", |text| format!("{text}=")),
            ("with a line break", |text| {
                format!("{}\n{}", &text[..4], &text[4..])
            }),
            ("with a space", |text| format!(" {text}")),
            ("in the other alphabet", |text| format!("{text}+/+/")),
            ("with bits left over", with_spare_bits),
        ];
        for (how, recode) in recodings {
            cases.push(case(
                format!("{name} {how}"),
                ENCODING,
                MALFORMED,
                move |lab, nonce| {
                    let mut jws = lab.order_jws(nonce);
                    match name {
                        "protected" => jws.protected = recode(jws.protected),
                        "payload" => jws.payload = recode(jws.payload),
                        _ => jws.signature = recode(jws.signature),
                    }
                    lab.order_body(flattened(&jws.protected, &jws.payload, &jws.signature))
                },
            ));
        }
    }
    cases.push(case(
        "the payload not encoded",
        "RFC 7797",
        MALFORMED,
        |lab, nonce| {
            let mut jws = lab.order_jws(nonce);
            jws.payload =
                String::from_utf8(base64url::decode(&jws.payload).unwrap_or_default()).unwrap_or_default();
            lab.order_body(jws.body())
        },
    ));
    cases
}

/// The same octets, or one more, with a bit at the end that belongs to none.
fn with_spare_bits(mut text: String) -> String {
    if text.len().is_multiple_of(4) {
        return text + "AB";
    }
    // The last character of an incomplete group is one of A, E, I, ... or A, Q, g, w: its successor has a spare bit.
    let last = text.pop().map_or('B', |last| char::from(last as u8 + 1));
    text.push(last);
    text
}

#[tokio::test]
async fn bodies_that_are_no_jws() -> anyhow::Result<()> {
    run([bodies(), spoiled()].into_iter().flatten().collect()).await
}

#[tokio::test]
async fn members_of_the_serialization() -> anyhow::Result<()> {
    run(of_members()).await
}
