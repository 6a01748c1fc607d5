//! What the storage authority is asked, and what it answers.

use cairn_types::{
    Account, AccountId, Authorization, AuthorizationId, ChallengeId, Identifier, Lease, LeaseId, Order,
    OrderId, Problem, ProfileName, Revocation, Serial, SpkiHash, Thumbprint, Timestamp,
};

/// A new account, and the external account key that binds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateAccount {
    /// The account to store.
    pub account: Account,
    /// The id of its external account key, which binds one account at the most.
    pub external_account_key_id: Option<String>,
}

/// The account of a key, and whether this call created it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedAccount {
    /// The account.
    pub account: Account,
    /// False if the key had an account already.
    pub created: bool,
}

/// A change of an account's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeKey {
    /// The account.
    pub id: AccountId,
    /// The thumbprint of the key that is replaced.
    pub old_thumbprint: Thumbprint,
    /// The canonical JWK of the new key.
    pub new_jwk: String,
    /// Its thumbprint.
    pub new_thumbprint: Thumbprint,
    /// The flattened JWS of RFC 8555 section 7.3.5, as received.
    pub request: Vec<u8>,
}

/// A new order with the authorizations that are made for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateOrder {
    /// The order; it names reused and new authorizations in the order of its identifiers.
    pub order: Order,
    /// The new ones.
    pub new_authorizations: Vec<Authorization>,
    /// The same order takes its place if it was placed since then and nothing came of it yet; none does if absent.
    pub placed_since: Option<Timestamp>,
}

/// The start of a finalization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BeginFinalize {
    /// The order.
    pub order: OrderId,
    /// The flattened JWS of the finalize request, as received.
    pub request: Vec<u8>,
    /// The lease to take.
    pub lease: Lease,
}

/// The order, and whether the lease was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunFinalize {
    /// The order as it is now.
    pub order: Order,
    /// Whether the caller holds the lease.
    pub leased: bool,
    /// What was proved for the order, if the caller holds the lease.
    pub evidence: Vec<AuthorizationEvidence>,
}

/// An order whose lease ran out and was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedOrder {
    /// The order.
    pub order: Order,
    /// The flattened JWS of the finalize request, as received.
    pub request: Vec<u8>,
    /// The caller's lease.
    pub lease: Lease,
}

/// Work to take over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Who takes it.
    pub owner: String,
    /// Until when.
    pub deadline: Timestamp,
    /// How many pieces at the most.
    pub limit: u32,
}

/// Which valid authorizations to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindValidAuthorizations {
    /// Whose.
    pub account: AccountId,
    /// For what, as ordered.
    pub identifiers: Vec<Identifier>,
    /// Only those that are good until then at least.
    pub valid_until: Timestamp,
    /// Only those that were made since then; older ones are not looked at.
    pub made_since: Timestamp,
}

/// An authorization with the receipts that made it valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationEvidence {
    /// The authorization.
    pub authorization: Authorization,
    /// The receipts, encoded by `cairn-evidence`.
    pub receipts: Vec<Vec<u8>>,
    /// When CAA records were last found to permit issuance.
    pub caa_checked: Timestamp,
}

/// The start of a validation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BeginValidation {
    /// The authorization.
    pub authorization: AuthorizationId,
    /// The challenge that the client answered.
    pub challenge: ChallengeId,
    /// The lease to take.
    pub lease: Lease,
    /// Who answered it.
    pub account: AccountId,
}

/// The authorization, and whether the lease was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunValidation {
    /// The authorization as it is now.
    pub authorization: Authorization,
    /// Whether the caller holds the lease.
    pub leased: bool,
    /// The account's key, with which control is to be proved.
    pub thumbprint: Thumbprint,
}

/// A failed attempt that will be repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordAttempt {
    /// The authorization.
    pub authorization: AuthorizationId,
    /// The challenge.
    pub challenge: ChallengeId,
    /// The lease under which it was attempted.
    pub lease: LeaseId,
    /// Why it failed.
    pub problem: Problem,
    /// The lease's new deadline.
    pub deadline: Timestamp,
}

/// The end of a validation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishValidation {
    /// The authorization.
    pub authorization: AuthorizationId,
    /// The challenge.
    pub challenge: ChallengeId,
    /// The lease under which it was validated.
    pub lease: LeaseId,
    /// Why it failed, if it did.
    pub problem: Option<Problem>,
    /// Until when the authorization is valid, if it succeeded.
    pub expires: Timestamp,
    /// What the validators signed.
    pub receipts: Vec<Vec<u8>>,
}

/// Receipts of a later check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddReceipts {
    /// The authorization.
    pub authorization: AuthorizationId,
    /// What the validators signed.
    pub receipts: Vec<Vec<u8>>,
    /// When CAA records were found to permit issuance.
    pub caa_checked: Timestamp,
}

/// A validation whose lease ran out and was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedValidation {
    /// The authorization.
    pub authorization: Authorization,
    /// The challenge that is being validated.
    pub challenge: ChallengeId,
    /// The account key that control is to be proved with.
    pub thumbprint: Thumbprint,
    /// The caller's lease.
    pub lease: Lease,
}

/// A certificate without its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsigned {
    /// Its serial number.
    pub serial: Serial,
    /// The order it is for.
    pub order: OrderId,
    /// The account that ordered it.
    pub account: AccountId,
    /// The profile that shaped it.
    pub profile: ProfileName,
    /// The id of the issuer.
    pub issuer: String,
    /// What it is for.
    pub identifiers: Vec<Identifier>,
    /// The hash of its public key.
    pub spki: SpkiHash,
    /// The start of its validity.
    pub not_before: Timestamp,
    /// The end of its validity, inclusive.
    pub not_after: Timestamp,
    /// DER of the `TBSCertificate`.
    pub tbs: Vec<u8>,
}

/// What is stored for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTbs {
    /// The TBS of the order: the caller's, or an earlier one.
    pub unsigned: Unsigned,
    /// The certificate, if it was signed before.
    pub certificate: Option<Vec<u8>>,
}

/// A revocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokeCertificate {
    /// The certificate.
    pub serial: Serial,
    /// Since when and why.
    pub revocation: Revocation,
    /// Who revoked it: an account's URL, "certificate key" or an operator's name.
    pub by: String,
}
