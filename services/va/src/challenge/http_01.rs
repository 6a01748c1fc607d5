//! http-01 (RFC 8555 section 8.3, RFC 8738 section 3): the key authorization at a well-known URL.

use std::net::IpAddr;

use cairn_types::ErrorKind;
use http::HeaderValue;

use super::{Challenges, Claim};
use crate::hints;
use crate::http::{Ports, Reply, Target, fetch};
use crate::refusal::Refusal;
use crate::text::clean_bytes;
use crate::trace::Trace;

/// The most redirects that are followed.
const MAX_REDIRECTS: usize = 10;

/// How much of a wrong answer an explanation shows, in characters.
const SHOWN: usize = 200;

/// What requests look like and where they may go.
pub(crate) struct HttpSettings {
    pub(crate) ports: Ports,
    pub(crate) user_agent: HeaderValue,
}

pub(super) async fn perform(
    challenges: &Challenges,
    claim: &Claim<'_>,
    trace: &mut Trace,
) -> Result<(), Refusal> {
    let ports = challenges.http.ports;
    let mut target = Target::challenge(claim.host(), claim.token.as_str(), ports);
    let start = target.to_string();
    let expected = claim.key_authorization();
    let remedy = || {
        format!("Serve the text `{expected}` at `{start}`, as the whole body of an answer with status 200")
    };
    let mut visited = Vec::new();
    loop {
        let location = match request(challenges, &target, trace).await.map_err(|refusal| {
            let refusal = refusal.remedy(remedy);
            if visited.is_empty() {
                return refusal;
            }
            Refusal {
                what: format!("{start} redirects to {target}, and there: {}", refusal.what),
                ..refusal
            }
        })? {
            Reply::Redirect(location) => location,
            Reply::Body(body) => {
                judge(&body, &expected, &target, trace.peer()).map_err(|refusal| refusal.remedy(remedy))?;
                trace.matched(target.to_string());
                return Ok(());
            }
            Reply::Status(status, body) => {
                let what = format!(
                    "the server{} answered {target} with status {}",
                    at(trace.peer()),
                    status.as_u16()
                );
                return Err(Refusal::new(ErrorKind::IncorrectResponse, what)
                    .expected(expected.as_str())
                    .found(format!("\"{}\"", clean_bytes(&body, SHOWN)))
                    .remedy(|| match hints::status(status.as_u16()) {
                        Some(hint) => format!("{}. {hint}", remedy()),
                        None => remedy(),
                    }));
            }
        };
        if visited.len() == MAX_REDIRECTS {
            let what = format!("{start} redirects more than {MAX_REDIRECTS} times, at last to {target}");
            return Err(Refusal::new(ErrorKind::Connection, what).remedy(remedy));
        }
        let next = target.redirect(&location, claim.identifier, ports)?;
        visited.push(std::mem::replace(&mut target, next));
        trace.redirected(target.to_string());
        if visited.contains(&target) {
            let what = format!("the redirects of {start} run in a circle, again to {target}");
            return Err(Refusal::new(ErrorKind::Connection, what).remedy(remedy));
        }
    }
}

async fn request(challenges: &Challenges, target: &Target, trace: &mut Trace) -> Result<Reply, Refusal> {
    let stream = challenges
        .dialer
        .connect(&target.host, target.port, trace)
        .await?;
    fetch(
        stream,
        target,
        &challenges.http.user_agent,
        &challenges.tls,
        trace,
    )
    .await
}

/// Where an answer came from.
fn at(peer: Option<IpAddr>) -> String {
    peer.map_or_else(String::new, |address| format!(" at {address}"))
}

fn judge(body: &[u8], expected: &str, target: &Target, peer: Option<IpAddr>) -> Result<(), Refusal> {
    if body.trim_ascii_end() == expected.as_bytes() {
        return Ok(());
    }
    Err(Refusal::new(
        ErrorKind::IncorrectResponse,
        format!(
            "the server{} answered {target} with something other than the key authorization{}",
            at(peer),
            hints::wrong_file(body, expected).map_or_else(String::new, |hint| format!(": {hint}"))
        ),
    )
    .expected(expected)
    .found(format!("\"{}\"", clean_bytes(body, SHOWN))))
}
