//! Pages: bounded, in order, for operators alone.

use cairn_rpc::api::audit::Subject;
use cairn_types::{ErrorKind, Identifier};
use futures_util::StreamExt as _;
use futures_util::stream::iter;

use super::{audit, page};
use crate::stage::{Stage, refused};

/// Rows in the table; each breaks two rules.
const ROWS: usize = 3000;

#[tokio::test]
async fn what_is_told_does_not_grow_with_what_is_stored() {
    let stage = Stage::new().await;
    let account = stage.stored_account().await;
    let identifier = Identifier::parse("dns", "a.example").unwrap();
    iter(0..ROWS)
        .for_each_concurrent(64, |_| async {
            let authorization = stage.authorization(&account, &identifier);
            let context = stage.context();
            let stored = stage.sa.create_authorization(&context, authorization);
            stored.await.unwrap();
        })
        .await;
    stage.plant("UPDATE authorizations SET lease_owner = 'x', lease_deadline = 1");
    let (mut after, mut pages, mut rows, mut violations) = (None, 0, 0, 0);
    loop {
        let request = page(Subject::Authorizations, after, 100);
        let checked = stage.operator.check(&stage.context(), request).await.unwrap();
        assert!(
            checked.rows <= 100 && checked.examples.len() <= 2 * 20,
            "{checked:?}"
        );
        pages += 1;
        rows += checked.rows;
        violations += checked.violations.iter().map(|it| it.count).sum::<u64>();
        after = checked.next;
        if after.is_none() {
            break;
        }
    }
    // The last full page cannot know that it is the last.
    assert_eq!((pages, rows, violations), (31, 3000, 6000));
}

#[tokio::test]
async fn a_page_has_bounds_whatever_is_asked_for() {
    let stage = Stage::new().await;
    assert_eq!(audit(&stage, u32::MAX).await.count(Subject::Orders, "rows"), 0);
    let mut unknown = page(Subject::Orders, None, 1);
    unknown.subject = "nonces".to_owned();
    refused(
        stage.operator.check(&stage.context(), unknown).await,
        ErrorKind::Malformed,
    );
}

#[tokio::test]
async fn only_operators_audit() {
    let stage = Stage::new().await;
    for caller in [&stage.front, &stage.sa, &stage.signer] {
        let checked = caller
            .check(&stage.context(), page(Subject::Orders, None, 1))
            .await;
        refused(checked, ErrorKind::PermissionDenied);
    }
    let account = stage.stored_account().await;
    let read = stage.operator.get_account(&stage.context(), account.id).await;
    refused(read, ErrorKind::PermissionDenied);
}
