//! Climbing the tree: the records of the closest name that has any (RFC 8659 section 3).

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use hickory_proto::rr::rdata::CAA;

use cairn_evidence::Dnssec;

use crate::dns::{CaaAnswer, Dns, LookupError, Session};

/// How many look-ups of one climb run at the same time.
const PARALLEL: usize = 4;

/// What a climb found.
pub(super) struct Climbed {
    /// The closest name that has records, and these.
    pub(super) found: Option<(String, Vec<CAA>)>,
    /// The resolvers that answered.
    pub(super) servers: Vec<String>,
    /// The weakest state of the answers that it rests on.
    pub(super) dnssec: Option<Dnssec>,
}

/// Asks for the CAA records of the name, its parent and so on to the top-level domain, and returns the first that
/// are there. An error below them, or anywhere if there are none, ends the climb: it comes with its name.
pub(super) async fn climb(
    dns: &Dns,
    session: &Session,
    name: &str,
) -> Result<Climbed, (String, LookupError)> {
    let ask = async |at| (at, dns.caa(at, session).await);
    let mut names = ancestors(name);
    // Answers come in the order of the names, whichever arrives first.
    let mut answers: FuturesOrdered<_> = names.by_ref().take(PARALLEL).map(ask).collect();
    let mut climbed = Climbed {
        found: None,
        servers: Vec::new(),
        dnssec: None,
    };
    while let Some((at, answer)) = answers.next().await {
        let CaaAnswer {
            records,
            dnssec,
            server,
        } = answer.map_err(|error| (at.to_owned(), error))?;
        if !climbed.servers.contains(&server) {
            climbed.servers.push(server);
        }
        climbed.dnssec = Some(climbed.dnssec.map_or(dnssec, |known| known.min(dnssec)));
        if !records.is_empty() {
            climbed.found = Some((at.to_owned(), records));
            break;
        }
        answers.extend(names.next().map(ask));
    }
    Ok(climbed)
}

/// The name and its ancestors, down to the last label.
fn ancestors(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, parent)| parent))
}

#[cfg(test)]
mod tests {
    use super::ancestors;

    #[test]
    fn every_ancestor_once() {
        assert_eq!(
            ancestors("a.b.example").collect::<Vec<_>>(),
            ["a.b.example", "b.example", "example"]
        );
        assert_eq!(ancestors("example").collect::<Vec<_>>(), ["example"]);
    }
}
