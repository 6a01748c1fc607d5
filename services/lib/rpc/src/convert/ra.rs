//! The messages of the registration authority and the certificate authority.

use cairn_proto::ca::v1 as ca;
use cairn_proto::publisher::v1 as publisher;
use cairn_proto::ra::v1 as pb;
use cairn_types::{AccountId, Result};

use super::{Wire, message, unfit};
use crate::api::ca::{IdentifierEvidence, Issue};
use crate::api::publisher::SubmitPrecertificate;
use crate::api::ra::{
    AnswerChallenge, ChangeAccountKey, DeactivateAuthorization, Finalize, NewAccount, NewAuthorization,
    NewOrder, RevocationSigner, Revoke, UpdateContact,
};
use crate::api::sa::CreatedAccount;

message! {
    NewAccount = pb::NewAccountRequest { jwk, contact, terms_agreed, external_account_binding, url }
    UpdateContact = pb::UpdateContactRequest { account, contact }
    ChangeAccountKey = pb::ChangeKeyRequest { account, request }
    NewOrder = pb::NewOrderRequest { account, identifiers, profile, not_before, not_after, replaces }
    NewAuthorization = pb::NewAuthorizationRequest { account, identifier }
    CreatedAccount = pb::NewAccountResponse { account, created }
    DeactivateAuthorization = pb::DeactivateAuthorizationRequest { account, authorization }
    AnswerChallenge = pb::AnswerChallengeRequest { account, authorization, challenge }
    Finalize = pb::FinalizeRequest { account, order, csr, request }
    Revoke = pb::RevokeRequest { certificate, reason, signer }
    Issue = ca::IssueRequest { order, jwk, account_uri, csr, request, evidence, key_changes }
    IdentifierEvidence = ca::IdentifierEvidence { identifier, receipts }
    SubmitPrecertificate = publisher::SubmitPrecertificateRequest { log, precertificate, chain }
}

impl Wire<Option<pb::revoke_request::Signer>> for RevocationSigner {
    fn into_wire(self) -> Option<pb::revoke_request::Signer> {
        Some(match self {
            Self::Account(id) => pb::revoke_request::Signer::Account(id.into_wire()),
            Self::Key(jwk) => pb::revoke_request::Signer::Jwk(jwk),
        })
    }

    fn from_wire(wire: Option<pb::revoke_request::Signer>) -> Result<Self> {
        match wire {
            Some(pb::revoke_request::Signer::Account(id)) => AccountId::from_wire(id).map(Self::Account),
            Some(pb::revoke_request::Signer::Jwk(jwk)) => Ok(Self::Key(jwk)),
            None => Err(unfit("a revocation without a signer")),
        }
    }
}
