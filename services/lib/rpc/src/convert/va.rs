//! The messages of the validation authority.

use cairn_proto::va::v1 as pb;
use cairn_types::{CaaCheck, ValidationOutcome, ValidationRequest};

use super::message;
use crate::api::va::{DryRun, Observe, ObserveCaa};

message! {
    ValidationRequest = pb::ValidateRequest { identifier, wildcard, method, token, thumbprint, account_uri }
    CaaCheck = pb::CheckCaaRequest { identifier, wildcard, method, thumbprint, account_uri }
    Observe = pb::ObserveRequest { attempt, request, dry_run }
    ObserveCaa = pb::ObserveCaaRequest { attempt, request, dry_run }
    DryRun = pb::TryRequest { identifier, wildcard, method, token, thumbprint, account_uri }
    ValidationOutcome = pb::ValidationResponse { problem, transient, receipts, observations, valid_until }
}
