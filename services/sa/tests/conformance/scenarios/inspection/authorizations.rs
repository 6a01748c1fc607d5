//! Authorizations.

use cairn_sa::Rule;

use super::{Plant, found};

pub(super) const PLANTS: &[Plant] = &[
    (
        "UPDATE authorizations SET identifier = 'a..example' WHERE identifier = 'alone.example'",
        &[Rule::Damaged],
    ),
    (
        "UPDATE authorizations SET status = 'invalid' WHERE identifier = 'b.example'",
        &[Rule::AuthorizationState, Rule::TrailState],
    ),
    (
        "UPDATE authorizations SET caa_checked = NULL WHERE identifier = 'b.example'",
        &[Rule::AuthorizationState],
    ),
    (
        "UPDATE authorizations SET answered = NULL WHERE identifier = 'b.example'",
        &[Rule::AuthorizationState],
    ),
    (
        "UPDATE authorizations SET status = 'valid' WHERE identifier = 'alone.example'",
        &[Rule::AuthorizationState, Rule::TrailState],
    ),
    (
        "UPDATE authorizations SET order_id = (SELECT id FROM orders WHERE status = 'ready') \
         WHERE identifier = 'alone.example'",
        &[Rule::AuthorizationOrder],
    ),
    (
        "UPDATE authorizations SET order_id = account_id WHERE identifier = 'q.example'",
        &[Rule::AuthorizationOrder],
    ),
    (
        "UPDATE authorizations SET created = validated + 2000 WHERE identifier = 'b.example'",
        &[Rule::AuthorizationTimes],
    ),
    (
        "UPDATE authorizations SET caa_checked = validated - 2000 WHERE identifier = 'b.example'",
        &[Rule::AuthorizationTimes],
    ),
    (
        "UPDATE authorizations SET lease_owner = NULL WHERE lease_deadline IS NOT NULL",
        &[Rule::AuthorizationLease],
    ),
    (
        "UPDATE authorizations SET lease_owner = 'x', lease_deadline = expires WHERE identifier = 'alone.example'",
        &[Rule::AuthorizationLease],
    ),
    (
        "UPDATE authorizations SET lease_owner = 'x', lease_deadline = expires WHERE status = 'valid'",
        &[Rule::AuthorizationLease],
    ),
    (
        "UPDATE authorizations SET lease_deadline = lease_deadline - 7200000",
        &[Rule::AuthorizationOverdue],
    ),
    (
        "DELETE FROM receipts WHERE position = 1 AND authorization_id IN \
         (SELECT id FROM authorizations WHERE identifier = 'b.example')",
        &[Rule::AuthorizationReceipts],
    ),
    (
        "DELETE FROM receipts WHERE authorization_id IN \
         (SELECT id FROM authorizations WHERE identifier = 'ready.example')",
        &[Rule::AuthorizationReceipts],
    ),
];

#[tokio::test]
async fn what_is_planted_is_found() {
    found(PLANTS).await;
}
