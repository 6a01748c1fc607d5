//! Certificates.

use cairn_sa::Rule;

use super::{Plant, found};

pub(super) const PLANTS: &[Plant] = &[
    (
        "UPDATE certificates SET identifiers = '{' WHERE revoked IS NOT NULL",
        &[Rule::Damaged],
    ),
    (
        "UPDATE certificates SET day = day + 100 WHERE revoked IS NOT NULL",
        &[Rule::OrderCertificate, Rule::CertificateSerial],
    ),
    (
        "UPDATE orders SET serial = NULL WHERE status = 'valid'",
        &[Rule::OrderCertificate, Rule::CertificateOrder],
    ),
    (
        "UPDATE orders SET serial = NULL WHERE status = 'invalid'",
        &[Rule::CertificateOrder],
    ),
    (
        "DELETE FROM orders WHERE status = 'invalid'",
        &[Rule::CertificateOrder],
    ),
    (
        "UPDATE certificates SET order_id = (SELECT id FROM orders WHERE status = 'ready') WHERE revoked IS NOT NULL",
        &[
            Rule::OrderCertificate,
            Rule::CertificateOrder,
            Rule::CertificateCoverage,
            Rule::TrailState,
        ],
    ),
    (
        "UPDATE certificates SET profile = 'other'",
        &[Rule::CertificateOrder],
    ),
    (
        "UPDATE orders SET identifiers = '[]' WHERE status = 'valid'",
        &[Rule::CertificateOrder],
    ),
    (
        "UPDATE certificates SET not_after = not_after + 1000",
        &[Rule::CertificateContent],
    ),
    (
        "UPDATE certificates SET spki = (SELECT thumbprint FROM accounts WHERE status = 'valid')",
        &[Rule::CertificateContent],
    ),
    (
        "UPDATE certificates SET tbs = order_id, der = NULL, issued = NULL WHERE der IS NULL",
        &[Rule::CertificateContent],
    ),
    (
        "UPDATE certificates SET tbs = (SELECT tbs FROM certificates WHERE der IS NULL) WHERE revoked IS NOT NULL",
        &[Rule::CertificateContent, Rule::CertificateBytes],
    ),
    (
        "UPDATE certificates SET der = (SELECT der FROM certificates WHERE revoked IS NOT NULL) \
         WHERE der IS NOT NULL",
        &[Rule::CertificateContent, Rule::TrailState],
    ),
    (
        "UPDATE certificates SET tbs = (SELECT tbs FROM certificates WHERE revoked IS NOT NULL) WHERE der IS NULL",
        &[Rule::CertificateContent],
    ),
    (
        "UPDATE certificates SET der = tbs WHERE revoked IS NOT NULL",
        &[Rule::CertificateBytes, Rule::TrailState],
    ),
    (
        "UPDATE certificates SET issued = NULL WHERE revoked IS NOT NULL",
        &[Rule::CertificateBytes],
    ),
    (
        "UPDATE certificates SET issued = created - 2000 WHERE revoked IS NOT NULL",
        &[Rule::CertificateTimes],
    ),
    (
        "UPDATE certificates SET revoked = issued - 2000 WHERE revoked IS NOT NULL",
        &[Rule::CertificateTimes],
    ),
    (
        "UPDATE certificates SET not_before = not_after",
        &[Rule::CertificateTimes, Rule::CertificateContent],
    ),
    (
        "UPDATE certificates SET revocation_reason = 2 WHERE revoked IS NOT NULL",
        &[Rule::CertificateRevocation],
    ),
    (
        "UPDATE certificates SET revoked = created, revocation_reason = 4, revoked_by = 'x' WHERE der IS NULL",
        &[Rule::CertificateRevocation],
    ),
    (
        "DELETE FROM authorizations WHERE identifier = 'b.example'",
        &[Rule::CertificateCoverage],
    ),
    (
        "UPDATE authorizations SET identifier = 'other.example' WHERE identifier = 'b.example'",
        &[Rule::CertificateCoverage],
    ),
    (
        "UPDATE authorizations SET account_id = (SELECT id FROM accounts WHERE status = 'deactivated') \
         WHERE identifier = 'b.example'",
        &[Rule::CertificateCoverage],
    ),
    (
        "UPDATE authorizations SET validated = validated + 60000, caa_checked = caa_checked + 60000 \
         WHERE identifier = 'b.example'",
        &[Rule::CertificateCoverage],
    ),
    (
        "UPDATE authorizations SET expires = validated + 1000 WHERE identifier = 'b.example'",
        &[Rule::CertificateCoverage],
    ),
    (
        "DELETE FROM receipts WHERE authorization_id IN \
         (SELECT id FROM authorizations WHERE identifier = 'b.example')",
        &[Rule::AuthorizationReceipts, Rule::CertificateCoverage],
    ),
];

#[tokio::test]
async fn what_is_planted_is_found() {
    found(PLANTS).await;
}
