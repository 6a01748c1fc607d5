//! Willing to issue: names, keys, and which challenges may prove what.
//!
//! - [`check_account_key`] and [`check_certificate_key`]: the quality of a public key.
//! - [`NamePolicy`]: the identifiers that certificates are issued for.
//! - [`offered`]: the challenge types for an identifier.
//! - [`Network`] and [`SpecialBlock`]: ranges of addresses.
//!
//! Pure: the caller has parsed the key or the identifier, and gets a verdict. Every refusal names the
//! rule that it follows from, in words that a client may read.

mod addresses;
mod challenges;
mod keys;
mod names;
mod special;

pub use addresses::{Network, NetworkError};
pub use challenges::offered;
pub use keys::{KeyFault, check_account_key, check_certificate_key};
pub use names::{Addresses, Domains, NamePolicy};
pub use special::{AddressClass, REGISTRY_DATE, SpecialBlock};
