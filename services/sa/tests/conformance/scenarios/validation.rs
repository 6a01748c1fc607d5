//! The course of a validation.

use cairn_rpc::api::sa::{BeginValidation, ChangeKey, RecordAttempt};
use cairn_types::{AccountId, AuthorizationStatus, ChallengeStatus, ErrorKind, OrderStatus};

use crate::stage::{HOUR, Stage, dns, key, problem, refused};

#[tokio::test]
async fn a_challenge_is_begun_once() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let order = stage.stored_order(&account, &["a.example"]).await;
    let id = order.authorizations[0];
    let offered = stage.sa.get_authorization(&context, id).await.unwrap().challenges;
    let begin = |challenge: usize| BeginValidation {
        authorization: id,
        challenge: offered[challenge].id,
        lease: stage.lease(),
        account: account.id,
    };
    let first = begin(1);
    for _ in 0..2 {
        let begun = stage.sa.begin_validation(&context, first.clone()).await.unwrap();
        assert!(begun.leased);
        let states: Vec<_> = begun
            .authorization
            .challenges
            .iter()
            .map(|one| one.status)
            .collect();
        assert_eq!(states, [ChallengeStatus::Pending, ChallengeStatus::Processing]);
        assert_eq!(begun.authorization.status, AuthorizationStatus::Pending);
        assert_eq!(begun.authorization.validated_by, None);
    }
    for challenge in [0, 1] {
        assert!(
            !stage
                .sa
                .begin_validation(&context, begin(challenge))
                .await
                .unwrap()
                .leased
        );
    }
}

#[tokio::test]
async fn only_what_is_there_and_has_time_left_is_begun() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let order = stage.stored_order(&account, &["a.example", "b.example"]).await;
    let mut begin = BeginValidation {
        authorization: order.authorizations[0],
        challenge: stage
            .sa
            .get_authorization(&context, order.authorizations[1])
            .await
            .unwrap()
            .challenges[0]
            .id,
        lease: stage.lease(),
        account: account.id,
    };
    refused(
        stage.sa.begin_validation(&context, begin.clone()).await,
        ErrorKind::NotFound,
    );
    begin.authorization = stage.authorization(&account, &dns("c.example")).id;
    refused(
        stage.sa.begin_validation(&context, begin.clone()).await,
        ErrorKind::NotFound,
    );
    begin.authorization = order.authorizations[1];
    stage.pass(24 * HOUR);
    let late = stage.sa.begin_validation(&context, begin).await.unwrap();
    assert!(!late.leased);
    assert_eq!(
        late.authorization.status_at(stage.now()),
        AuthorizationStatus::Invalid
    );
    assert_eq!(late.authorization.challenges[0].status, ChallengeStatus::Pending);
}

#[tokio::test]
async fn success_makes_authorization_and_order_ready() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let order = stage.stored_order(&account, &["a.example", "b.example"]).await;
    let [first, second] = order.authorizations[..] else {
        panic!("two")
    };
    let begun = stage.begin(&account, first).await;
    let finish = stage.finish(first, &begun, None);
    for _ in 0..2 {
        let valid = stage
            .sa
            .finish_validation(&context, finish.clone())
            .await
            .unwrap();
        assert_eq!(
            (valid.status, valid.expires),
            (AuthorizationStatus::Valid, finish.expires)
        );
        assert_eq!(valid.validated_by, Some(account.thumbprint));
        let challenge = &valid.challenges[0];
        assert_eq!(
            (challenge.status, challenge.validated),
            (ChallengeStatus::Valid, Some(stage.now()))
        );
        assert_eq!(valid.challenges[1].status, ChallengeStatus::Pending);
        assert_eq!(stage.status(order.id).await, OrderStatus::Pending);
    }
    stage.validate(&account, second).await;
    assert_eq!(stage.status(order.id).await, OrderStatus::Ready);
    let evidence = stage.sa.get_order_evidence(&context, order.id).await.unwrap();
    assert!(
        evidence.iter().all(|one| one.receipts.len() == 2),
        "repeating adds no receipts"
    );
}

