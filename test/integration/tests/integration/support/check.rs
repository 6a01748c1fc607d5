//! Checks that many tests make.

use anyhow::{Context, Result, bail, ensure};
use cairn_acme::{ProblemDocument, problem};
use cairn_testkit::client::{Answer, ClientError};
use openssl::x509::X509;

/// What must never reach a client: languages, files and places of the inside.
const INTERNALS: [&str; 16] = [
    "panick",
    ".rs:",
    "src/",
    "/tmp/",
    "/home/",
    env!("CARGO_MANIFEST_DIR"),
    "sqlite",
    "diesel",
    "SELECT ",
    "INSERT ",
    "grpc",
    "tonic",
    "h2 protocol",
    "openssl",
    "Status {",
    "Some(",
];

/// That a text shows nothing of the inside.
pub(crate) fn hides_internals(text: &str) -> Result<()> {
    let lower = text.to_lowercase();
    match INTERNALS
        .iter()
        .find(|inside| lower.contains(&inside.to_lowercase()))
    {
        Some(inside) => bail!("shows {inside:?}: {text}"),
        None => Ok(()),
    }
}

/// That an answer is a problem document of that status and ACME error type, with a text, and nothing else.
pub(crate) fn assert_problem(answer: &Answer, status: u16, kind: &str) -> Result<ProblemDocument> {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let shown = || format!("{}: {} {text}", answer.url, answer.status);
    ensure!(answer.status.as_u16() == status, "{}, not {status}", shown());
    ensure!(
        answer.content_type() == Some(problem::CONTENT_TYPE),
        "{}: {:?}",
        shown(),
        answer.content_type()
    );
    let document: ProblemDocument = answer.json()?;
    ensure!(
        document.kind == format!("{}{kind}", problem::NAMESPACE),
        "{}, not {kind}",
        shown()
    );
    ensure!(document.status == Some(status), "the status inside: {}", shown());
    ensure!(document.detail.len() > 8, "no detail: {}", shown());
    hides_internals(&text)?;
    Ok(document)
}

/// The same for a request that should have failed.
pub(crate) fn assert_refused<T>(
    result: Result<T, ClientError>,
    status: u16,
    kind: &str,
) -> Result<ProblemDocument> {
    let Err(error) = result else {
        bail!("succeeded, where {status} {kind} was expected");
    };
    let ClientError::Problem {
        status: found,
        document,
        ..
    } = &error
    else {
        return Err(error.into());
    };
    ensure!(
        found.as_u16() == status && document.short_type() == kind,
        "{error}, not {status} {kind}"
    );
    Ok((**document).clone())
}

/// The names in a certificate, sorted: dNSNames and iPAddresses.
pub(crate) fn leaf_names(certificate: &X509) -> Result<Vec<String>> {
    let entries = certificate.subject_alt_names().context("no subjectAltName")?;
    let mut names = Vec::new();
    for entry in &entries {
        match (entry.dnsname(), entry.ipaddress()) {
            (Some(name), None) => names.push(name.to_owned()),
            (None, Some(octets)) => match <[u8; 4]>::try_from(octets) {
                Ok(octets) => names.push(std::net::Ipv4Addr::from(octets).to_string()),
                Err(_) => names.push(std::net::Ipv6Addr::from(<[u8; 16]>::try_from(octets)?).to_string()),
            },
            _ => bail!("a subjectAltName of another kind"),
        }
    }
    names.sort();
    Ok(names)
}
