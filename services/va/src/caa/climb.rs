//! Climbing the tree: the records of the closest name that has any (RFC 8659 section 3).

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use hickory_proto::rr::rdata::CAA;

use crate::dns::{Dns, LookupError};

/// How many look-ups of one climb run at the same time.
const PARALLEL: usize = 4;

/// What a climb found.
pub(super) struct Climbed {
    /// The closest name that has records, and these.
    pub(super) found: Option<(String, Vec<CAA>)>,
    /// The resolvers that answered.
    pub(super) servers: Vec<String>,
}

/// Asks for the CAA records of the name, its parent and so on to the top-level domain, and returns the first that
/// are there. An error below them, or anywhere if there are none, ends the climb: it comes with its name.
pub(super) async fn climb(dns: &Dns, name: &str) -> Result<Climbed, (String, LookupError)> {
    let mut names = ancestors(name);
    // Answers come in the order of the names, whichever arrives first.
    let mut answers: FuturesOrdered<_> = names.by_ref().take(PARALLEL).map(|at| ask(dns, at)).collect();
    let mut servers = Vec::new();
    while let Some((at, answer)) = answers.next().await {
        match answer {
            // A name that does not exist has no records; its parent may have.
            Err(LookupError::NxDomain) => {}
            Err(error) => return Err((at.to_owned(), error)),
            Ok((records, server)) => {
                if !servers.contains(&server) {
                    servers.push(server);
                }
                if !records.is_empty() {
                    let found = Some((at.to_owned(), records));
                    return Ok(Climbed { found, servers });
                }
            }
        }
        answers.extend(names.next().map(|at| ask(dns, at)));
    }
    Ok(Climbed { found: None, servers })
}

async fn ask<'n>(dns: &Dns, name: &'n str) -> (&'n str, Result<(Vec<CAA>, String), LookupError>) {
    (name, dns.caa(name).await)
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