#[tokio::test]
async fn failure_ends_the_authorization_and_its_orders() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let order = stage.stored_order(&account, &["a.example", "*.b.example"]).await;
    let id = order.authorizations[1];
    let begun = stage.begin(&account, id).await;
    let finish = stage.finish(id, &begun, Some(problem(ErrorKind::IncorrectResponse)));
    for _ in 0..2 {
        let invalid = stage
            .sa
            .finish_validation(&context, finish.clone())
            .await
            .unwrap();
        assert_eq!(invalid.status, AuthorizationStatus::Invalid);
        assert_eq!(invalid.challenges[0].status, ChallengeStatus::Invalid);
        assert_eq!(
            invalid.challenges[0].error,
            Some(problem(ErrorKind::IncorrectResponse))
        );
        assert_eq!(invalid.validated_by, None);
    }
    let ended = stage.sa.get_order(&context, order.id).await.unwrap();
    assert_eq!(ended.status, OrderStatus::Invalid);
    let error = ended.error.unwrap();
    assert_eq!(error.kind, ErrorKind::Unauthorized);
    assert_eq!(error.subproblems.len(), 1);
    assert_eq!(error.subproblems[0].kind, ErrorKind::IncorrectResponse);
    assert_eq!(error.subproblems[0].identifier, Some(dns("*.b.example")));
    let evidence = stage.sa.get_order_evidence(&context, order.id).await.unwrap();
    assert!(
        evidence.iter().any(|one| one.receipts.len() == 2),
        "refusals are kept too"
    );
}

#[tokio::test]
async fn an_attempt_that_failed_shows_and_prolongs_the_lease() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let id = stage.stored_order(&account, &["a.example"]).await.authorizations[0];
    let begun = stage.begin(&account, id).await;
    let attempt = RecordAttempt {
        authorization: id,
        challenge: begun.0,
        lease: begun.1.id,
        problem: problem(ErrorKind::Connection),
        deadline: stage.now() + 3 * HOUR,
    };
    let recorded = stage.sa.record_attempt(&context, attempt.clone()).await.unwrap();
    assert_eq!(recorded.challenges[0].status, ChallengeStatus::Processing);
    assert_eq!(recorded.challenges[0].error, Some(problem(ErrorKind::Connection)));
    let stale = RecordAttempt {
        lease: stage.lease().id,
        ..attempt.clone()
    };
    refused(
        stage.sa.record_attempt(&context, stale).await,
        ErrorKind::Conflict,
    );
    let unknown = RecordAttempt {
        authorization: stage.authorization(&account, &dns("b.example")).id,
        ..attempt.clone()
    };
    refused(
        stage.sa.record_attempt(&context, unknown).await,
        ErrorKind::NotFound,
    );
    stage.pass(2 * HOUR);
    assert!(
        stage.claim_validations(10).await.is_empty(),
        "the new deadline counts"
    );
    let valid = stage
        .sa
        .finish_validation(&context, stage.finish(id, &begun, None))
        .await
        .unwrap();
    assert_eq!(valid.challenges[0].error, None);
    refused(
        stage.sa.record_attempt(&context, attempt).await,
        ErrorKind::Conflict,
    );
}

#[tokio::test]
async fn only_the_holder_of_the_lease_ends_a_validation() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let order = stage.stored_order(&account, &["a.example"]).await;
    let id = order.authorizations[0];
    let begun = stage.begin(&account, id).await;
    let mut foreign = stage.finish(id, &begun, None);
    foreign.lease = stage.lease().id;
    refused(
        stage.sa.finish_validation(&context, foreign).await,
        ErrorKind::Conflict,
    );
    let mut wrong = stage.finish(id, &begun, None);
    wrong.challenge = stage.authorization(&account, &dns("b.example")).challenges[0].id;
    refused(
        stage.sa.finish_validation(&context, wrong).await,
        ErrorKind::Conflict,
    );
    let mut unknown = stage.finish(id, &begun, None);
    unknown.authorization = stage.authorization(&account, &dns("b.example")).id;
    refused(
        stage.sa.finish_validation(&context, unknown).await,
        ErrorKind::NotFound,
    );
    assert_eq!(stage.status(order.id).await, OrderStatus::Pending);
    stage
        .sa
        .finish_validation(&context, stage.finish(id, &begun, None))
        .await
        .unwrap();
    let contrary = stage.finish(id, &begun, Some(problem(ErrorKind::Dns)));
    refused(
        stage.sa.finish_validation(&context, contrary).await,
        ErrorKind::Conflict,
    );
}

