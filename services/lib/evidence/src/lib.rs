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
//! let bundle = policy.open(receipts);
//! expectations.iter().map(|expected| bundle.verify(expected)).collect()
//! # }
//! ```
//!
//! A [`VerifiedEvidence`] cannot be had in any other way, so a function that takes one needs no
//! check of its own.
//!
//! # What counts
//! - A receipt that does not decode, is not canonical, is not signed by a key that the policy lists, or names another
//!   perspective or region than its key has, counts for nothing. So does one about another account (by URL and by
//!   the accepted key thumbprints), a refusal, a validation that is too old or whose proof has ended by its own
//!   words, one by a method that the policy or [`cairn_types::ChallengeType::may_prove`] does not allow for the
//!   identifier, and one for which a special-use address was contacted that it does not allow.
//! - What does not count does no harm either: a perspective in bad hands can withhold its word, and no more.
//! - Control is proved by one attempt, in which the primary and at least `quorum` remote perspectives in at least
//!   `min_regions` regions saw the same token and key authorization by the same method. They belong to the same
//!   attempt by its id, which each of them signed. A perspective counts once.
//! - Issuance is permitted by one attempt, the same or a later one that checked CAA alone, in which the primary and as
//!   many others permit it. A permission counts while it is not too old and the same perspective has not said
//!   otherwise since.
//! - Where the policy asks for it, the primary must have validated DNSSEC for both.
//!
//! # Encoding
//! Version 2, in `wire.rs` and, for whoever writes another verifier, in `docs/receipts.md`.

mod baseline;
mod error;
mod key;
mod policy;
mod receipt;
mod signed;
mod verifier;
mod verify;
mod wire;

pub use baseline::{MAX_CAA_AGE, MIN_REGIONS, MIN_REMOTES, allowed_failures, validation_reuse};
pub use error::{Claim, EvidenceError, Shortage, Skipped, Why};
pub use policy::{
    AddressConfig, EvidenceConfig, Methods, Perspective, PerspectiveConfig, Policy, PolicyError,
    ProfileTerms, Role, Rules,
};
pub use receipt::{Caa, CaaVerdict, Check, Dnssec, Outcome, Proof, Receipt, Rir};
pub use signed::{MAX_RECEIPT_LEN, ReceiptSigner, SignedReceipt};
pub use verifier::ReceiptVerifier;
pub use verify::{Bundle, CLOCK_SKEW, Expectation, VerifiedEvidence};
