//! JSON Web Signatures in the one form that ACME uses (RFC 8555 section 6.2): flattened JSON, one
//! signature, everything protected.
//!
//! Reading is a typestate: [`ParsedJws`] shows the header, [`Verified`] the payload, and the second is
//! made from the first by a good signature only. Writing is [`SigningKey`].

mod algorithm;
mod envelope;
mod error;
mod mac;
mod parsed;
mod sign;
#[cfg(test)]
mod tests;
mod verify;

pub use algorithm::{Algorithm, MacAlgorithm};
pub use error::JwsError;
pub(crate) use mac::ParsedMacJws;
pub use parsed::{Header, KeyReference, ParsedJws, Verified};
pub use sign::{SignAs, SigningKey, sign_external_account_binding};
