//! Authorizations and challenges (RFC 8555 sections 7.5.1 and 7.5.2).

use super::case::{Case, MALFORMED, case, run};

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for payload in ["null", "[]", "1", "\"ready\"", "{", "{}{}", "[{}]", "\u{feff}{}"] {
        cases.push(case(
            format!("answering a challenge with {payload:?}"),
            "RFC 8555 section 7.5.1",
            MALFORMED,
            move |lab, nonce| lab.request(&lab.challenge, nonce, payload),
        ));
    }
    for payload in [
        "null",
        "[]",
        "1",
        "{}",
        r#"{"status":null}"#,
        r#"{"status":1}"#,
        r#"{"status":["deactivated"]}"#,
        r#"{"status":"valid"}"#,
        r#"{"status":"revoked"}"#,
        r#"{"status":"pending"}"#,
        r#"{"status":"DEACTIVATED"}"#,
        r#"{"status":""}"#,
        r#"{"status":"valid","status":"valid"}"#,
    ] {
        cases.push(case(
            format!("changing an authorization by {payload}"),
            "RFC 8555 section 7.5.2",
            MALFORMED,
            move |lab, nonce| lab.request(&lab.pending.object.authorizations[0], nonce, payload),
        ));
    }
    cases
}

#[tokio::test]
async fn answers_and_changes_that_mean_nothing() -> anyhow::Result<()> {
    run(cases()).await
}
