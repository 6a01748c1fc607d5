//! Finalizing: what leaves an order ready, what ends it, what is tried again.

use cairn_acme::SignAs;
use cairn_kit::{SystemClock, SystemRng};
use cairn_rpc::api::ra::Finalize;
use cairn_rpc::api::sa::{AuthorizationEvidence, ClaimedOrder};
use cairn_types::{
    AuthorizationStatus, Clock, Duration, Error, ErrorKind, Lease, LeaseId, OrderStatus, Problem, Timestamp,
    ValidationOutcome,
};

use crate::fakes::Call;
use crate::stage::{Stage, context, csr, in_an_hour, name, p256};

fn finalize(stage: &Stage, order: cairn_types::OrderId, csr: Vec<u8>) -> Finalize {
    Finalize {
        account: stage.account.id,
        order,
        request: signed(stage, order, &csr),
        csr,
    }
}

/// The request of a client that finalizes an order.
fn signed(stage: &Stage, order: cairn_types::OrderId, csr: &[u8]) -> Vec<u8> {
    let account = format!("{}{}", crate::stage::ACCOUNTS, stage.account.id);
    let url = format!("https://ca.test{}", cairn_acme::paths::finalize(order));
    let payload = format!("{{\"csr\":\"{}\"}}", cairn_acme::base64url::encode(csr));
    let jws = stage
        .key
        .sign(SignAs::Account(&account), "bm9uY2U", &url, payload.as_bytes());
    jws.unwrap().into_bytes()
}

/// An order whose authorization was validated, with CAA checked at a moment.
fn proved(stage: &Stage, caa_checked: Timestamp) -> cairn_types::Order {
    let order = stage.ready_order();
    let authorization = stage.authorization(AuthorizationStatus::Valid);
    stage.certificate(stage.account.id);
    stage.fakes.world(|world| {
        world.evidence.push(AuthorizationEvidence {
            authorization,
            receipts: vec![b"first".to_vec()],
            caa_checked,
        });
    });
    order
}

#[tokio::test]
async fn a_good_request_ends_valid_and_hands_the_evidence_on() {
    let stage = Stage::new().await;
    let order = proved(&stage, SystemClock.now());
    let request = finalize(&stage, order.id, csr("shop.internal", &p256()));
    let done = stage.ra.finalize(&context(), request.clone()).await.unwrap();
    assert_eq!(done.status, OrderStatus::Valid);
    let counted = "cairn_ra_orders_total{outcome=\"valid\"} 1";
    assert!(stage.metrics.encode().contains(counted));
    stage.fakes.world(|world| {
        assert_eq!(done.serial, Some(world.certificates[0].serial));
        let [Call::BeginFinalize(begun), Call::Issue(issue)] = world.calls.as_slice() else {
            panic!("{:?}", world.calls)
        };
        assert_eq!(begun.request, request.request);
        assert_eq!((&issue.csr, &issue.request), (&request.csr, &request.request));
        assert_eq!(issue.evidence[0].identifier, name("shop.internal"));
        assert_eq!(issue.evidence[0].receipts, [b"first"]);
        assert!(issue.key_changes.is_empty());
    });
}

#[tokio::test]
async fn a_bad_request_leaves_the_order_ready() {
    let stage = Stage::new().await;
    let order = proved(&stage, SystemClock.now());
    let account_key = p256();
    let other = crate::stage::account(&cairn_acme::PublicKey::from_pkey(&account_key).unwrap());
    stage.fakes.world(|world| world.accounts.push(other));
    for (what, csr) in [
        ("no CSR", b"nothing".to_vec()),
        ("another name", csr("other.internal", &p256())),
        ("an account's key", csr("shop.internal", &account_key)),
    ] {
        let error = stage
            .ra
            .finalize(&context(), finalize(&stage, order.id, csr))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadCsr, "{what}");
    }
    stage
        .fakes
        .world(|world| assert_eq!(world.calls, [], "nothing was begun"));
}

