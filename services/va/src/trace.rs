//! What an attempt did, for its receipt and for the explanation.

use std::net::{IpAddr, SocketAddr};

use cairn_evidence::Dnssec;
use cairn_types::Timestamp;

use crate::dns::Session;
use crate::text::{clean, cut};

const MAX_STEPS: usize = 48;
/// In characters.
const MAX_STEP: usize = 400;
/// Of all steps, in octets.
const MAX_OCTETS: usize = 6000;
/// Stands for the steps that found no room.
const MORE: &str = "further steps are left out";
const MAX_RESOLVED: usize = 64;
const MAX_CONTACTED: usize = 32;
const MAX_MATCHED: usize = 2000;

/// What an attempt did so far. Everything in it is bounded.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    steps: Vec<String>,
    doing: String,
    resolved: Vec<IpAddr>,
    contacted: Vec<SocketAddr>,
    redirects: Vec<String>,
    resolvers: Vec<String>,
    dnssec: Option<Dnssec>,
    session: Session,
    matched: Option<String>,
    valid_until: Option<Timestamp>,
}

impl Trace {
    /// Notes a step that was done. The text may come from strangers.
    pub(crate) fn step(&mut self, step: impl AsRef<str>) {
        self.doing.clear();
        if self.is_full() {
            return;
        }
        let step = clean(step.as_ref(), MAX_STEP);
        let octets = self.steps.iter().map(String::len).sum::<usize>() + step.len();
        if self.steps.len() + 1 < MAX_STEPS && octets <= MAX_OCTETS {
            self.steps.push(step);
        } else {
            self.steps.push(MORE.to_owned());
        }
    }

    fn is_full(&self) -> bool {
        self.steps.last().is_some_and(|last| last == MORE)
    }

    /// Notes what is being waited for, in case the time runs out: "connecting to …".
    pub(crate) fn doing(&mut self, what: impl Into<String>) {
        self.doing = what.into();
    }

    /// Notes that nothing is waited for any more.
    pub(crate) fn done(&mut self) {
        self.doing.clear();
    }

    /// What is being waited for; empty if nothing is.
    pub(crate) fn current(&self) -> &str {
        &self.doing
    }

    pub(crate) fn steps(&self) -> &[String] {
        &self.steps
    }

    pub(crate) fn resolved(&mut self, addresses: &[IpAddr]) {
        let room = MAX_RESOLVED - self.resolved.len().min(MAX_RESOLVED);
        self.resolved.extend(addresses.iter().take(room));
    }

    pub(crate) fn contacted(&mut self, address: SocketAddr) {
        if self.contacted.len() < MAX_CONTACTED {
            self.contacted.push(address);
        }
    }

    /// The address that was contacted last.
    pub(crate) fn peer(&self) -> Option<IpAddr> {
        self.contacted.last().map(SocketAddr::ip)
    }

    pub(crate) fn redirected(&mut self, url: String) {
        self.step(format!("redirected to {url}"));
        self.redirects.push(url);
    }

    /// Notes what proved control: the URL that answered, the record, or the server name and address of the handshake.
    pub(crate) fn matched(&mut self, mut what: String) {
        cut(&mut what, MAX_MATCHED);
        self.matched = Some(what);
    }

    /// Notes until when it does so by its own words.
    pub(crate) fn valid_until(&mut self, until: Timestamp) {
        self.valid_until = Some(until);
    }

    /// What proved control, and until when it does so by its own words.
    pub(crate) fn take_match(&mut self) -> (Option<String>, Option<Timestamp>) {
        (self.matched.take(), self.valid_until.take())
    }

    /// Notes who answered a look-up.
    pub(crate) fn resolver(&mut self, resolver: &str) {
        if !self.resolvers.iter().any(|known| known == resolver) {
            self.resolvers.push(resolver.to_owned());
        }
    }

    /// The parts that a receipt keeps: resolved addresses, contacted addresses, redirects.
    pub(crate) fn take_proof(&mut self) -> (Vec<IpAddr>, Vec<SocketAddr>, Vec<String>) {
        (
            std::mem::take(&mut self.resolved),
            std::mem::take(&mut self.contacted),
            std::mem::take(&mut self.redirects),
        )
    }

    /// Notes the state of an answer; the weakest is kept.
    pub(crate) fn dnssec(&mut self, state: Dnssec) {
        self.dnssec = Some(self.dnssec.map_or(state, |known| known.min(state)));
    }

    /// The weakest state of the answers so far; none if there were none. The next look-ups begin anew.
    pub(crate) fn take_dnssec(&mut self) -> Option<Dnssec> {
        self.dnssec.take()
    }

    /// What the attempt has learned of signed zones.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Who answered look-ups, separated by commas; `none` if nobody was asked.
    pub(crate) fn resolvers(&self) -> String {
        if self.resolvers.is_empty() {
            "none".to_owned()
        } else {
            self.resolvers.join(",")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_bounded_and_say_so() {
        let mut trace = Trace::default();
        (0..100).for_each(|index| trace.step(format!("step {index}")));
        assert_eq!(trace.steps().len(), MAX_STEPS);
        assert_eq!(trace.steps()[0], "step 0");
        assert_eq!(trace.steps()[MAX_STEPS - 1], MORE);
        let mut trace = Trace::default();
        (0..100).for_each(|_| trace.step("é".repeat(1000)));
        let octets: usize = trace.steps().iter().map(String::len).sum();
        assert!(octets <= MAX_OCTETS + MORE.len(), "{octets}");
        assert_eq!(trace.steps().iter().filter(|step| *step == MORE).count(), 1);
        trace.step("short");
        assert_eq!(trace.steps().last().map(String::as_str), Some(MORE));
    }
}
