//! Orders and authorizations.

use cairn_acme::base64url;
use cairn_acme::objects::{AuthorizationObject, ChallengeObject, OrderObject};
use cairn_types::{AuthorizationStatus, ChallengeStatus, ErrorKind, OrderStatus, Problem};
use serde_json::json;

use crate::accounts::{place, refused};
use crate::world::World;

#[tokio::test]
async fn an_order_from_its_beginning_to_its_end() {
    let world = World::new().await;
    let mut account = world.account().await;
    let payload = json!({
        "identifiers": [{"type": "dns", "value": "*.A.example"}, {"type": "ip", "value": "127.0.0.1"}],
        "profile": "classic", "notAfter": "2027-01-01T00:00:00Z",
    });
    let answer = account
        .post_json(&world.url("/acme/new-order"), &payload)
        .await
        .unwrap();
    assert_eq!(answer.status, 201);
    let url = answer.location().unwrap();
    let order: OrderObject = answer.json().unwrap();
    assert_eq!(order.status, OrderStatus::Pending);
    assert_eq!(order.identifiers[0].value, "*.a.example");
    assert_eq!(order.finalize, format!("{url}/finalize"));
    assert_eq!(order.not_after.unwrap().to_rfc3339(), "2027-01-01T00:00:00Z");

    let authz = account.get(&order.authorizations[0]).await.unwrap();
    assert_eq!(authz.retry_after(), None);
    let authz: AuthorizationObject = authz.json().unwrap();
    assert!(authz.wildcard);
    assert_eq!(authz.identifier.value, "a.example");
    let challenge = &authz.challenges[0];
    assert_eq!(
        account
            .get(&challenge.url)
            .await
            .unwrap()
            .json::<ChallengeObject>()
            .unwrap(),
        *challenge
    );
    let answered = account
        .post(&challenge.url, br#"{"keyAuthorization":"old"}"#)
        .await
        .unwrap();
    assert_eq!(answered.links("up"), [order.authorizations[0].as_str()]);
    assert_eq!(answered.retry_after(), Some(1));
    assert_eq!(
        answered.json::<ChallengeObject>().unwrap().status,
        ChallengeStatus::Processing
    );
    assert_eq!(
        account.get(&order.authorizations[0]).await.unwrap().retry_after(),
        Some(1)
    );

    let csr = |text: &str| json!({"csr": base64url::encode(text)});
    let slow = account.post_json(&order.finalize, &csr("slow")).await.unwrap();
    assert_eq!((slow.status.as_u16(), slow.retry_after()), (200, Some(2)));
    assert_eq!(
        slow.json::<OrderObject>().unwrap().status,
        OrderStatus::Processing
    );
    let quick = account.post_json(&order.finalize, &csr("quick")).await.unwrap();
    assert_eq!(
        (quick.retry_after(), quick.location().unwrap()),
        (None, url.clone())
    );
    let certificate = quick.json::<OrderObject>().unwrap().certificate.unwrap();
    assert_eq!(
        certificate,
        world.url("/acme/cert/014e20000102030405060708090a0b0c")
    );
}

#[tokio::test]
async fn the_finalize_request_travels_as_it_came() {
    let world = World::new().await;
    let mut account = world.account().await;
    let order = place(&mut account, &world).await;
    let url = format!("{order}/finalize");
    let nonce = account.client.nonce().await.unwrap();
    let signer = cairn_acme::SignAs::Account(account.url());
    let body = account
        .key()
        .sign(signer, &nonce, &url, br#"{"csr":"AAAA"}"#)
        .unwrap();
    let answer = account.client.post_body(&url, body.clone()).await.unwrap();
    assert_eq!(answer.status, 200);
    let arrived = world.known.with(|state| state.finalize_requests.clone());
    assert_eq!(arrived, [body.as_bytes()]);
}

#[tokio::test]
async fn faults_of_identifiers_are_told() {
    let world = World::new().await;
    let mut account = world.account().await;
    let url = world.url("/acme/new-order");
    world.known.calls();
    let dns = |name: &str| json!({"type": "dns", "value": name});
    let email = json!({"type": "email", "value": "a@b.example"});
    for (identifiers, kind, status, subproblems) in [
        (json!([dns("a_b.example")]), "malformed", 400, 0),
        (json!([email]), "unsupportedIdentifier", 400, 0),
        (
            json!([dns("a_b.example"), dns("-.example"), dns("good.example")]),
            "malformed",
            400,
            2,
        ),
        (json!([dns("a_b.example"), email]), "compound", 403, 2),
        (json!(vec![dns("a.example"); 101]), "malformed", 400, 0),
        (json!({}), "malformed", 400, 0),
    ] {
        let answer = account
            .post_json(&url, &json!({"identifiers": identifiers}))
            .await
            .unwrap();
        refused(&answer, kind, status);
        assert_eq!(answer.problem().unwrap().subproblems.len(), subproblems);
    }
    let payload = json!({"identifiers": [dns("a.example")], "profile": "No Such"});
    refused(
        &account.post_json(&url, &payload).await.unwrap(),
        "invalidProfile",
        400,
    );
    let payload = json!({"identifiers": [dns("a.example")], "replaces": "AAAA.AAAA"});
    refused(
        &account.post_json(&url, &payload).await.unwrap(),
        "malformed",
        400,
    );
    assert!(
        world.known.calls().is_empty(),
        "none of this reached the registration authority"
    );
}

#[tokio::test]
async fn errors_of_orders_and_challenges_are_problem_documents() {
    let world = World::new().await;
    let mut account = world.account().await;
    let url = place(&mut account, &world).await;
    let problem = Problem {
        kind: ErrorKind::Dns,
        detail: "no answer".to_owned(),
        subproblems: Vec::new(),
        observations: Vec::new(),
    };
    world.known.with(|state| {
        state.orders[0].status = OrderStatus::Invalid;
        state.orders[0].error = Some(problem.clone());
        state.authorizations[0].status = AuthorizationStatus::Invalid;
        state.authorizations[0].challenges[0].status = ChallengeStatus::Invalid;
        state.authorizations[0].challenges[0].error = Some(problem);
    });
    let order: OrderObject = account.get(&url).await.unwrap().json().unwrap();
    assert_eq!(order.error.unwrap().kind, "urn:ietf:params:acme:error:dns");
    let authz = account.authorization(&order.authorizations[0]).await.unwrap();
    assert_eq!(authz.challenges[0].error.as_ref().unwrap().detail, "no answer");
}

#[tokio::test]
async fn authorizations_ahead_and_given_up() {
    let world = World::new().await;
    let mut account = world.account().await;
    let made = account.new_authorization("dns", "a.example").await.unwrap();
    assert_eq!(made.status, 201);
    let url = made.location().unwrap();
    let answer = account.post(&url, b"{}").await.unwrap();
    refused(&answer, "malformed", 400);
    let given_up = account.deactivate_authorization(&url).await.unwrap();
    assert_eq!(given_up.status, AuthorizationStatus::Deactivated);
}

#[tokio::test]
async fn limits_are_told_with_the_time_to_wait() {
    let more = "[limits.newOrdersPerAccount]\ncount = 1\nperiod = \"1h\"";
    let world = World::with(more).await;
    let mut account = world.account().await;
    place(&mut account, &world).await;
    let payload = json!({"identifiers": [{"type": "dns", "value": "a.example"}]});
    let answer = account
        .post_json(&world.url("/acme/new-order"), &payload)
        .await
        .unwrap();
    refused(&answer, "rateLimited", 429);
    assert!(answer.retry_after().unwrap() > 1);
}

#[tokio::test]
async fn authorizations_ahead_of_orders_are_limited_too() {
    let more = "[limits.newAuthorizationsPerAccount]\ncount = 1\nperiod = \"1h\"";
    let world = World::with(more).await;
    let mut account = world.account().await;
    let payload = json!({"identifier": {"type": "dns", "value": "a.example"}});
    let url = world.url("/acme/new-authz");
    assert_eq!(account.post_json(&url, &payload).await.unwrap().status, 201);
    let answer = account.post_json(&url, &payload).await.unwrap();
    refused(&answer, "rateLimited", 429);
}

#[tokio::test]
async fn what_is_not_offered_is_not_there() {
    let world = World::replacing("profiles =", "new_authz = false, profiles =").await;
    let mut account = world.account().await;
    assert_eq!(account.client.directory().new_authz, None);
    let answer = account.post(&world.url("/acme/new-authz"), b"{}").await.unwrap();
    refused(&answer, "malformed", 404);
}

#[tokio::test]
async fn the_orders_list_has_pages() {
    let world = World::new().await;
    let mut account = world.account().await;
    for _ in 0..3 {
        place(&mut account, &world).await;
    }
    world.known.with(|state| {
        let first = state.orders[0].clone();
        for number in 0..230_u64 {
            let mut order = first.clone();
            order.id = format!("0198c2f4-0000-7000-8000-{number:012}").parse().unwrap();
            state.orders.push(order);
        }
    });
    let all = account.orders().await.unwrap();
    assert_eq!(all.len(), 233);
    assert_eq!(
        world
            .known
            .calls()
            .iter()
            .filter(|call| **call == "sa.list_orders")
            .count(),
        3
    );
    let url = format!("{}/orders?after=nonsense", account.url());
    refused(&account.get(&url).await.unwrap(), "malformed", 404);
}
