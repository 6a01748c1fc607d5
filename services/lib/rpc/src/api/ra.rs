//! What the registration authority is asked.

use cairn_types::{
    AccountId, AuthorizationId, ChallengeId, Identifier, OrderId, ProfileName, Serial, Timestamp,
};

/// A new account (RFC 8555 section 7.3), asked for by the holder of the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// The canonical JWK of the key that signed the request.
    pub jwk: String,
    /// Contact URLs.
    pub contact: Vec<String>,
    /// Whether the client agreed to the terms of service.
    pub terms_agreed: bool,
    /// The JSON of the external account binding, as received.
    pub external_account_binding: Option<String>,
    /// The URL of the request, which the binding repeats.
    pub url: String,
}

/// New contacts of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateContact {
    /// The account.
    pub account: AccountId,
    /// Contact URLs.
    pub contact: Vec<String>,
}

/// A change of key (RFC 8555 section 7.3.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeAccountKey {
    /// The account.
    pub account: AccountId,
    /// The flattened JWS, as received.
    pub request: Vec<u8>,
}

/// A new order (RFC 8555 section 7.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// The account.
    pub account: AccountId,
    /// What the certificate is to be for.
    pub identifiers: Vec<Identifier>,
    /// The profile; the default one if absent.
    pub profile: Option<ProfileName>,
    /// The wanted start of validity.
    pub not_before: Option<Timestamp>,
    /// The wanted end of validity.
    pub not_after: Option<Timestamp>,
    /// The certificate to replace (RFC 9773 section 5).
    pub replaces: Option<Serial>,
}

/// An authorization ahead of any order (RFC 8555 section 7.4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuthorization {
    /// The account.
    pub account: AccountId,
    /// What it is to be for.
    pub identifier: Identifier,
}

/// An authorization to give up (RFC 8555 section 7.5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeactivateAuthorization {
    /// The account.
    pub account: AccountId,
    /// The authorization.
    pub authorization: AuthorizationId,
}

/// A challenge that the client is ready for (RFC 8555 section 7.5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerChallenge {
    /// The account.
    pub account: AccountId,
    /// The authorization.
    pub authorization: AuthorizationId,
    /// The challenge.
    pub challenge: ChallengeId,
}

/// An order to finalize (RFC 8555 section 7.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finalize {
    /// The account.
    pub account: AccountId,
    /// The order.
    pub order: OrderId,
    /// DER of the PKCS#10 request.
    pub csr: Vec<u8>,
    /// The flattened JWS, as received.
    pub request: Vec<u8>,
}

/// Who asks for a revocation (RFC 8555 section 7.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevocationSigner {
    /// An account.
    Account(AccountId),
    /// The holder of this key, which must be the certificate's.
    Key(String),
}

/// A certificate to revoke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoke {
    /// Its DER, as received.
    pub certificate: Vec<u8>,
    /// The `CRLReason` code, if the client gave one.
    pub reason: Option<i64>,
    /// Who asks.
    pub signer: RevocationSigner,
}
