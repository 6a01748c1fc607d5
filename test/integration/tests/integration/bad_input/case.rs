//! How a case is run.

use anyhow::{Context, Result, ensure};
use cairn_testkit::client::{Answer, Client};
use http::Request;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::lab::Lab;
use super::request::Sent;
use crate::support::{assert_problem, stack};

/// After how many cases the state is looked at.
const GROUP: usize = 8;

type Make = Box<dyn Fn(&Lab, &str) -> Sent>;

/// One bad request.
pub(super) struct Case {
    what: String,
    section: &'static str,
    status: u16,
    kind: &'static str,
    make: Make,
}

/// A case: what is wrong, the section it breaks, the status and error type that are due, and the request, made
/// from a fresh nonce.
pub(super) fn case(
    what: impl Into<String>,
    section: &'static str,
    (status, kind): (u16, &'static str),
    make: impl Fn(&Lab, &str) -> Sent + 'static,
) -> Case {
    Case {
        what: what.into(),
        section,
        status,
        kind,
        make: Box::new(make),
    }
}

/// 400 malformed, the most frequent answer.
pub(super) const MALFORMED: (u16, &str) = (400, "malformed");

/// 403 unauthorized.
pub(super) const UNAUTHORIZED: (u16, &str) = (403, "unauthorized");

impl Case {
    async fn run(&self, lab: &Lab, client: &mut Client) -> Result<()> {
        let nonce = client.nonce().await?;
        let sent = (self.make)(lab, &nonce);
        let is_post = sent.method == http::Method::POST;
        let answer = send(client, sent).await?;
        client.keep_nonce(&answer);
        let problem = assert_problem(&answer, self.status, self.kind)?;
        ensure!(
            answer.links("index") == [stack()?.directory_url()],
            "no link to the directory"
        );
        ensure!(!is_post || answer.nonce().is_some(), "no fresh nonce");
        let names_algorithms = problem.algorithms.is_some_and(|names| names.len() == 5);
        ensure!(
            (self.kind == "badSignatureAlgorithm") == names_algorithms,
            "the algorithms that are supported"
        );
        Ok(())
    }
}

async fn send(client: &mut Client, sent: Sent) -> Result<Answer> {
    let mut request = Request::builder().method(sent.method).uri(&sent.url);
    if let Some(content_type) = sent.content_type {
        request = request.header(CONTENT_TYPE, content_type);
    }
    Ok(client
        .connection()
        .send(&sent.url, request.body(sent.body.into()))
        .await?)
}

/// Runs a batch, and reports all cases that go wrong.
pub(super) async fn run(cases: Vec<Case>) -> Result<()> {
    let lab = Lab::new().await?;
    run_in(&lab, cases).await
}

fn differences(before: &[Value], after: &[Value]) -> Vec<String> {
    let pairs = before.iter().zip(after).filter(|(before, after)| before != after);
    pairs
        .map(|(before, after)| format!("{before} to {after}"))
        .collect()
}

/// The same among accounts and orders that are there already.
pub(super) async fn run_in(lab: &Lab, cases: Vec<Case>) -> Result<()> {
    let mut client = lab.client().await?;
    let mut before = lab.snapshot().await?;
    let mut failures = Vec::new();
    for group in cases.chunks(GROUP) {
        for case in group {
            if let Err(error) = case.run(lab, &mut client).await {
                failures.push(format!("{} ({}): {error:#}", case.what, case.section));
            }
        }
        let after = lab.snapshot().await.context("after a group of cases")?;
        if after != before {
            let group: Vec<&str> = group.iter().map(|case| case.what.as_str()).collect();
            let changes = differences(&before, &after).join(", ");
            failures.push(format!("one of {group:?} changed {changes}"));
            before = after;
        }
    }
    lab.still_serves().await?;
    ensure!(
        failures.is_empty(),
        "{} in {} cases:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
    Ok(())
}
