//! Authorizations: creation, look-up, receipts, deactivation.

use cairn_rpc::api::sa::{AddReceipts, FindValidAuthorizations};
use cairn_types::{AuthorizationStatus, ChallengeStatus, ErrorKind, Identifier, Timestamp};

use crate::stage::{HOUR, Stage, dns, problem, refused};

#[tokio::test]
async fn an_authorization_needs_no_order() {
    let stage = Stage::new().await;
    let context = stage.context();
    let (account, other) = (stage.stored_account().await, stage.stored_account().await);
    let address = Identifier::parse("ip", "2001:db8::1").unwrap();
    for identifier in [dns("a.example"), address] {
        let authorization = stage.authorization(&account, &identifier);
        for _ in 0..2 {
            let stored = stage
                .sa
                .create_authorization(&context, authorization.clone())
                .await
                .unwrap();
            assert_eq!(stored, authorization);
        }
        assert_eq!(
            stage
                .sa
                .get_authorization(&context, authorization.id)
                .await
                .unwrap(),
            authorization
        );
        let mut stolen = stage.authorization(&other, &identifier);
        stolen.id = authorization.id;
        refused(
            stage.sa.create_authorization(&context, stolen).await,
            ErrorKind::Conflict,
        );
    }
    let unknown = stage.authorization(&account, &dns("b.example"));
    refused(
        stage.sa.get_authorization(&context, unknown.id).await,
        ErrorKind::NotFound,
    );
    let nobodys = stage.authorization(&stage.account(), &dns("a.example"));
    refused(
        stage.sa.create_authorization(&context, nobodys).await,
        ErrorKind::NotFound,
    );
}

#[tokio::test]
async fn the_longest_lived_valid_authorizations_are_found() {
    let stage = Stage::new().await;
    let context = stage.context();
    let (account, other) = (stage.stored_account().await, stage.stored_account().await);
    stage.ready_order(&account, &["a.example", "*.a.example"]).await;
    stage.pass(HOUR);
    let longest = stage.ready_order(&account, &["a.example", "b.example"]).await;
    stage.stored_order(&account, &["c.example"]).await;
    stage.ready_order(&other, &["d.example"]).await;
    let gone = stage.ready_order(&account, &["e.example"]).await;
    stage
        .sa
        .deactivate_authorization(&context, gone.authorizations[0])
        .await
        .unwrap();
    let find = async |names: &[&str], valid_until: Timestamp| {
        let request = FindValidAuthorizations {
            account: account.id,
            identifiers: names.iter().map(|name| dns(name)).collect(),
            valid_until,
            made_since: Timestamp::from_millis(0),
        };
        let found = stage
            .sa
            .find_valid_authorizations(&context, request)
            .await
            .unwrap();
        found
            .iter()
            .map(|one| (one.ordered_identifier().value(), one.id))
            .collect::<Vec<_>>()
    };
    let found = find(
        &["a.example", "b.example", "c.example", "d.example", "e.example"],
        stage.now(),
    )
    .await;
    let expected: Vec<_> = ["a.example", "b.example"]
        .map(ToOwned::to_owned)
        .into_iter()
        .zip(longest.authorizations)
        .collect();
    assert_eq!(found, expected);
    assert_eq!(find(&["*.a.example"], stage.now()).await.len(), 1);
    assert_eq!(find(&["*.b.example"], stage.now()).await, []);
    assert_eq!(find(&[], stage.now()).await, []);
    let young = FindValidAuthorizations {
        account: account.id,
        identifiers: vec![dns("a.example")],
        valid_until: stage.now(),
        made_since: stage.now() + HOUR,
    };
    let found = stage.sa.find_valid_authorizations(&context, young).await.unwrap();
    assert_eq!(found, [], "made too long ago");
    let end = stage.now() + 30 * 24 * HOUR;
    assert_eq!(find(&["a.example"], end).await.len(), 1);
    assert_eq!(find(&["a.example"], end + HOUR).await, []);
    stage.pass(30 * 24 * HOUR);
    assert_eq!(
        find(&["a.example"], Timestamp::from_millis(0)).await,
        [],
        "whatever is asked for"
    );
}

