//! Orders.

use cairn_sa::Rule;

use super::{Plant, found};

pub(super) const PLANTS: &[Plant] = &[
    (
        "UPDATE orders SET identifiers = '[1]' WHERE status = 'ready'",
        &[Rule::Damaged],
    ),
    (
        "UPDATE orders SET request = NULL WHERE status = 'processing'",
        &[Rule::OrderState],
    ),
    (
        "UPDATE orders SET error = '{}' WHERE status = 'ready'",
        &[Rule::OrderState],
    ),
    (
        "UPDATE orders SET error = NULL WHERE status = 'invalid'",
        &[Rule::OrderState],
    ),
    (
        "UPDATE orders SET expires = created WHERE status = 'valid'",
        &[Rule::OrderTimes],
    ),
    (
        "UPDATE orders SET not_before = 2, not_after = 1 WHERE status = 'pending'",
        &[Rule::OrderTimes],
    ),
    (
        "UPDATE orders SET lease_id = NULL, lease_owner = NULL, lease_deadline = NULL WHERE status = 'processing'",
        &[Rule::OrderLease],
    ),
    (
        "UPDATE orders SET lease_owner = 'x', lease_deadline = expires WHERE status = 'valid'",
        &[Rule::OrderLease],
    ),
    (
        "UPDATE orders SET lease_deadline = lease_deadline - 7200000",
        &[Rule::OrderOverdue],
    ),
    (
        "DELETE FROM authorizations WHERE identifier = 'q.example'",
        &[Rule::OrderAuthorizations, Rule::OrderAwaiting],
    ),
    (
        "UPDATE authorizations SET status = 'invalid' WHERE identifier = 'q.example'",
        &[Rule::OrderAuthorizations, Rule::OrderAwaiting, Rule::TrailState],
    ),
    (
        "UPDATE authorizations SET identifier = 'other.example' WHERE identifier = 'q.example'",
        &[Rule::OrderAuthorizations],
    ),
    (
        "UPDATE authorizations SET account_id = (SELECT id FROM accounts WHERE status = 'deactivated') \
         WHERE identifier = 'q.example'",
        &[Rule::OrderAuthorizations],
    ),
    (
        "UPDATE orders SET identifiers = '[]' WHERE status = 'ready'",
        &[Rule::OrderAuthorizations],
    ),
    (
        "UPDATE orders SET awaiting = awaiting + 1 WHERE status = 'pending'",
        &[Rule::OrderAwaiting],
    ),
    (
        "UPDATE orders SET awaiting = 1 WHERE status = 'valid'",
        &[Rule::OrderAwaiting],
    ),
    (
        "UPDATE orders SET status = 'pending' WHERE status = 'ready'",
        &[Rule::OrderAwaiting, Rule::TrailState],
    ),
    (
        "UPDATE orders SET status = 'ready', request = NULL, lease_owner = NULL, lease_deadline = NULL \
         WHERE status = 'processing' AND serial IS NOT NULL",
        &[Rule::OrderCertificate, Rule::TrailState],
    ),
    (
        "UPDATE orders SET status = 'processing', lease_owner = 'x', lease_deadline = expires \
         WHERE status = 'valid'",
        &[Rule::OrderCertificate, Rule::TrailState],
    ),
    (
        "UPDATE certificates SET der = NULL, issued = NULL WHERE revoked IS NULL",
        &[Rule::OrderCertificate, Rule::CertificateContent, Rule::TrailState],
    ),
    (
        "DELETE FROM certificates WHERE revoked IS NOT NULL",
        &[Rule::OrderCertificate],
    ),
    ("DELETE FROM replacements", &[Rule::OrderReplacement]),
    // When a month of certificates has left, final orders go without.
    (
        "DELETE FROM certificates; DELETE FROM replacements",
        &[Rule::OrderCertificate],
    ),
    (
        "DELETE FROM certificates; DELETE FROM replacements; DELETE FROM orders WHERE status = 'processing'",
        &[],
    ),
    (
        "UPDATE replacements SET order_id = (SELECT id FROM orders WHERE status = 'ready')",
        &[Rule::OrderReplacement],
    ),
];

#[tokio::test]
async fn what_is_planted_is_found() {
    found(PLANTS).await;
}
