//! An ACME client: one connection, a pool of nonces, and every request of RFC 8555.
//!
//! Not for the public Internet: it knows nothing of proxies, and gives up at the first surprise.
//!
//! A [`Client`] talks to one server; an [`Account`] is a client with a key and an account URL. Both use one
//! keep-alive connection, so that a load generator gives each of its workers one of them.

mod account;
mod answer;
mod certificate;
mod connection;
mod error;
mod issue;
mod order;
mod session;

pub use account::Account;
pub use answer::Answer;
pub use certificate::CertificateChain;
pub use connection::{Connection, Trust};
pub use error::ClientError;
pub use issue::{Issued, PATIENCE, Prover};
pub use order::{Order, dns_identifiers, dns_order};
pub use session::{Client, JOSE};

/// The result of a request.
pub type Result<T> = std::result::Result<T, ClientError>;