#[tokio::test]
async fn evidence_is_what_was_signed_and_when_caa_was_checked() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let order = stage.ready_order(&account, &["a.example", "b.example"]).await;
    let checked = stage.now();
    stage.pass(8 * HOUR);
    let later = AddReceipts {
        authorization: order.authorizations[1],
        receipts: vec![b"caa".to_vec()],
        caa_checked: stage.now(),
    };
    // Those of the check before are replaced, however often it is checked.
    for earlier in 0..3 {
        let earlier = AddReceipts {
            receipts: vec![vec![earlier], vec![earlier]],
            ..later.clone()
        };
        stage.sa.add_receipts(&context, earlier).await.unwrap();
    }
    stage.sa.add_receipts(&context, later).await.unwrap();
    let evidence = stage.sa.get_order_evidence(&context, order.id).await.unwrap();
    assert_eq!(evidence.len(), 2);
    let of = |index: usize| {
        evidence
            .iter()
            .find(|one| one.authorization.id == order.authorizations[index])
            .unwrap()
    };
    assert_eq!(of(0).receipts, [b"primary".to_vec(), b"remote".to_vec()]);
    assert_eq!(of(0).caa_checked, checked);
    assert_eq!(of(0).authorization.validated_by, Some(account.thumbprint));
    assert_eq!(
        of(1).receipts,
        [b"primary".to_vec(), b"remote".to_vec(), b"caa".to_vec()]
    );
    assert_eq!(of(1).caa_checked, stage.now());
    let unknown = stage.order(&account, &["c.example"]).order.id;
    refused(
        stage.sa.get_order_evidence(&context, unknown).await,
        ErrorKind::NotFound,
    );
}

#[tokio::test]
async fn receipts_are_added_to_valid_authorizations_only() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let order = stage.stored_order(&account, &["a.example"]).await;
    let add = |authorization| AddReceipts {
        authorization,
        receipts: vec![b"caa".to_vec()],
        caa_checked: stage.now(),
    };
    refused(
        stage
            .sa
            .add_receipts(&context, add(order.authorizations[0]))
            .await,
        ErrorKind::Conflict,
    );
    let unknown = stage.authorization(&account, &dns("b.example")).id;
    refused(
        stage.sa.add_receipts(&context, add(unknown)).await,
        ErrorKind::NotFound,
    );
    let evidence = stage.sa.get_order_evidence(&context, order.id).await.unwrap();
    assert_eq!(
        (evidence[0].receipts.len(), evidence[0].caa_checked),
        (0, Timestamp::from_millis(0))
    );
}

#[tokio::test]
async fn what_is_final_is_not_deactivated() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let order = stage.stored_order(&account, &["a.example"]).await;
    let id = order.authorizations[0];
    let begun = stage.begin(&account, id).await;
    let failed = stage.finish(id, &begun, Some(problem(ErrorKind::Dns)));
    stage.sa.finish_validation(&context, failed).await.unwrap();
    refused(
        stage.sa.deactivate_authorization(&context, id).await,
        ErrorKind::Conflict,
    );
    let unknown = stage.authorization(&account, &dns("b.example")).id;
    refused(
        stage.sa.deactivate_authorization(&context, unknown).await,
        ErrorKind::NotFound,
    );
}

#[tokio::test]
async fn a_valid_challenge_stays_valid_when_its_authorization_is_given_up() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let order = stage.ready_order(&account, &["a.example"]).await;
    let ended = stage
        .sa
        .deactivate_authorization(&context, order.authorizations[0])
        .await
        .unwrap();
    assert_eq!(ended.status, AuthorizationStatus::Deactivated);
    let states: Vec<_> = ended
        .challenges
        .iter()
        .map(|challenge| challenge.status)
        .collect();
    assert_eq!(states, [ChallengeStatus::Valid, ChallengeStatus::Pending]);
}
