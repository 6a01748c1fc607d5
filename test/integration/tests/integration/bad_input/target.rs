//! Where a request goes: its URL, its method, its media type, and whose the resource is.

use http::Method;
use serde_json::json;

use super::case::{Case, MALFORMED, UNAUTHORIZED, case, run};
use super::lab::Lab;
use super::request::{Sent, signed};

const URL: &str = "RFC 8555 section 6.4";
const MEDIA: &str = "RFC 8555 section 6.2";
const KEY_ID: &str = "RFC 8555 section 6.2";
const OWNER: &str = "RFC 8555 section 6.3";
const NOT_FOUND: (u16, &str) = (404, "malformed");

fn wrong_urls() -> Vec<Case> {
    type Change = fn(&Lab) -> String;
    let changes: [(&str, Change); 10] = [
        ("another resource", |lab| lab.directory.key_change.clone()),
        ("another order", |lab| lab.ready.url.clone()),
        ("another scheme", |lab| lab.pending.url.replace("https:", "http:")),
        ("another host", |lab| {
            lab.pending.url.replace("localhost", "ca.example")
        }),
        ("another spelling of the host", |lab| {
            lab.pending.url.replace("localhost", "LOCALHOST")
        }),
        ("another port", |lab| {
            lab.pending.url.replace("localhost:", "localhost:1")
        }),
        ("a slash at the end", |lab| format!("{}/", lab.pending.url)),
        ("a query", |lab| format!("{}?x", lab.pending.url)),
        ("the path alone", |lab| {
            lab.pending
                .url
                .splitn(4, '/')
                .nth(3)
                .map_or_else(String::new, |it| format!("/{it}"))
        }),
        ("nothing", |_| String::new()),
    ];
    changes
        .into_iter()
        .map(|(what, change)| {
            case(
                format!("url names {what}"),
                URL,
                UNAUTHORIZED,
                move |lab, nonce| {
                    let header = lab.alice.header(&change(lab), nonce);
                    Sent::post(&lab.pending.url, signed(&header, b"", &lab.alice.key).body())
                },
            )
        })
        .collect()
}

fn wrong_accounts() -> Vec<Case> {
    type Change = fn(&Lab) -> String;
    let unknown: (u16, &str) = (400, "accountDoesNotExist");
    let changes: [(&str, (u16, &str), Change); 7] = [
        ("of no account", unknown, |lab| {
            let base = lab.alice.url.rsplit_once('/').map_or("", |(base, _)| base);
            format!("{base}/0198c2f4-0000-7000-8000-000000000000")
        }),
        ("of an order", MALFORMED, |lab| lab.pending.url.clone()),
        ("of another host", MALFORMED, |lab| {
            lab.alice.url.replace("localhost", "ca.example")
        }),
        ("that is a path", MALFORMED, |lab| {
            lab.alice.url.splitn(4, '/').nth(3).unwrap_or_default().to_owned()
        }),
        ("with a slash at the end", MALFORMED, |lab| {
            format!("{}/", lab.alice.url)
        }),
        ("in upper case", MALFORMED, |lab| lab.alice.url.to_uppercase()),
        ("that is empty", MALFORMED, |_| String::new()),
    ];
    let mut cases: Vec<Case> = changes
        .into_iter()
        .map(|(what, due, change)| {
            case(format!("a kid {what}"), KEY_ID, due, move |lab, nonce| {
                let mut header = lab.alice.header(&lab.pending.url, nonce);
                header["kid"] = json!(change(lab));
                Sent::post(&lab.pending.url, signed(&header, b"", &lab.alice.key).body())
            })
        })
        .collect();
    for (what, payload) in [
        ("reading", ""),
        ("updating", r#"{"contact":["mailto:a@a.example"]}"#),
    ] {
        cases.push(case(
            format!("a deactivated account {what}"),
            "RFC 8555 section 7.3.6",
            (401, "unauthorized"),
            move |lab, nonce| lab.gone.request(&lab.gone.url, nonce, payload),
        ));
    }
    cases
}

/// What is Bob's is not Alice's.
fn of_others() -> Vec<Case> {
    type Which = fn(&Lab) -> String;
    let resources: [(&str, &str, Which); 12] = [
        ("account", "", |lab| lab.bob.url.clone()),
        ("account, to change it", r#"{"contact":[]}"#, |lab| {
            lab.bob.url.clone()
        }),
        ("account, to give it up", r#"{"status":"deactivated"}"#, |lab| {
            lab.bob.url.clone()
        }),
        ("orders list", "", |lab| format!("{}/orders", lab.bob.url)),
        ("order", "", |lab| lab.bobs.url.clone()),
        ("authorization", "", |lab| {
            lab.bobs.object.authorizations[0].clone()
        }),
        (
            "authorization, to give it up",
            r#"{"status":"deactivated"}"#,
            |lab| lab.bobs.object.authorizations[0].clone(),
        ),
        ("challenge", "", |lab| lab.bobs_challenge.clone()),
        ("challenge, to answer it", "{}", |lab| lab.bobs_challenge.clone()),
        ("order, to finalize it", r#"{"csr":"MAA"}"#, |lab| {
            lab.bobs.object.finalize.clone()
        }),
        ("certificate", "", |lab| lab.bobs_issued.url().to_owned()),
        ("deactivated account", "", |lab| lab.gone.url.clone()),
    ];
    resources
        .into_iter()
        .map(|(what, payload, which)| {
            case(
                format!("another's {what}"),
                OWNER,
                UNAUTHORIZED,
                move |lab, nonce| lab.request(&which(lab), nonce, payload),
            )
        })
        .collect()
}

