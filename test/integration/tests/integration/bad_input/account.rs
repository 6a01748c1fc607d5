//! New accounts and updates (RFC 8555 sections 7.3 to 7.3.6).

use super::case::{Case, MALFORMED, case, run};

const NEW: &str = "RFC 8555 section 7.3";
const INVALID: (u16, &str) = (400, "invalidContact");
const UNSUPPORTED: (u16, &str) = (400, "unsupportedContact");

fn contacts() -> Vec<(String, (u16, &'static str))> {
    let one = |contact: &str| format!("[{contact:?}]");
    let many = (0..50)
        .map(|index| format!("\"mailto:a{index}@a.example\""))
        .collect::<Vec<_>>()
        .join(",");
    vec![
        ("\"mailto:a@a.example\"".to_owned(), MALFORMED),
        ("{}".to_owned(), MALFORMED),
        ("[1]".to_owned(), MALFORMED),
        ("[null]".to_owned(), MALFORMED),
        ("[[\"mailto:a@a.example\"]]".to_owned(), MALFORMED),
        (one("tel:+15551234"), UNSUPPORTED),
        (one("https://a.example/"), UNSUPPORTED),
        (one("data:,x"), UNSUPPORTED),
        (one("a@a.example"), INVALID),
        (one(""), INVALID),
        (one("mailto:"), INVALID),
        (one("mailto:a"), INVALID),
        (one("mailto:@a.example"), INVALID),
        (one("mailto:a@"), INVALID),
        (one("mailto:a@b@a.example"), INVALID),
        (one("mailto:a@a..example"), INVALID),
        (one("mailto:a b@a.example"), INVALID),
        (one("mailto:a@a.example?subject=x"), INVALID),
        (one("mailto:a@a.example,b@a.example"), INVALID),
        (one("mailto:a@a.example%2Cb@a.example"), INVALID),
        (one("mailto:ä@a.example"), INVALID),
        (one(&format!("mailto:{}@a.example", "a".repeat(500))), INVALID),
        (one("mailto:a@a.example\r\nBcc: b@a.example"), INVALID),
        (format!("[\"mailto:a@a.example\",{}]", "\"mailto:\""), INVALID),
        (format!("[{many}]"), INVALID),
    ]
}

fn registrations() -> Vec<Case> {
    let mut cases = vec![
        case(
            "looking up a key without an account",
            "RFC 8555 section 7.3.1",
            (400, "accountDoesNotExist"),
            |lab, nonce| lab.register(nonce, r#"{"onlyReturnExisting":true}"#),
        ),
        case(
            "the same with everything else",
            "RFC 8555 section 7.3.1",
            (400, "accountDoesNotExist"),
            |lab, nonce| {
                lab.register(nonce, r#"{"onlyReturnExisting":true,"termsOfServiceAgreed":true,"contact":["mailto:a@a.example"]}"#)
            },
        ),
    ];
    for payload in [
        "",
        "null",
        "[]",
        "1",
        "\"x\"",
        "[{}]",
        r#"{"onlyReturnExisting":"yes"}"#,
        r#"{"onlyReturnExisting":1}"#,
        r#"{"termsOfServiceAgreed":"true"}"#,
        r#"{"termsOfServiceAgreed":null}"#,
        r#"{"onlyReturnExisting":false,"onlyReturnExisting":false}"#,
    ] {
        cases.push(case(
            format!("registering with {payload:?}"),
            NEW,
            MALFORMED,
            move |lab, nonce| lab.register(nonce, payload),
        ));
    }
    cases
}

#[tokio::test]
async fn registrations_that_are_wrong() -> anyhow::Result<()> {
    run(registrations()).await
}

#[tokio::test]
async fn contacts_that_are_none() -> anyhow::Result<()> {
    let new = contacts().into_iter().map(|(contact, due)| {
        let shown: String = contact.chars().take(60).collect();
        case(
            format!("a new account with the contact {shown}"),
            NEW,
            due,
            move |lab, nonce| lab.register(nonce, format!("{{\"contact\":{contact}}}")),
        )
    });
    let updates = contacts().into_iter().map(|(contact, due)| {
        let shown: String = contact.chars().take(60).collect();
        case(
            format!("an update to the contact {shown}"),
            "RFC 8555 section 7.3.2",
            due,
            move |lab, nonce| lab.request(&lab.alice.url, nonce, format!("{{\"contact\":{contact}}}")),
        )
    });
    let others = [
        "null",
        "[]",
        "1",
        r#"{"status":1}"#,
        r#"{"status":"deactivated","status":"deactivated"}"#,
    ]
    .map(|payload| {
        case(
            format!("an update {payload}"),
            "RFC 8555 section 7.3.2",
            MALFORMED,
            move |lab, nonce| lab.request(&lab.alice.url, nonce, payload),
        )
    });
    run(new.chain(updates).chain(others).collect()).await
}