#[tokio::test]
async fn a_result_for_a_deactivated_authorization_comes_too_late() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let id = stage.stored_order(&account, &["a.example"]).await.authorizations[0];
    let begun = stage.begin(&account, id).await;
    stage.sa.deactivate_authorization(&context, id).await.unwrap();
    for outcome in [None, Some(problem(ErrorKind::Dns))] {
        let finish = stage.finish(id, &begun, outcome);
        refused(
            stage.sa.finish_validation(&context, finish).await,
            ErrorKind::Conflict,
        );
    }
    let now = stage.sa.get_authorization(&context, id).await.unwrap();
    assert_eq!(now.status, AuthorizationStatus::Deactivated);
    assert_eq!(now.challenges[0].status, ChallengeStatus::Invalid);
}

#[tokio::test]
async fn success_after_the_end_of_the_authorization_is_none() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let order = stage.stored_order(&account, &["a.example"]).await;
    let id = order.authorizations[0];
    let begun = stage.begin(&account, id).await;
    stage.pass(24 * HOUR);
    let late = stage
        .sa
        .finish_validation(&context, stage.finish(id, &begun, None))
        .await
        .unwrap();
    assert_eq!(late.status, AuthorizationStatus::Invalid);
    assert_eq!(late.challenges[0].status, ChallengeStatus::Invalid);
    assert_eq!(stage.status(order.id).await, OrderStatus::Invalid);
}

#[tokio::test]
async fn a_challenge_is_answered_by_its_account_alone() {
    let stage = Stage::new().await;
    let context = stage.context();
    let (account, other) = (stage.stored_account().await, stage.stored_account().await);
    let order = stage.stored_order(&account, &["a.example"]).await;
    let id = order.authorizations[0];
    let offered = stage.sa.get_authorization(&context, id).await.unwrap();
    let begin = |account: AccountId| BeginValidation {
        authorization: id,
        challenge: offered.challenges[0].id,
        lease: stage.lease(),
        account,
    };
    let foreign = stage.sa.begin_validation(&context, begin(other.id)).await;
    refused(foreign, ErrorKind::Unauthorized);
    let unknown = stage
        .sa
        .begin_validation(&context, begin(stage.account().id))
        .await;
    refused(unknown, ErrorKind::NotFound);
    assert_eq!(
        stage.sa.get_authorization(&context, id).await.unwrap(),
        offered,
        "a refusal changes nothing"
    );
    stage.sa.deactivate_account(&context, other.id).await.unwrap();
    let ended = stage.sa.begin_validation(&context, begin(other.id)).await;
    refused(ended, ErrorKind::Unauthorized);
}

#[tokio::test]
async fn control_is_proved_with_the_key_that_the_account_has_when_it_answers() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let order = stage.stored_order(&account, &["a.example", "b.example"]).await;
    let offered = async |id| stage.sa.get_authorization(&context, id).await.unwrap().challenges[0].id;
    let [first, second] = order.authorizations[..] else {
        panic!("two")
    };
    let begin = BeginValidation {
        authorization: first,
        challenge: offered(first).await,
        lease: stage.lease(),
        account: account.id,
    };
    let begun = stage.sa.begin_validation(&context, begin.clone()).await.unwrap();
    assert_eq!((begun.leased, begun.thumbprint), (true, account.thumbprint));
    let (new_jwk, new_thumbprint) = key();
    let change = ChangeKey {
        id: account.id,
        old_thumbprint: account.thumbprint,
        new_jwk,
        new_thumbprint,
        request: b"jws".to_vec(),
    };
    stage.sa.change_key(&context, change).await.unwrap();
    let repeated = stage.sa.begin_validation(&context, begin.clone()).await.unwrap();
    assert_eq!((repeated.leased, repeated.thumbprint), (true, account.thumbprint));
    let next = BeginValidation {
        authorization: second,
        challenge: offered(second).await,
        lease: stage.lease(),
        ..begin
    };
    let begun = stage.sa.begin_validation(&context, next).await.unwrap();
    assert_eq!((begun.leased, begun.thumbprint), (true, new_thumbprint));
}
