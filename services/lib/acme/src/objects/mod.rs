//! The JSON objects of RFC 8555 and its extensions, one file each.
//!
//! Requests are read by [`crate::json::from_slice`]: unknown members are ignored, as RFC 8555 asks of
//! servers, members of the wrong type and repeated ones are refused. Responses serialize without
//! members that are absent, and clients read them with the same types.

mod account;
mod authorization;
mod challenge;
mod directory;
mod finalize;
mod identifier;
mod key_change;
mod order;
mod orders;
mod renewal_info;
mod revocation;
#[cfg(test)]
mod tests;
mod timestamp;

pub use account::{AccountObject, AccountUpdate, NewAccount};
pub use authorization::{AuthorizationObject, AuthorizationUpdate, NewAuthorization};
pub use challenge::ChallengeObject;
pub use directory::{Directory, DirectoryMeta};
pub use finalize::FinalizePayload;
pub use identifier::IdentifierObject;
pub use key_change::KeyChangePayload;
pub use order::{NewOrder, OrderObject};
pub use orders::OrdersList;
pub use renewal_info::{RenewalInfo, SuggestedWindow};
pub use revocation::RevocationPayload;
