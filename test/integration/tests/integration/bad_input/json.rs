//! Payloads: JSON objects, and nothing that only looks like one (RFC 8259, RFC 8555 section 6.1).

use super::case::{Case, MALFORMED, case, run};

const JSON: &str = "RFC 8259 section 2";
const IDENTIFIERS: &str = r#""identifiers":[{"type":"dns","value":"good.test"}]"#;

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    let nested = format!("{{\"identifiers\":{}{}}}", "[".repeat(3000), "]".repeat(3000));
    let payloads: Vec<(&str, &'static str, Vec<u8>)> = vec![
        ("nothing", "RFC 8555 section 6.3", Vec::new()),
        ("white space", JSON, b"  ".to_vec()),
        ("null", JSON, b"null".to_vec()),
        ("true", JSON, b"true".to_vec()),
        ("a text", JSON, b"\"x\"".to_vec()),
        ("a list", JSON, format!("[{{{IDENTIFIERS}}}]").into_bytes()),
        (
            "a list of values",
            JSON,
            br#"[[{"type":"dns","value":"good.test"}]]"#.to_vec(),
        ),
        ("two objects", JSON, format!("{{{IDENTIFIERS}}}{{}}").into_bytes()),
        (
            "a trailing comma",
            JSON,
            format!("{{{IDENTIFIERS},}}").into_bytes(),
        ),
        (
            "single quotes",
            "RFC 8259 section 7",
            b"{'identifiers':[]}".to_vec(),
        ),
        ("no quotes", "RFC 8259 section 4", b"{identifiers:[]}".to_vec()),
        ("a comment", JSON, format!("{{{IDENTIFIERS}/* */}}").into_bytes()),
        ("cut off", JSON, format!("{{{IDENTIFIERS}").into_bytes()),
        (
            "a byte order mark",
            "RFC 8259 section 8.1",
            format!("\u{feff}{{{IDENTIFIERS}}}").into_bytes(),
        ),
        ("UTF-16", "RFC 8259 section 8.1", b"{\0}\0".to_vec()),
        (
            "octets that are not UTF-8",
            "RFC 8259 section 8.1",
            b"{\"identifiers\":[{\"type\":\"dns\",\"value\":\"\xff\xfe.test\"}]}".to_vec(),
        ),
        (
            "a lone surrogate",
            "RFC 8259 section 8.2",
            br#"{"identifiers":[{"type":"dns","value":"\ud800.test"}]}"#.to_vec(),
        ),
        (
            "a raw control character",
            "RFC 8259 section 7",
            b"{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a\n.test\"}]}".to_vec(),
        ),
        (
            "a bad escape",
            "RFC 8259 section 7",
            br#"{"identifiers":[{"type":"dns","value":"\x41.test"}]}"#.to_vec(),
        ),
        (
            "not a number",
            "RFC 8259 section 6",
            format!("{{{IDENTIFIERS},\"x\":NaN}}").into_bytes(),
        ),
        (
            "infinity",
            "RFC 8259 section 6",
            format!("{{{IDENTIFIERS},\"x\":Infinity}}").into_bytes(),
        ),
        (
            "a leading zero",
            "RFC 8259 section 6",
            format!("{{{IDENTIFIERS},\"x\":01}}").into_bytes(),
        ),
        ("deep nesting", "RFC 8259 section 9", nested.into_bytes()),
        (
            "a member twice",
            "RFC 8259 section 4",
            format!("{{{IDENTIFIERS},{IDENTIFIERS}}}").into_bytes(),
        ),
        (
            "a member twice, once escaped",
            "RFC 8259 section 4",
            format!(r#"{{{IDENTIFIERS},"\u0069dentifiers":[]}}"#).into_bytes(),
        ),
        (
            "a member twice below",
            "RFC 8259 section 4",
            br#"{"identifiers":[{"type":"dns","type":"dns","value":"good.test"}]}"#.to_vec(),
        ),
        (
            "other case",
            "RFC 8259 section 8.3",
            br#"{"Identifiers":[{"type":"dns","value":"good.test"}]}"#.to_vec(),
        ),
        ("a form", JSON, b"identifiers=good.test".to_vec()),
    ];
    payloads
        .into_iter()
        .map(|(what, section, payload)| {
            case(
                format!("an order that is {what}"),
                section,
                MALFORMED,
                move |lab, nonce| lab.request(&lab.directory.new_order, nonce, &payload),
            )
        })
        .collect()
}

#[tokio::test]
async fn payloads_that_are_no_objects() -> anyhow::Result<()> {
    run(cases()).await
}
