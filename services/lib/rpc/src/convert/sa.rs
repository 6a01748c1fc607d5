//! The messages of the storage authority.

use cairn_proto::sa::v1 as pb;

use super::message;
use crate::api::audit::{Check, Checked, Count, Violation};
use crate::api::sa::{
    AddReceipts, AuthorizationEvidence, BeginFinalize, BeginValidation, BegunFinalize, BegunValidation,
    ChangeKey, ClaimedOrder, ClaimedValidation, CreateAccount, CreateOrder, CreatedAccount,
    FindValidAuthorizations, FinishValidation, RecordAttempt, RevokeCertificate, StoredTbs, Unsigned,
};

message! {
    CreateAccount = pb::CreateAccountRequest { account, external_account_key_id }
    CreatedAccount = pb::CreateAccountResponse { account, created }
    ChangeKey = pb::ChangeKeyRequest { id, old_thumbprint, new_jwk, new_thumbprint, request }
    CreateOrder = pb::CreateOrderRequest { order, new_authorizations, placed_since }
    BeginFinalize = pb::BeginFinalizeRequest { order, request, lease }
    BegunFinalize = pb::BeginFinalizeResponse { order, leased, evidence }
    ClaimedOrder = pb::ClaimedOrder { order, request, lease }
    FindValidAuthorizations = pb::FindValidAuthorizationsRequest { account, identifiers, valid_until, made_since }
    AuthorizationEvidence = pb::AuthorizationEvidence { authorization, receipts, caa_checked }
    BeginValidation = pb::BeginValidationRequest { authorization, challenge, lease, account }
    BegunValidation = pb::BeginValidationResponse { authorization, leased, thumbprint }
    RecordAttempt = pb::RecordAttemptRequest { authorization, challenge, lease, problem, deadline }
    FinishValidation = pb::FinishValidationRequest { authorization, challenge, lease, problem, expires, receipts }
    AddReceipts = pb::AddReceiptsRequest { authorization, receipts, caa_checked }
    ClaimedValidation = pb::ClaimedValidation { authorization, challenge, thumbprint, lease }
    Unsigned = pb::Unsigned {
        serial, order, account, profile, issuer, identifiers, spki, not_before, not_after, tbs,
    }
    StoredTbs = pb::StoreTbsResponse { unsigned, certificate }
    RevokeCertificate = pb::RevokeCertificateRequest { serial, revocation, by }
    Check = pb::CheckRequest { subject, after, limit, grace }
    Checked = pb::CheckResponse { rows, counts, violations, examples, next }
    Count = pb::Count { name, count }
    Violation = pb::Violation { rule, id, finding }
}
