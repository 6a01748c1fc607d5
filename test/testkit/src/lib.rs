//! What tests and benches of a running CA need. Never part of a service.
//!
//! | what | where |
//! |---|---|
//! | an ACME client | [`client::Client`], [`client::Account`] |
//! | requests that no client would send | [`raw`] |
//! | certificate requests, good and bad | [`csr::CsrBuilder`], [`keys`] |
//! | challenge responders | [`responder::Http01`], [`responder::TlsAlpn01`] |
//! | a DNS server with the records of one's choice | [`dns::DnsServer`] |
//! | a whole CA from `cairn local` | [`stack::Stack`] |
//! | waiting for something | [`poll::until`] |
//!
//! Everything runs on loopback addresses. It knows no service's code: it talks to the processes as their
//! users do.

pub mod client;
pub mod csr;
pub mod der;
pub mod dns;
pub mod keys;
pub mod names;
pub mod poll;
pub mod raw;
pub mod responder;
pub mod stack;
