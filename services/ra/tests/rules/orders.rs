//! New orders: for whom and what, for how long, and what they reuse.

use cairn_kit::SystemClock;
use cairn_rpc::api::ra::NewOrder;
use cairn_types::{AuthorizationStatus, Clock, Duration, ErrorKind, OrderStatus};

use crate::fakes::Call;
use crate::stage::{Stage, context, name};

fn order(stage: &Stage, names: &[&str]) -> NewOrder {
    NewOrder {
        account: stage.account.id,
        identifiers: names.iter().map(|text| name(text)).collect(),
        profile: None,
        not_before: None,
        not_after: None,
        replaces: None,
    }
}

#[tokio::test]
async fn orders_are_for_names_that_are_issued_for() {
    let stage = Stage::new().await;
    let order = |names: &[&str]| order(&stage, names);
    let made = stage
        .ra
        .new_order(&context(), order(&["b.internal", "a.internal", "b.internal"]))
        .await
        .unwrap();
    assert_eq!(made.identifiers, [name("a.internal"), name("b.internal")]);
    assert_eq!(made.status, OrderStatus::Pending);
    for (names, kind) in [
        (&[][..], ErrorKind::Malformed),
        (&["a.test"], ErrorKind::RejectedIdentifier),
        (&["a.test", "a.internal", "b.test"], ErrorKind::RejectedIdentifier),
    ] {
        let error = stage.ra.new_order(&context(), order(names)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{names:?}");
    }
    let mut unknown = order(&["a.internal"]);
    unknown.profile = Some("gold".parse().unwrap());
    let error = stage.ra.new_order(&context(), unknown).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidProfile);
    stage.fakes.world(|world| assert_eq!(world.calls.len(), 1));
}

#[tokio::test]
async fn a_validity_is_asked_for_only_as_it_can_be_granted_and_while_it_can() {
    let stage = Stage::new().await;
    let now = SystemClock.now().floor_secs();
    let day = |days: u64| Duration::from_secs(days * 86_400);
    let second = Duration::from_secs(1);
    // Until when the order can be finalized, or none if it is refused.
    for (not_before, not_after, until) in [
        (Some(now), Some(now + day(90) - second), Some(now + day(2))),
        (Some(now), Some(now + day(90)), None),
        (None, Some(now + day(90)), None),
        (None, Some(now + day(1)), Some(now + day(1) - second)),
        (Some(now - day(1)), None, Some(now + day(1))),
        (Some(now - day(3)), None, None),
        (Some(now + day(3)), None, None),
        (Some(now + Duration::from_millis(1)), None, None),
        (None, Some(now), None),
    ] {
        let asked = NewOrder {
            not_before,
            not_after,
            ..order(&stage, &["a.internal"])
        };
        let answer = stage.ra.new_order(&context(), asked).await;
        let got = answer.map(|made| made.expires).map_err(|error| error.kind());
        assert_eq!(
            got,
            until.ok_or(ErrorKind::Malformed),
            "{not_before:?} {not_after:?}"
        );
    }
}

#[tokio::test]
async fn what_no_challenge_of_the_profile_can_prove_is_refused() {
    let stage = Stage::set(|text| {
        text.replace(
            "methods = [\"http-01\", \"dns-01\", \"tls-alpn-01\", \"dns-account-01\"]",
            "methods = [\"http-01\"]",
        )
    })
    .await;
    let asked = order(&stage, &["a.internal", "*.a.internal"]);
    let error = stage.ra.new_order(&context(), asked).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RejectedIdentifier);
    let [refused] = error.problem.subproblems.as_slice() else {
        panic!("{error:?}")
    };
    assert_eq!(refused.identifier, Some(name("*.a.internal")));
}

#[tokio::test]
async fn an_authorization_that_is_given_up_meanwhile_is_made_anew() {
    let stage = Stage::new().await;
    let mut known = stage.authorization(AuthorizationStatus::Valid);
    known.expires = SystemClock.now() + Duration::from_secs(9 * 86_400);
    stage.fakes.world(|world| {
        world.authorizations = vec![known.clone()];
        world.given_up = true;
    });
    let asked = order(&stage, &["shop.internal"]);
    let made = stage.ra.new_order(&context(), asked).await.unwrap();
    assert_eq!(made.status, OrderStatus::Pending);
    stage.fakes.world(|world| {
        let [Call::CreateOrder(first), Call::CreateOrder(second)] = world.calls.as_slice() else {
            panic!("{:?}", world.calls)
        };
        assert_eq!(first.order.authorizations, [known.id]);
        assert_eq!(first.order.status, OrderStatus::Ready);
        assert_eq!(second.new_authorizations.len(), 1);
    });
}

#[tokio::test]
async fn a_repeated_request_finds_the_order_of_the_first() {
    let stage = Stage::new().await;
    let placed = stage.ready_order();
    stage.fakes.world(|world| world.placed = Some(placed.clone()));
    let asked = NewOrder {
        not_after: Some(SystemClock.now().floor_secs() + Duration::from_secs(86_400)),
        ..order(&stage, &["shop.internal"])
    };
    let answer = stage.ra.new_order(&context(), asked.clone()).await.unwrap();
    assert_eq!(answer, placed);
    stage.fakes.world(|world| {
        let [Call::CreateOrder(wanted)] = world.calls.as_slice() else {
            panic!("{:?}", world.calls)
        };
        let window = Duration::from_secs(120);
        assert_eq!(wanted.placed_since, Some(wanted.order.created - window));
        assert_eq!(
            (wanted.order.account, wanted.order.not_after),
            (asked.account, asked.not_after)
        );
        let month = Duration::from_secs(37 * 86_400);
        assert!(
            world.looked_for[0].made_since <= wanted.order.created - month,
            "as long as any lives"
        );
    });
}

#[tokio::test]
async fn a_repeated_request_that_replaces_a_certificate_is_no_second_replacement() {
    let stage = Stage::new().await;
    let (certificate, _) = stage.certificate(stage.account.id);
    let placed = stage.ready_order();
    stage.fakes.world(|world| world.placed = Some(placed.clone()));
    let asked = NewOrder {
        replaces: Some(certificate.serial),
        ..order(&stage, &["shop.internal"])
    };
    let answer = stage.ra.new_order(&context(), asked).await.unwrap();
    assert_eq!(answer, placed);
}

#[tokio::test]
async fn every_request_makes_an_order_where_that_is_wanted() {
    let stage = Stage::set(|text| text.replace("retry_window = \"2m\"", "retry_window = \"0s\"")).await;
    let asked = order(&stage, &["shop.internal"]);
    stage.ra.new_order(&context(), asked).await.unwrap();
    stage.fakes.world(|world| {
        assert!(matches!(&world.calls[0], Call::CreateOrder(wanted) if wanted.placed_since.is_none()));
    });
}
