//! Accounts.

use cairn_sa::Rule;

use super::{Plant, found};

pub(super) const PLANTS: &[Plant] = &[
    ("DELETE FROM key_changes WHERE position = 0", &[Rule::KeyChanges]),
    (
        "UPDATE key_changes SET position = 5 WHERE position = 1",
        &[Rule::KeyChanges],
    ),
];

#[tokio::test]
async fn what_is_planted_is_found() {
    found(PLANTS).await;
}
