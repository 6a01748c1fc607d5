//! Ids, identifiers, states, errors and the `Clock` and `Rng` traits that all of Cairn shares.
//!
//! Pure: no I/O, no clock or environment reads, no runtime. Everything that crosses from one
//! service to another is a type of this crate, so what a value may be is decided here, once.

mod account;
mod authorization;
mod certificate;
mod challenge;
mod challenge_type;
mod error;
mod id;
mod identifier;
mod issuance;
mod lease;
mod order;
mod serial;
mod text_enum;
mod time;
mod validation;

pub use account::{Account, AccountStatus, Thumbprint};
pub use authorization::{Authorization, AuthorizationStatus};
pub use certificate::{Certificate, Revocation, RevocationReason};
pub use challenge::{Challenge, ChallengeStatus, Token};
pub use challenge_type::ChallengeType;
pub use error::{Error, ErrorKind, Problem, Result, Subproblem};
pub use id::{AccountId, AuthorizationId, ChallengeId, Id, IdKind, LeaseId, OrderId};
pub use identifier::{DnsName, Identifier, IdentifierError, MAX_IDENTIFIERS};
pub use issuance::{KeyType, ProfileName, SpkiHash};
pub use lease::Lease;
pub use order::{Order, OrderStatus};
pub use serial::{Serial, SerialError};
pub use time::{Clock, Rng, Timestamp};
pub use validation::{CaaCheck, Observation, ValidationOutcome, ValidationRequest};

pub use std::time::Duration;
