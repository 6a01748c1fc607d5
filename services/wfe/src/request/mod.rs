//! From the bytes of a request to something that a handler may act on.
//!
//! For a POST: [`body`] reads what may be read, then [`Wfe::authenticate`](crate::front::Wfe) and its
//! like check, in this order: form of the JWS and its algorithm, who signed, signature, state of the
//! account, nonce, URL. What they return, [`Authenticated`] or [`SignedByKey`], is the proof of it.

mod accounts;
mod authenticate;
pub(crate) mod body;
mod spent;

use std::net::IpAddr;

use cairn_rpc::Context;
use cairn_types::Timestamp;
use http::{HeaderMap, Method};

pub(crate) use accounts::{Accounts, KnownAccount};
pub(crate) use authenticate::{Authenticated, SignedByKey, Signer};
pub(crate) use spent::{MemorySpentNonces, SpentNonces};

/// A request without its body.
pub(crate) struct Call {
    /// Its id and deadline.
    pub(crate) context: Context,
    /// When it came.
    pub(crate) now: Timestamp,
    /// From where.
    pub(crate) client: IpAddr,
    pub(crate) method: Method,
    /// Path and query, as in the request line.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
}

impl Call {
    /// The part of the target after the question mark.
    pub(crate) fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }
}
