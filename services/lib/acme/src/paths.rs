//! Where the resources of RFC 8555 live below the front end's base URL.
//!
//! The front end serves them, the registration authority names accounts by them (RFC 8657 `accounturi`),
//! and the certificate authority finds an order in the `url` of a finalize request.

use cairn_types::{AccountId, AuthorizationId, ChallengeId, OrderId, Serial};

/// The directory.
pub const DIRECTORY: &str = "/directory";
/// Fresh nonces.
pub const NEW_NONCE: &str = "/acme/new-nonce";
/// Account creation and look-up.
pub const NEW_ACCOUNT: &str = "/acme/new-account";
/// Pre-authorization.
pub const NEW_AUTHZ: &str = "/acme/new-authz";
/// Order creation.
pub const NEW_ORDER: &str = "/acme/new-order";
/// Revocation.
pub const REVOKE_CERT: &str = "/acme/revoke-cert";
/// Account key change.
pub const KEY_CHANGE: &str = "/acme/key-change";
/// Renewal information (RFC 9773); the certificate id follows after a slash.
pub const RENEWAL_INFO: &str = "/acme/renewal-info";

/// An account.
pub fn account(id: AccountId) -> String {
    format!("/acme/account/{id}")
}

/// The page on which the holder of an account agrees to new terms of service (RFC 8555 section 7.3.3).
pub fn terms(id: AccountId, proof: &str) -> String {
    format!("/terms/{id}/{proof}")
}

/// The orders list of an account.
pub fn orders(id: AccountId) -> String {
    format!("/acme/account/{id}/orders")
}

/// An order.
pub fn order(id: OrderId) -> String {
    format!("/acme/order/{id}")
}

/// The finalize URL of an order.
pub fn finalize(id: OrderId) -> String {
    format!("/acme/order/{id}/finalize")
}

/// An authorization.
pub fn authorization(id: AuthorizationId) -> String {
    format!("/acme/authz/{id}")
}

/// A challenge of an authorization.
pub fn challenge(authorization: AuthorizationId, challenge: ChallengeId) -> String {
    format!("/acme/challenge/{authorization}/{challenge}")
}

/// The page that tells people what became of a challenge.
pub fn explanation(authorization: AuthorizationId, challenge: ChallengeId) -> String {
    format!("/explain/{authorization}/{challenge}")
}

/// A certificate with its default chain.
pub fn certificate(serial: Serial) -> String {
    format!("/acme/cert/{serial}")
}

/// A certificate with its `index`th alternate chain, counted from 1.
pub fn alternate(serial: Serial, index: usize) -> String {
    format!("/acme/cert/{serial}/{index}")
}

/// An issuer's certificate in DER.
pub fn issuer(id: &str) -> String {
    format!("/issuer/{id}")
}