fn unknown() -> Vec<Case> {
    const ID: &str = "0198c2f4-0000-7000-8000-000000000000";
    const SERIAL: &str = "014e20000102030405060708090a0b0c";
    let mut cases: Vec<Case> = [
        format!("/acme/order/{ID}"),
        format!("/acme/order/{ID}/"),
        format!("/acme/authz/{ID}"),
        format!("/acme/challenge/{ID}/{ID}"),
        format!("/acme/cert/{SERIAL}"),
        "/acme/cert/00".to_owned(),
        "/acme/order/1".to_owned(),
        "/acme/order/../order".to_owned(),
        "/acme/order/%00".to_owned(),
        "/acme/nothing".to_owned(),
        "/acme//new-order".to_owned(),
        "/ACME/new-order".to_owned(),
        "/acme/new-order/".to_owned(),
        format!("/acme/{}", "x".repeat(3000)),
        "/.well-known/acme-challenge/x".to_owned(),
        "/index.php?page=../../etc/passwd".to_owned(),
    ]
    .into_iter()
    .map(|path| {
        let shown: String = path.chars().take(60).collect();
        case(
            format!("POST to {shown}"),
            "RFC 9110 section 15.5.5",
            NOT_FOUND,
            move |lab, nonce| {
                let base = lab.directory.new_order.replace("/acme/new-order", "");
                lab.request(&format!("{base}{path}"), nonce, "")
            },
        )
    })
    .collect();
    cases.push(case(
        "GET of nothing",
        "RFC 9110 section 15.5.5",
        NOT_FOUND,
        |lab, _| Sent::bare(Method::GET, &format!("{}/x", lab.directory.new_order)),
    ));
    cases.push(case(
        "an unknown challenge of an authorization",
        "RFC 9110 section 15.5.5",
        NOT_FOUND,
        |lab, nonce| {
            let base = lab.challenge.rsplit_once('/').map_or("", |(base, _)| base);
            lab.request(&format!("{base}/0198c2f4-0000-7000-8000-000000000000"), nonce, "")
        },
    ));
    cases
}

fn methods_and_media() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        Some("application/json"),
        Some("application/jose"),
        Some("application/jose+json; charset=utf-8"),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        None,
    ]
    .into_iter()
    .map(|content_type| {
        case(
            format!("Content-Type {content_type:?}"),
            MEDIA,
            (415, "malformed"),
            move |lab, nonce| Sent {
                content_type,
                ..lab.request(&lab.pending.url, nonce, "")
            },
        )
    })
    .collect();
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        cases.push(case(
            format!("{method} of an order"),
            "RFC 8555 section 6.3",
            (405, "malformed"),
            move |lab, _| Sent::bare(method.clone(), &lab.pending.url),
        ));
    }
    cases.push(case(
        "PUT of a good JWS",
        "RFC 8555 section 6.3",
        (405, "malformed"),
        |lab, nonce| Sent {
            method: Method::PUT,
            ..lab.request(&lab.pending.url, nonce, "")
        },
    ));
    cases.push(case(
        "POST to renewal information",
        "RFC 9773 section 4.1",
        (405, "malformed"),
        |lab, nonce| {
            let url = format!(
                "{}/AA.AA",
                lab.directory.renewal_info.as_deref().unwrap_or_default()
            );
            lab.request(&url, nonce, "")
        },
    ));
    for payload in ["{}", "null", " "] {
        for (what, which) in [
            ("an order", (|lab| &lab.pending.url) as fn(&Lab) -> &String),
            ("new-nonce", |lab| &lab.directory.new_nonce),
        ] {
            cases.push(case(
                format!("reading {what} with the payload {payload:?}"),
                "RFC 8555 section 6.3",
                MALFORMED,
                move |lab, nonce| lab.request(which(lab), nonce, payload),
            ));
        }
    }
    cases
}

#[tokio::test]
async fn urls_and_accounts_that_do_not_fit() -> anyhow::Result<()> {
    run(wrong_urls().into_iter().chain(wrong_accounts()).collect()).await
}

#[tokio::test]
async fn what_belongs_to_others_or_to_nobody() -> anyhow::Result<()> {
    run(of_others().into_iter().chain(unknown()).collect()).await
}

#[tokio::test]
async fn methods_and_media_types() -> anyhow::Result<()> {
    run(methods_and_media()).await
}
