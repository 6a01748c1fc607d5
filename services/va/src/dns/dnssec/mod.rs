//! DNSSEC: whether answers are what their zones signed, followed from the trust anchor down.
//!
//! | Module | Gives |
//! |---|---|
//! | `anchor` | the keys of the root zone that are trusted |
//! | `session` | the zones on the way to a name, with their keys, asked for once in an attempt |
//! | `verify` | the state of one answer, or of there being none |
//! | `signature`, `set`, `algorithm` | one signature over one set of records |
//! | `denial` | proofs that there is nothing, by NSEC and NSEC3 |
//! | `fault` | what is wrong, in words |

mod algorithm;
mod anchor;
mod denial;
mod fault;
#[cfg(feature = "fuzz")]
mod fuzz;
mod rdata;
mod session;
mod set;
mod signature;
mod verify;

use std::sync::Arc;

use cairn_types::Clock;
use hickory_proto::op::Message;
use hickory_proto::rr::{Name, RecordType};

pub(crate) use anchor::TrustAnchor;
pub(crate) use fault::Fault;
#[cfg(feature = "fuzz")]
pub use fuzz::authenticates;
pub(crate) use session::Session;

use super::{Dnssec, LookupError, Upstream};
use session::Asker;
use set::Set;
use signature::{Budget, Checker};

/// Judges answers.
pub(crate) struct Validator {
    anchor: TrustAnchor,
    clock: Arc<dyn Clock>,
}

impl Validator {
    pub(crate) fn new(anchor: TrustAnchor, clock: Arc<dyn Clock>) -> Self {
        Self { anchor, clock }
    }

    /// The state of what a message says about the records of a type at a name: that there are some, an alias, or
    /// nothing. An error if it is not authentic, or if that cannot be found out.
    pub(super) async fn judge(
        &self,
        session: &Session,
        upstream: &Upstream,
        message: &Message,
        (name, kind): (&Name, RecordType),
    ) -> Result<Dnssec, LookupError> {
        let asker = Asker {
            upstream,
            anchor: &self.anchor,
            now: self.clock.now(),
        };
        let found = [kind, RecordType::CNAME]
            .into_iter()
            .find_map(|kind| Set::find(&message.answers, name, kind));
        match found {
            Some(set) => verify::records(session, &asker, message, &set).await,
            None => verify::absence(session, &asker, message, name, kind).await,
        }
    }

    /// Whether a response has the root zone's keys, signed by one that is trusted.
    pub(super) fn check_root(&self, message: &Message) -> Result<(), Fault> {
        let budget = Budget::new(16);
        let checker = Checker {
            now: self.clock.now(),
            budget: &budget,
        };
        session::root_zone(checker, &self.anchor, &message.answers).map(|_| ())
    }
}
