//! The wire formats of ACME (RFC 8555 and its extensions), for servers and clients.
//!
//! Pure: no I/O, no clock or environment reads. All primitives are OpenSSL's.
//!
//! **A server** reads a request in two steps, and gets at the payload by a good signature only:
//!
//! ```
//! use cairn_acme::{Algorithm, KeyReference, ParsedJws, SignAs, SigningKey, json, objects};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The client's side: a key, a nonce that the server handed out, the URL of the request, a payload.
//! let account_key = SigningKey::generate(Algorithm::Es256)?;
//! let url = "https://ca.example/acme/new-account";
//! let body = account_key.sign(SignAs::Jwk, "bm9uY2U", url, br#"{"onlyReturnExisting":true}"#)?;
//!
//! // The server's side.
//! let request = ParsedJws::parse(body.as_bytes())?;
//! let KeyReference::Jwk(key) = request.header().key().clone() else {
//!     panic!("a kid names an account, whose key the server looks up")
//! };
//! let request = request.verify(&key)?;
//! assert_eq!(request.header().url(), url);
//! let payload: objects::NewAccount = json::from_slice(request.payload())?;
//! assert!(payload.only_return_existing);
//! # Ok(())
//! # }
//! ```
//!
//! | what | where |
//! |---|---|
//! | JWS: parse, verify, sign | [`ParsedJws`], [`Verified`], [`SigningKey`], [`Algorithm`] |
//! | JWK: parse, canonical text, thumbprint, OpenSSL key | [`PublicKey`] |
//! | key change, also verified on its own | [`KeyChange::verify`] |
//! | external account binding | [`ExternalAccountBinding`], [`sign_external_account_binding`] |
//! | finalize requests | [`finalize::csr`] |
//! | key authorizations | [`key_authorization()`], [`dns01_record`], [`key_authorization_digest`] |
//! | records that name accounts | [`dns_account01_name`], [`persist`] |
//! | messages | [`objects`], read by [`json::from_slice`] |
//! | URLs | [`paths`] |
//! | errors | [`ProblemDocument`] from [`cairn_types::Error`] |
//! | nonces | [`nonce::Nonces`] |
//! | renewal information | [`CertificateId`] |
//!
//! Errors of this crate turn into [`cairn_types::Error`] by `?`.

mod account_label;
mod ari;
pub mod base64url;
mod eab;
pub mod finalize;
mod hmac;
pub mod json;
mod jwk;
mod jws;
mod key_authorization;
mod key_change;
mod key_history;
pub mod nonce;
pub mod objects;
pub mod paths;
pub mod persist;
pub mod problem;

pub use account_label::dns_account01_name;
pub use ari::CertificateId;
pub use eab::{EabError, ExternalAccountBinding};
pub use jwk::{JwkError, KeyKind, PublicKey};
pub use jws::{
    Algorithm, Header, JwsError, KeyReference, MacAlgorithm, ParsedJws, SignAs, SigningKey, Verified,
    sign_external_account_binding,
};
pub use key_authorization::{dns01_record, key_authorization, key_authorization_digest};
pub use key_change::{KeyChange, KeyChangeError};
pub use key_history::{KeyHistory, KeyHistoryError};
pub use problem::ProblemDocument;