#[tokio::test]
async fn only_the_owner_and_only_a_ready_order() {
    let stage = Stage::new().await;
    let order = proved(&stage, SystemClock.now());
    let request = || finalize(&stage, order.id, csr("shop.internal", &p256()));
    for (status, expires, kind) in [
        (OrderStatus::Pending, in_an_hour(), ErrorKind::OrderNotReady),
        (OrderStatus::Invalid, in_an_hour(), ErrorKind::OrderNotReady),
        (OrderStatus::Ready, SystemClock.now(), ErrorKind::OrderNotReady),
    ] {
        stage.fakes.world(|world| {
            world.orders[0].status = status;
            world.orders[0].expires = expires;
        });
        let error = stage.ra.finalize(&context(), request()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status}");
    }
    stage
        .fakes
        .world(|world| world.orders[0].account = cairn_types::AccountId::new(&SystemClock, &SystemRng));
    let error = stage.ra.finalize(&context(), request()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
}

#[tokio::test]
async fn a_refusal_of_the_signer_ends_the_order() {
    let stage = Stage::new().await;
    let order = proved(&stage, SystemClock.now());
    stage.fakes.world(|world| {
        world
            .issued
            .push_back(Err(Error::unauthorized("the receipts do not hold")));
    });
    let request = finalize(&stage, order.id, csr("shop.internal", &p256()));
    let done = stage.ra.finalize(&context(), request).await.unwrap();
    assert_eq!(done.status, OrderStatus::Invalid);
    assert_eq!(
        done.error.map(|problem| problem.kind),
        Some(ErrorKind::Unauthorized)
    );
    // What was proved is not used again: the signer would refuse the next order as well.
    stage.fakes.world(|world| {
        let given_up = world.calls.iter().filter_map(|call| match call {
            Call::DeactivateAuthorization(id) => Some(*id),
            _ => None,
        });
        assert_eq!(given_up.collect::<Vec<_>>(), order.authorizations);
        assert!(!order.authorizations.is_empty());
    });
}

#[tokio::test]
async fn a_fault_of_ours_is_tried_again() {
    let stage = Stage::new().await;
    let order = proved(&stage, SystemClock.now());
    stage
        .fakes
        .world(|world| world.issued.push_back(Err(Error::internal("a disk is full"))));
    let request = finalize(&stage, order.id, csr("shop.internal", &p256()));
    let done = stage.ra.finalize(&context(), request).await.unwrap();
    assert_eq!(done.status, OrderStatus::Valid);
}

#[tokio::test]
async fn an_old_caa_answer_is_asked_for_again() {
    let stage = Stage::new().await;
    let order = proved(&stage, SystemClock.now() - Duration::from_secs(7 * 3600 + 1));
    let earlier_key = cairn_types::Thumbprint([1; 32]);
    stage
        .fakes
        .world(|world| world.evidence[0].authorization.validated_by = Some(earlier_key));
    let request = finalize(&stage, order.id, csr("shop.internal", &p256()));
    stage.ra.finalize(&context(), request).await.unwrap();
    stage.fakes.world(|world| {
        assert!(
            matches!(&world.calls[1..], [Call::CheckCaa(check), Call::AddReceipts(_), Call::Issue(issue)]
            if check.thumbprint == earlier_key && issue.evidence[0].receipts == [b"first".to_vec(), b"receipt".to_vec()])
        );
    });
}

#[tokio::test]
async fn a_caa_record_that_came_since_ends_the_order() {
    let stage = Stage::new().await;
    let order = proved(&stage, SystemClock.now() - Duration::from_secs(8 * 3600));
    let problem = Problem {
        kind: ErrorKind::Caa,
        detail: "forbidden".to_owned(),
        subproblems: vec![],
        observations: Vec::new(),
    };
    let refusal = ValidationOutcome {
        problem: Some(problem),
        transient: false,
        receipts: vec![],
        observations: Vec::new(),
        valid_until: None,
    };
    stage.fakes.world(|world| world.outcomes.push_back(Ok(refusal)));
    let request = finalize(&stage, order.id, csr("shop.internal", &p256()));
    let done = stage.ra.finalize(&context(), request).await.unwrap();
    let error = done.error.unwrap();
    assert_eq!((done.status, error.kind), (OrderStatus::Invalid, ErrorKind::Caa));
    assert_eq!(error.subproblems[0].identifier, Some(name("shop.internal")));
    stage
        .fakes
        .world(|world| assert!(!world.calls.iter().any(|call| matches!(call, Call::Issue(_)))));
}

#[tokio::test]
async fn receipts_for_an_older_key_travel_with_the_key_changes() {
    let stage = Stage::new().await;
    let order = proved(&stage, SystemClock.now());
    stage.fakes.world(|world| {
        world.evidence[0].authorization.validated_by = Some(cairn_types::Thumbprint([1; 32]));
        world.key_changes.push(b"change".to_vec());
    });
    let request = finalize(&stage, order.id, csr("shop.internal", &p256()));
    stage.ra.finalize(&context(), request).await.unwrap();
    stage.fakes.world(|world| {
        assert!(matches!(world.calls.last(), Some(Call::Issue(issue)) if issue.key_changes == [b"change"]));
    });
}

#[tokio::test]
async fn the_janitor_resumes_an_abandoned_order() {
    let stage = Stage::new().await;
    let order = proved(&stage, SystemClock.now());
    let lease = Lease {
        id: LeaseId::new(&SystemClock, &SystemRng),
        owner: "me".to_owned(),
        deadline: in_an_hour(),
    };
    let csr = csr("shop.internal", &p256());
    let request = signed(&stage, order.id, &csr);
    stage.fakes.world(|world| {
        world.key_changes.push(b"change".to_vec());
        world.claimed_orders.push(ClaimedOrder {
            order,
            request,
            lease,
        });
    });
    stage
        .until(|world| matches!(world.calls.last(), Some(Call::Issue(_))))
        .await;
    stage.fakes.world(|world| {
        let Some(Call::Issue(issue)) = world.calls.last() else {
            panic!("{:?}", world.calls)
        };
        assert_eq!(issue.csr, csr);
        // The account may have changed its key since it asked.
        assert_eq!(issue.key_changes, [b"change"]);
    });
    assert!(
        stage
            .metrics
            .encode()
            .contains("cairn_ra_resumed_total{work=\"order\"} 1")
    );
}

#[tokio::test]
async fn names_whose_caa_records_cannot_be_looked_up_end_the_order_after_some_attempts() {
    let stage = Stage::new().await;
    let order = proved(&stage, SystemClock.now() - Duration::from_secs(8 * 3600));
    let timeout = ValidationOutcome {
        problem: Some(Problem {
            kind: ErrorKind::Dns,
            detail: "timeout".to_owned(),
            subproblems: vec![],
            observations: Vec::new(),
        }),
        transient: true,
        receipts: vec![],
        observations: Vec::new(),
        valid_until: None,
    };
    stage
        .fakes
        .world(|world| world.outcomes.extend(vec![Ok(timeout); 4]));
    let request = finalize(&stage, order.id, csr("shop.internal", &p256()));
    let done = stage.ra.finalize(&context(), request).await.unwrap();
    let error = done.error.unwrap();
    assert_eq!((done.status, error.kind), (OrderStatus::Invalid, ErrorKind::Dns));
    assert_eq!(error.subproblems[0].identifier, Some(name("shop.internal")));
    stage
        .fakes
        .world(|world| assert!(world.outcomes.is_empty(), "four attempts"));
}

#[tokio::test]
async fn an_outage_ends_no_order() {
    let stage = Stage::new().await;
    let order = proved(&stage, SystemClock.now());
    stage.fakes.world(|world| {
        world
            .issued
            .extend(vec![Err(Error::unavailable("no database")); 3]);
    });
    let request = finalize(&stage, order.id, csr("shop.internal", &p256()));
    let done = stage.ra.finalize(&context(), request).await.unwrap();
    assert_eq!(done.status, OrderStatus::Valid);
}

#[tokio::test]
async fn the_end_of_an_order_waits_for_the_storage_authority() {
    let stage = Stage::new().await;
    let order = proved(&stage, SystemClock.now());
    stage.fakes.world(|world| {
        world.outages = 2;
        world.issued.push_back(Err(Error::unauthorized("no")));
    });
    let request = finalize(&stage, order.id, csr("shop.internal", &p256()));
    let done = stage.ra.finalize(&context(), request).await.unwrap();
    assert_eq!(done.status, OrderStatus::Invalid);
    stage.fakes.world(|world| {
        let issued = world.calls.iter().filter(|call| matches!(call, Call::Issue(_)));
        assert_eq!(issued.count(), 1);
    });
}

#[tokio::test]
async fn patience_with_our_own_faults_ends() {
    let stage = Stage::set(|text| text.replace("patience = \"10m\"", "patience = \"0s\"")).await;
    let order = proved(&stage, SystemClock.now());
    stage
        .fakes
        .world(|world| world.issued.push_back(Err(Error::internal("a disk is full"))));
    let request = finalize(&stage, order.id, csr("shop.internal", &p256()));
    let done = stage.ra.finalize(&context(), request).await.unwrap();
    assert_eq!(done.status, OrderStatus::Invalid);
    let error = done.error.unwrap();
    assert_eq!(error.kind, ErrorKind::ServerInternal);
    assert!(!error.detail.contains("disk"), "{error:?}");
    let counted = "cairn_ra_orders_total{outcome=\"serverInternal\"} 1";
    assert!(stage.metrics.encode().contains(counted));
}

#[tokio::test]
async fn an_order_that_another_process_took_over_is_answered_as_it_is() {
    let stage = Stage::new().await;
    let order = proved(&stage, SystemClock.now());
    stage.fakes.world(|world| {
        world.taken_over = true;
        world.issued.push_back(Err(Error::unauthorized("no")));
    });
    let request = finalize(&stage, order.id, csr("shop.internal", &p256()));
    let done = stage.ra.finalize(&context(), request).await.unwrap();
    assert_eq!(done, order);
}

#[tokio::test]
async fn a_repeated_request_gets_the_order_and_another_does_not() {
    for status in [OrderStatus::Processing, OrderStatus::Valid] {
        let stage = Stage::new().await;
        let order = proved(&stage, SystemClock.now());
        let request = finalize(&stage, order.id, csr("shop.internal", &p256()));
        stage.fakes.world(|world| {
            world.orders[0].status = status;
            world.finalization.clone_from(&request.request);
        });
        let other = finalize(&stage, order.id, csr("shop.internal", &p256()));
        let error = stage.ra.finalize(&context(), other).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OrderNotReady);
        // The issuance ends while the answer waits for it.
        stage.fakes.world(|world| world.valid_after = Some(2));
        let done = stage.ra.finalize(&context(), request).await.unwrap();
        assert_eq!((done.id, done.status), (order.id, OrderStatus::Valid));
        stage
            .fakes
            .world(|world| assert_eq!(world.calls, [], "nothing is begun again"));
    }
}
