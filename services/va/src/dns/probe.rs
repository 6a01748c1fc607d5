//! At start: whether the resolvers pass DNSSEC on. One that strips signatures, or that knows another root zone than
//! the trust anchor's, would make every validation fail.

use std::time::Duration;

use cairn_kit::Check;
use hickory_proto::rr::{Name, RecordType};

use super::dnssec::Validator;
use super::exchange::Server;
use super::{Dns, LookupError, Upstream};

/// How long to wait before resolvers are asked again; twice as long after each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What the resolvers that have not proved themselves yet said.
#[derive(Default)]
struct Found<'a> {
    pending: Vec<&'a Server>,
    /// Of those, what is wrong with the ones that answered.
    broken: Vec<String>,
    silent: Vec<String>,
}

impl Dns {
    /// Asks each resolver for the root zone's keys until it gave them with a good signature. The check passes when
    /// one did and no other gave a bad answer; a resolver that is silent is asked on, and not waited for.
    pub(crate) async fn prove_resolvers(&self, check: &Check) {
        let (Some(upstream), Some(validator)) = (&self.upstream, &self.validator) else {
            check.pass();
            return;
        };
        let mut pending: Vec<&Server> = upstream.all().iter().collect();
        let mut pause = FIRST_PAUSE;
        loop {
            let found = ask_all(upstream, validator, &pending).await;
            pending = found.pending;
            if !found.broken.is_empty() {
                let why = found.broken.join("; ");
                tracing::error!(why, "resolvers cannot be used for DNSSEC validation");
                check.fail(why);
            } else if pending.len() < upstream.all().len() {
                check.pass();
            } else {
                check.fail(found.silent.join("; "));
            }
            if pending.is_empty() {
                return;
            }
            if !found.silent.is_empty() {
                tracing::warn!(why = found.silent.join("; "), "resolvers did not answer");
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

async fn ask_all<'a>(upstream: &Upstream, validator: &Validator, pending: &[&'a Server]) -> Found<'a> {
    let root = Name::root();
    let asked = pending
        .iter()
        .map(|server| upstream.ask_one(server, &root, RecordType::DNSKEY));
    let answers = futures_util::future::join_all(asked).await;
    let mut found = Found::default();
    for (server, answer) in pending.iter().copied().zip(answers) {
        let resolver = &server.resolver;
        let verdict = answer.and_then(|message| Ok(validator.check_root(&message)?));
        match verdict {
            Ok(()) => continue,
            Err(LookupError::Bogus(fault)) => found.broken.push(format!(
                "resolver {resolver} strips DNSSEC signatures, or its root zone is not that of the trust anchor: {fault}"
            )),
            Err(error) => found.silent.push(format!("resolver {resolver}: {error}")),
        }
        found.pending.push(server);
    }
    found
}
