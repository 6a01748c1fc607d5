//! Receipts: what a validator signs and the signer verifies again before it signs.
//!
//! Each perspective of the validation authority writes a [`Receipt`] about every attempt, successful
//! or not, and signs it with its own key ([`ReceiptSigner`]). The certificate authority holds a
//! [`Policy`] with the public keys. Its [`Policy::open`] checks the signatures of all receipts that
//! came with an order, and [`Bundle::verify`] answers for one identifier at a time:
//!
//! ```
//! # use cairn_evidence::{EvidenceError, Expectation, Policy, VerifiedEvidence};
//! # fn check(
//! #     policy: &Policy, receipts: &[Vec<u8>], expectations: &[Expectation],
//! # ) -> Result<Vec<VerifiedEvidence>, EvidenceError> {
//! let bundle = policy.open(receipts)?;
//! expectations.iter().map(|expected| bundle.verify(expected)).collect()
//! # }
//! ```
//!
//! A [`VerifiedEvidence`] cannot be had in any other way, so a function that takes one needs no
//! check of its own.
//!
//! # What counts
//! - Every receipt of a bundle must decode, be canonical, and carry a good signature, or the whole
//!   bundle is refused: somebody tampered with it. A receipt by a key that the policy does not list
//!   counts for nothing.
//! - Receipts are picked by identifier and wildcard; those picked must be about the expected account,
//!   by URL and by one of the accepted key thumbprints.
//! - A perspective counts once, if it has a successful validation that is not too old, by a method
//!   that the policy allows (a wildcard only by dns-01, an address never by dns-01), and if the newest
//!   thing it said about CAA is a permission that is not too old. That permission is part of the
//!   validation, or a later receipt of a CAA check alone.
//! - Perspectives corroborate each other only if they took part in the same attempt, by its id, and saw
//!   the same token and key authorization by the same method. Their number must reach the quorum, and
//!   their regions the minimum.
//! - A refusal never counts.
//!
//! # Encoding, version 2
//! Two protocol buffer messages. A receipt is `version` = 2, then its fields in the order of their
//! tags (see `wire.rs`), default values left out, as prost writes them; a decoder encodes what it read
//! and refuses any difference, so one receipt has one encoding. The signature is Ed25519, or ECDSA with
//! SHA-256 on P-256, over the octets `cairn receipt v2\0` and the encoded receipt. The envelope is
//! `{1: SHA-256 of the key's SubjectPublicKeyInfo, 2: encoded receipt, 3: signature}`.

mod error;
mod key;
mod policy;
mod receipt;
mod signed;
mod verify;
mod wire;

pub use error::{EvidenceError, PolicyError, Skipped, Why};
pub use policy::{MAX_CAA_AGE, Perspective, Policy, Rules};
pub use receipt::{Caa, CaaVerdict, Check, Dnssec, Outcome, Proof, Receipt, Rir};
pub use signed::{MAX_RECEIPT_LEN, ReceiptSigner, SignedReceipt};
pub use verify::{Bundle, CLOCK_SKEW, Expectation, VerifiedEvidence};
