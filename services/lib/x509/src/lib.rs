//! Certificate requests, to-be-signed certificates, extensions, chains and lints, to the byte.
//!
//! The way of a certificate through this crate:
//!
//! 1. [`CertificateRequest::parse`] reads what a client sent and proves that it holds the key.
//! 2. [`Profile::validity`] decides from when to when; [`build`] makes the to-be-signed bytes.
//! 3. [`lint()`] reads those bytes with a decoder of its own, compares every field with what the profile
//!    allows, and gives a [`LintedTbs`]. Nothing else can be signed:
//! 4. [`Issuer::sign`] takes it to a [`SignedCertificate`], and verifies the signature.
//!
//! Keys stay behind [`Sign`]; [`SoftwareKey`] is one in memory. [`authority`] makes the certificates of a CA
//! itself and of its services. [`pem`] and [`check_chain`] read and check bundles; [`CertificateView`] reads
//! a certificate that was issued, [`TbsView`] its signed part alone.
//!
//! Pure: no I/O, no clock. OpenSSL does the cryptography, the `der` crate the encoding.

pub mod authority;
mod certificate;
mod chain;
mod csr;
mod extensions;
mod issuer;
mod lint;
pub mod pem;
mod profile;
mod public_key;
mod sign;
mod signature;
mod tbs;
#[cfg(test)]
mod testing;
mod validity;

pub use certificate::{CertificateError, CertificateView, TbsView, signed_part};
pub use chain::{ChainError, check_chain};
pub use csr::{CertificateRequest, CsrError, MAX_CSR_LENGTH};
pub use der::asn1::ObjectIdentifier;
pub use extensions::ExtendedUsage;
pub use issuer::{Issuer, IssuerCertificate, IssuerError, IssuerUrls, SignedCertificate};
pub use lint::{LintError, LintedTbs, Subject, lint};
pub use profile::{Profile, ProfileError};
pub use public_key::{PublicKey, PublicKeyError};
pub use sign::{Sign, SignError, SoftwareKey, ToBeSigned};
pub use signature::SignatureAlgorithm;
pub use tbs::{BuildError, Leaf, build};
pub use validity::{Period, RequestedValidity, Validity, ValidityError};
