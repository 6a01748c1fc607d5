//! Below ACME: requests that HTTP itself forbids, and those that do not end (RFC 9110, RFC 9112).

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cairn_testkit::raw::RawConnection;

use super::lab::Lab;
use crate::support::{hides_internals, stack};

/// How long the server may take to lose its patience: the tests give it two seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request as octets, and the statuses that it may get; a closed connection without an answer is as good, unless
/// the list is marked by a leading 0.
struct Raw {
    what: &'static str,
    section: &'static str,
    request: String,
    statuses: &'static [u16],
}

fn raw(
    what: &'static str,
    section: &'static str,
    request: impl Into<String>,
    statuses: &'static [u16],
) -> Raw {
    Raw {
        what,
        section,
        request: request.into(),
        statuses,
    }
}

fn post(headers: &str, body: &str) -> String {
    format!(
        "POST /acme/new-order HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/jose+json\r\n{headers}\r\n{body}"
    )
}

fn get(target: &str, headers: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn requests() -> Vec<Raw> {
    const LENGTHS: &str = "RFC 9112 section 6.3";
    let smuggled = "0\r\n\r\nGET /directory HTTP/1.1\r\nHost: localhost\r\n\r\n";
    vec![
        raw(
            "a length and chunks",
            LENGTHS,
            post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", smuggled),
            &[400],
        ),
        raw(
            "chunks and a length",
            LENGTHS,
            post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", smuggled),
            &[400],
        ),
        raw(
            "two lengths",
            LENGTHS,
            post("Content-Length: 2\r\nContent-Length: 3\r\n", "{}x"),
            &[400],
        ),
        raw(
            "a list of lengths",
            LENGTHS,
            post("Content-Length: 2, 3\r\n", "{}x"),
            &[400],
        ),
        raw(
            "a negative length",
            LENGTHS,
            post("Content-Length: -1\r\n", ""),
            &[400],
        ),
        raw(
            "a length with a sign",
            LENGTHS,
            post("Content-Length: +2\r\n", "{}"),
            &[400],
        ),
        raw(
            "a length in hex",
            LENGTHS,
            post("Content-Length: 0x2\r\n", "{}"),
            &[400],
        ),
        raw(
            "a length beyond numbers",
            LENGTHS,
            post("Content-Length: 99999999999999999999\r\n", ""),
            &[400],
        ),
        raw(
            "a length that nobody needs",
            "RFC 9110 section 15.5.14",
            post("Content-Length: 9999999999\r\n", ""),
            &[413],
        ),
        raw(
            "an unknown coding",
            "RFC 9112 section 6.1",
            post("Transfer-Encoding: gzip\r\n", "{}"),
            &[400, 501],
        ),
        raw(
            "chunked, but not at last",
            "RFC 9112 section 6.1",
            post("Transfer-Encoding: chunked, gzip\r\n", smuggled),
            &[400, 501],
        ),
        raw(
            "a chunk that is no number",
            "RFC 9112 section 7.1",
            post("Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n"),
            &[400],
        ),
        raw(
            "a chunk beyond numbers",
            "RFC 9112 section 7.1",
            post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n"),
            &[400, 413],
        ),
        raw(
            "a space before the colon",
            "RFC 9112 section 5.1",
            get("/directory", "X : y\r\n"),
            &[400],
        ),
        raw(
            "a header without a colon",
            "RFC 9112 section 5",
            get("/directory", "nonsense\r\n"),
            &[400],
        ),
        raw(
            "a header name with a space",
            "RFC 9110 section 5.1",
            get("/directory", "A B: y\r\n"),
            &[400],
        ),
        raw(
            "a zero octet in a header",
            "RFC 9110 section 5.5",
            get("/directory", "X: a\0b\r\n"),
            &[400],
        ),
        raw(
            "a zero octet in the target",
            "RFC 9112 section 3.2",
            get("/dir\0ectory", ""),
            &[400],
        ),
        raw(
            "a space in the target",
            "RFC 9112 section 3.2",
            get("/dir ectory", ""),
            &[400],
        ),
        raw(
            "no request at all",
            "RFC 9112 section 3",
            "\u{16}\u{3}\u{1}\r\n\r\n",
            &[400],
        ),
        raw(
            "an unknown version",
            "RFC 9112 section 2.3",
            "GET /directory HTTP/9.9\r\nHost: localhost\r\n\r\n",
            &[400, 505],
        ),
        raw(
            "a method of nonsense",
            "RFC 9110 section 9.1",
            "G(T /directory HTTP/1.1\r\nHost: localhost\r\n\r\n",
            &[400],
        ),
        raw(
            "a target longer than any",
            "RFC 9110 section 15.5.15",
            get(&format!("/{}", "x".repeat(40_000)), ""),
            &[400, 404, 414, 431],
        ),
        raw(
            "a header larger than any",
            "RFC 6585 section 5",
            get("/directory", &format!("X: {}\r\n", "x".repeat(60_000))),
            &[400, 431],
        ),
        raw(
            "a thousand headers",
            "RFC 6585 section 5",
            get("/directory", &"X: y\r\n".repeat(1000)),
            &[400, 431],
        ),
        raw(
            "a proxy's request",
            "RFC 9110 section 9.3.6",
            "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n",
            &[400, 404, 405],
        ),
        raw(
            "HTTP/2 without its negotiation",
            "RFC 9113 section 3.3",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            &[400, 505],
        ),
    ]
}

async fn check(case: &Raw) -> Result<()> {
    let stack = stack()?;
    let mut connection = RawConnection::open(&stack.directory_url(), &stack.trust()?).await?;
    // The server may have seen enough before everything is written.
    drop(connection.write(case.request.as_bytes()).await);
    let answer = connection
        .read_to_end(PATIENCE)
        .await
        .context("neither an answer nor an end")?;
    hides_internals(&answer)?;
    ensure!(
        answer.matches("HTTP/1.1 ").count() <= 1,
        "two answers to one request: {answer}"
    );
    if let Some(line) = answer.lines().next() {
        let status: u16 = line.split(' ').nth(1).unwrap_or_default().parse().unwrap_or(0);
        ensure!(case.statuses.contains(&status), "{line}");
    }
    Ok(())
}

#[tokio::test]
async fn requests_that_http_forbids() -> Result<()> {
    let lab = Lab::new().await?;
    let before = lab.snapshot().await?;
    let cases = requests();
    let results = futures_util::future::join_all(cases.iter().map(check)).await;
    let failures: Vec<String> = cases
        .iter()
        .zip(results)
        .filter_map(|(case, result)| Some(format!("{} ({}): {:#}", case.what, case.section, result.err()?)))
        .collect();
    ensure!(lab.snapshot().await? == before, "changed something");
    lab.still_serves().await?;
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    Ok(())
}

/// The first part of a request, after which nothing more comes, and the statuses that it may get.
async fn cut_off(what: &str, part: &str, statuses: &[u16]) -> Result<()> {
    let stack = stack()?;
    let mut connection = RawConnection::open(&stack.directory_url(), &stack.trust()?).await?;
    connection.write(part.as_bytes()).await?;
    let answer = connection
        .read_to_end(PATIENCE)
        .await
        .with_context(|| format!("{what}: the server waits for ever"))?;
    hides_internals(&answer)?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    ensure!(
        status.is_none_or(|status| statuses.contains(&status)),
        "{what}: {answer}"
    );
    Ok(())
}

#[tokio::test]
async fn requests_that_do_not_go_on_are_cut_off() -> Result<()> {
    let body = post("Content-Length: 100\r\n", "{\"protected\":");
    let chunk = post("Transfer-Encoding: chunked\r\n", "5\r\n{}");
    let waits = [
        cut_off("half a request line", "POST /acme/new-or", &[400, 408]),
        cut_off(
            "half a header",
            "POST /acme/new-order HTTP/1.1\r\nHost: loc",
            &[400, 408],
        ),
        cut_off("half a body", &body, &[400, 408]),
        cut_off("half a chunk", &chunk, &[400, 408]),
    ];
    futures_util::future::try_join_all(waits).await?;
    Ok(())
}

#[tokio::test]
async fn a_body_that_does_not_end_is_cut_off() -> Result<()> {
    let stack = stack()?;
    let mut connection = RawConnection::open(&stack.directory_url(), &stack.trust()?).await?;
    connection
        .write(post("Transfer-Encoding: chunked\r\n", "").as_bytes())
        .await?;
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
    let mut written = 0;
    // As long as the server listens; a connection that it closes ends the loop.
    while written < 1000 && connection.write(chunk.as_bytes()).await.is_ok() {
        written += 1;
    }
    ensure!(written < 1000, "4 MB were read");
    Ok(())
}

#[tokio::test]
async fn a_body_that_breaks_off_changes_nothing() -> Result<()> {
    let lab = Lab::new().await?;
    let mut client = lab.client().await?;
    let before = lab.snapshot().await?;
    let nonce = client.nonce().await?;
    let body = lab.order_jws(&nonce).body();
    let stack = stack()?;
    let mut connection = RawConnection::open(&stack.directory_url(), &stack.trust()?).await?;
    let request = post(
        &format!("Content-Length: {}\r\n", body.len()),
        &body[..body.len() - 1],
    );
    connection.write(request.as_bytes()).await?;
    drop(connection);
    ensure!(lab.snapshot().await? == before, "changed something");
    lab.still_serves().await
}
