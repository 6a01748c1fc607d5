//! Revocation (RFC 8555 section 7.6).

use cairn_acme::base64url;
use serde_json::{Value, json};

use super::case::{Case, MALFORMED, UNAUTHORIZED, case, run};
use super::lab::Lab;
use super::request::{Sent, signed};

const SECTION: &str = "RFC 8555 section 7.6";
const REASON: &str = "RFC 8555 section 7.6, RFC 5280 section 5.3.1";
const BAD_REASON: (u16, &str) = (400, "badRevocationReason");

fn payload(der: &[u8]) -> Value {
    json!({"certificate": base64url::encode(der)})
}

fn own(lab: &Lab) -> Vec<u8> {
    lab.issued.der().unwrap_or_default()
}

/// Alice's request to revoke what `make` gives.
fn revoking(
    what: impl Into<String>,
    due: (u16, &'static str),
    make: impl Fn(&Lab) -> Vec<u8> + 'static,
) -> Case {
    case(what, SECTION, due, move |lab, nonce| {
        lab.request(&lab.directory.revoke_cert, nonce, payload(&make(lab)).to_string())
    })
}

fn certificates() -> Vec<Case> {
    let unknown: (u16, &str) = (404, "malformed");
    let mut cases = vec![
        revoking("what is revoked", (400, "alreadyRevoked"), |lab| {
            lab.revoked.clone()
        }),
        revoking("another's certificate", UNAUTHORIZED, |lab| {
            lab.bobs_issued.der().unwrap_or_default()
        }),
        revoking("the issuer's certificate", unknown, |lab| {
            let chain = lab.issued.chain.certificates().unwrap_or_default();
            chain
                .get(1)
                .and_then(|issuer| issuer.to_der().ok())
                .unwrap_or_default()
        }),
        revoking("a certificate with another signature", unknown, |lab| {
            let mut der = own(lab);
            if let Some(last) = der.last_mut() {
                *last ^= 1;
            }
            der
        }),
        revoking("nothing", MALFORMED, |_| Vec::new()),
        revoking("noise", MALFORMED, |_| vec![0xa5; 300]),
        revoking("half a certificate", MALFORMED, |lab| own(lab)[..200].to_vec()),
        revoking("a certificate with something behind it", MALFORMED, |lab| {
            [own(lab), vec![0]].concat()
        }),
        revoking("PEM", MALFORMED, |lab| lab.issued.chain.pem.to_vec()),
        revoking("a certificate request", MALFORMED, |lab| {
            cairn_testkit::csr::CsrBuilder::for_names(&["a.test"])
                .build(&lab.csr_key)
                .unwrap_or_default()
        }),
    ];
    for payload in [
        "",
        "{}",
        "null",
        "[]",
        r#"{"certificate":null}"#,
        r#"{"certificate":1}"#,
        r#"{"certificate":"MAA="}"#,
        r#"{"certificate":"M A"}"#,
    ] {
        cases.push(case(
            format!("the payload {payload}"),
            SECTION,
            MALFORMED,
            move |lab, nonce| lab.request(&lab.directory.revoke_cert, nonce, payload),
        ));
    }
    cases
}

fn reasons() -> Vec<Case> {
    let mut cases = Vec::new();
    for reason in [2, 6, 7, 8, 9, 10, 11, 100, -1, i64::MAX, i64::MIN] {
        cases.push(case(
            format!("the reason {reason}"),
            REASON,
            BAD_REASON,
            move |lab, nonce| {
                let mut payload = payload(&own(lab));
                payload["reason"] = json!(reason);
                lab.request(&lab.directory.revoke_cert, nonce, payload.to_string())
            },
        ));
    }
    for reason in [
        "\"1\"",
        "1.5",
        "[1]",
        "true",
        "{}",
        "1e400",
        "99999999999999999999",
        "-0x1",
    ] {
        cases.push(case(
            format!("the reason {reason}"),
            REASON,
            MALFORMED,
            move |lab, nonce| {
                let text = payload(&own(lab)).to_string();
                let text = format!("{},\"reason\":{reason}}}", text.trim_end_matches('}'));
                lab.request(&lab.directory.revoke_cert, nonce, text)
            },
        ));
    }
    cases
}

fn signers() -> Vec<Case> {
    vec![
        case(
            "a key that has nothing to do with it",
            SECTION,
            UNAUTHORIZED,
            |lab, nonce| {
                let url = &lab.directory.revoke_cert;
                let header = Lab::jwk_header(&lab.stranger, url, nonce);
                Sent::post(
                    url,
                    signed(&header, payload(&own(lab)).to_string().as_bytes(), &lab.stranger).body(),
                )
            },
        ),
        case(
            "the account's key as a jwk",
            SECTION,
            UNAUTHORIZED,
            |lab, nonce| {
                let url = &lab.directory.revoke_cert;
                let header = Lab::jwk_header(&lab.alice.key, url, nonce);
                Sent::post(
                    url,
                    signed(&header, payload(&own(lab)).to_string().as_bytes(), &lab.alice.key).body(),
                )
            },
        ),
        case(
            "the certificate's key named, another signing",
            SECTION,
            MALFORMED,
            |lab, nonce| {
                let url = &lab.directory.revoke_cert;
                let named = cairn_acme::SigningKey::new(lab.issued.key.clone());
                let header = named
                    .map(|key| Lab::jwk_header(&key, url, nonce))
                    .unwrap_or_default();
                Sent::post(
                    url,
                    signed(&header, payload(&own(lab)).to_string().as_bytes(), &lab.stranger).body(),
                )
            },
        ),
        case(
            "a deactivated account",
            "RFC 8555 section 7.3.6",
            (401, "unauthorized"),
            |lab, nonce| {
                lab.gone
                    .request(&lab.directory.revoke_cert, nonce, payload(&own(lab)).to_string())
            },
        ),
    ]
}

#[tokio::test]
async fn revocations_that_are_refused() -> anyhow::Result<()> {
    run([certificates(), reasons(), signers()]
        .into_iter()
        .flatten()
        .collect())
    .await
}
