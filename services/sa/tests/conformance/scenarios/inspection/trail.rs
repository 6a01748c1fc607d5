//! The audit trail.

use cairn_sa::Rule;

use super::{Plant, found};

pub(super) const PLANTS: &[Plant] = &[
    (
        "UPDATE audit_entries SET event = 'order.finished' WHERE event = 'order.failed'",
        &[Rule::TrailChain],
    ),
    (
        "UPDATE audit_entries SET at = at + 1 WHERE event = 'account.created'",
        &[Rule::TrailChain],
    ),
    (
        "DELETE FROM audit_entries WHERE position = 0 AND subject IN (SELECT id FROM orders WHERE status = 'ready')",
        &[Rule::TrailChain],
    ),
    (
        "DELETE FROM audit_entries WHERE subject IN (SELECT id FROM accounts)",
        &[Rule::TrailState],
    ),
    // The last of a chain is missed by the state that it led to.
    (
        "DELETE FROM audit_entries WHERE position = 1 AND subject IN (SELECT id FROM orders WHERE status = 'ready')",
        &[Rule::TrailState],
    ),
    (
        "DELETE FROM audit_entries WHERE subject IN (SELECT id FROM orders WHERE status = 'ready')",
        &[Rule::TrailState],
    ),
    (
        "DELETE FROM audit_entries WHERE event = 'authorization.created'",
        &[Rule::TrailState],
    ),
];

#[tokio::test]
async fn what_is_planted_is_found() {
    found(PLANTS).await;
}
