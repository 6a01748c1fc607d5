//! Accounts, their keys, and who may act for them.

use bytes::Bytes;
use cairn_acme::objects::{AccountObject, AccountUpdate, NewAccount};
use cairn_acme::{SignAs, SigningKey};
use cairn_testkit::client::{Account, Answer};
use cairn_types::{AccountStatus, Error, ErrorKind};
use serde_json::{Value, json};

use crate::world::{World, key};

/// The short error type and the status of a refusal.
#[track_caller]
pub(crate) fn refused(answer: &Answer, kind: &str, status: u16) {
    let problem = answer
        .problem()
        .unwrap_or_else(|| panic!("no problem: {answer:?}"));
    assert_eq!(
        (problem.short_type(), answer.status.as_u16()),
        (kind, status),
        "{}",
        problem.detail
    );
    assert_eq!(problem.status, Some(status));
    assert!(answer.header("x-request-id").is_some());
}

fn create(payload: &Value) -> NewAccount {
    serde_json::from_str(&payload.to_string()).unwrap()
}

#[tokio::test]
async fn a_key_has_one_account() {
    let world = World::new().await;
    let key = key();
    let payload = create(&json!({"contact": ["mailto:a@b.example"], "termsOfServiceAgreed": true}));
    let (mut account, made) = Account::register(world.client().await, key.clone(), &payload)
        .await
        .unwrap();
    assert_eq!(made.status, 201);
    let object: AccountObject = made.json().unwrap();
    assert_eq!(object.contact, ["mailto:a@b.example"]);
    assert!(object.terms_of_service_agreed);
    assert_eq!(object.orders, format!("{}/orders", account.url()));

    let other = create(&json!({"contact": []}));
    let (again, found) = Account::register(world.client().await, key.clone(), &other)
        .await
        .unwrap();
    assert_eq!((found.status.as_u16(), again.url()), (200, account.url()));
    assert_eq!(
        found.json::<AccountObject>().unwrap().contact,
        ["mailto:a@b.example"]
    );

    let existing = create(&json!({"onlyReturnExisting": true}));
    let (again, found) = Account::register(world.client().await, key, &existing)
        .await
        .unwrap();
    assert_eq!((found.status.as_u16(), again.url()), (200, account.url()));
    assert_eq!(account.object().await.unwrap().status, AccountStatus::Valid);
}

#[tokio::test]
async fn new_accounts_are_limited_however_many_ask_at_once() {
    let world = World::with("[limits.newAccountsPerAddress]\ncount = 2\nperiod = \"1h\"").await;
    let payload = create(&json!({"termsOfServiceAgreed": true}));
    let mut clients = Vec::new();
    for _ in 0..6 {
        clients.push((world.client().await, key()));
    }
    let attempts = clients
        .iter()
        .map(|(client, key)| Account::register(client.another(), key.clone(), &payload));
    let outcomes = futures_util::future::join_all(attempts).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 2);

    // Who has an account finds it all the same.
    for ((client, key), outcome) in clients.into_iter().zip(outcomes) {
        let found = Account::register(client, key, &payload).await;
        assert_eq!(found.is_ok(), outcome.is_ok());
    }
}

#[tokio::test]
async fn what_is_only_to_be_found_is_not_created() {
    let world = World::new().await;
    let mut client = world.client().await;
    let url = world.url("/acme/new-account");
    let answer = client
        .post(&key(), SignAs::Jwk, &url, br#"{"onlyReturnExisting":true}"#)
        .await
        .unwrap();
    refused(&answer, "accountDoesNotExist", 400);
    assert_eq!(world.known.calls(), ["sa.find_account_by_key"]);
}

#[tokio::test]
async fn contacts_change_and_the_account_is_read_once() {
    let world = World::new().await;
    let mut account = world.account().await;
    world.known.calls();
    let update = AccountUpdate {
        contact: Some(vec!["mailto:new@b.example".to_owned()]),
        status: None,
    };
    assert_eq!(
        account.update(&update).await.unwrap().contact,
        ["mailto:new@b.example"]
    );
    assert_eq!(account.object().await.unwrap().contact, ["mailto:new@b.example"]);
    assert_eq!(
        world.known.calls(),
        ["ra.update_contact"],
        "the front end knows the account it made"
    );
}

#[tokio::test]
async fn a_deactivated_account_is_refused_at_once() {
    let world = World::new().await;
    let mut account = world.account().await;
    assert_eq!(
        account.deactivate().await.unwrap().status,
        AccountStatus::Deactivated
    );
    let url = account.url().to_owned();
    refused(&account.get(&url).await.unwrap(), "unauthorized", 401);
    let mut client = world.client().await;
    let signer = account.key().clone();
    for payload in [br#"{"onlyReturnExisting":true}"#.as_slice(), b"{}"] {
        let answer = client
            .post(&signer, SignAs::Jwk, &world.url("/acme/new-account"), payload)
            .await
            .unwrap();
        refused(&answer, "unauthorized", 401);
    }
}

#[tokio::test]
async fn a_key_is_replaced_at_once() {
    let world = World::new().await;
    let mut account = world.account().await;
    let (old, new) = (account.key().clone(), key());
    assert_eq!(account.change_key(new).await.unwrap().status, 200);
    assert_eq!(account.object().await.unwrap().status, AccountStatus::Valid);
    let mut stale = Account::existing(world.client().await, old, account.url().to_owned());
    let url = account.url().to_owned();
    refused(&stale.get(&url).await.unwrap(), "malformed", 400);
}

#[tokio::test]
async fn the_account_that_has_the_new_key_is_named() {
    let world = World::new().await;
    let mut account = world.account().await;
    let other = world.account().await;
    let id = other.url().rsplit('/').next().unwrap();
    world.known.refuse(Error::conflict("the key is in use").at(id));
    let answer = account.change_key(key()).await.unwrap();
    refused(&answer, "malformed", 409);
    assert_eq!(answer.location().unwrap(), other.url());
}

#[tokio::test]
async fn new_terms_are_linked_and_agreed_to_on_a_page() {
    let world = World::new().await;
    let mut account = world.account().await;
    let id = account.url().rsplit('/').next().unwrap().to_owned();
    let path = format!("/terms/{id}/proof");
    world
        .known
        .refuse(Error::new(ErrorKind::UserActionRequired, "agree").at(&path));
    let order = json!({ "identifiers": [{ "type": "dns", "value": "a.test" }] });
    let answer = account
        .post_json(&world.url("/acme/new-order"), &order)
        .await
        .unwrap();
    refused(&answer, "userActionRequired", 403);
    assert_eq!(answer.links("terms-of-service"), ["https://ca.example/terms"]);
    let page = answer.problem().unwrap().instance.unwrap();
    assert_eq!(page, world.url(&path));

    let browser = account.client.connection();
    let shown = browser.get(&page).await.unwrap();
    assert_eq!(shown.status.as_u16(), 200);
    let text = String::from_utf8(shown.body.to_vec()).unwrap();
    assert!(
        text.contains("https://ca.example/terms") && text.contains("<form method=\"post\">"),
        "{text}"
    );
    assert!(
        !world.known.calls().contains(&"ra.agree_to_terms"),
        "looking changes nothing"
    );

    let form = "application/x-www-form-urlencoded";
    let agreed = browser.post(&page, form, Bytes::new()).await.unwrap();
    assert_eq!(agreed.status.as_u16(), 200);
    assert!(world.known.calls().contains(&"ra.agree_to_terms"));
    let forged = world.url(&format!("/terms/{id}/other"));
    let answer = browser.post(&forged, form, Bytes::new()).await.unwrap();
    assert_eq!(answer.status.as_u16(), 404);
}

#[tokio::test]
async fn a_binding_travels_as_it_came_and_is_shown() {
    let world = World::new().await;
    let payload =
        create(&json!({"externalAccountBinding": {"payload": "e30", "protected": "e30", "signature": ""}}));
    let (mut account, _) = Account::register(world.client().await, key(), &payload)
        .await
        .unwrap();
    let shown = account.object().await.unwrap().external_account_binding.unwrap();
    assert_eq!(shown.get(), payload.external_account_binding.unwrap().get());
}

#[tokio::test]
async fn accounts_are_separate() {
    let world = World::new().await;
    let (mut one, mut two) = (world.account().await, world.account().await);
    let order = place(&mut one, &world).await;
    let made = one.client.shared_directory();
    assert!(made.new_authz.is_some());
    let authz = world.known.with(|state| state.authorizations[0].clone());
    let authz_url = world.url(&format!("/acme/authz/{}", authz.id));
    let challenge = world.url(&format!(
        "/acme/challenge/{}/{}",
        authz.id, authz.challenges[0].id
    ));
    let deactivate = br#"{"status":"deactivated"}"#.as_slice();
    let (account, orders) = (one.url().to_owned(), format!("{}/orders", one.url()));
    for (url, payload) in [
        (&account, b"".as_slice()),
        (&account, deactivate),
        (&orders, b""),
        (&order, b""),
        (&authz_url, b""),
        (&authz_url, deactivate),
        (&challenge, b""),
        (&challenge, b"{}"),
    ] {
        let answer = two.post(url, payload).await.unwrap();
        refused(&answer, "unauthorized", 403);
    }
    assert_eq!(one.object().await.unwrap().status, AccountStatus::Valid);
}

/// Places an order and returns its URL.
pub(crate) async fn place(account: &mut Account, world: &World) -> String {
    let payload = json!({"identifiers": [{"type": "dns", "value": "a.example"}]});
    let answer = account
        .post_json(&world.url("/acme/new-order"), &payload)
        .await
        .unwrap();
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.location().unwrap()
}

#[tokio::test]
async fn who_signed_is_checked_before_anything_is_done() {
    let world = World::new().await;
    let mut account = world.account().await;
    let url = world.url("/acme/new-order");
    let id = account.url().to_owned();
    let unknown = world.url("/acme/account/0198c2f4-0000-7000-8000-000000000000");
    world.known.calls();
    let key: SigningKey = account.key().clone();
    let cases = [
        (SignAs::Jwk, &key, "malformed", 400),
        (
            SignAs::Account("https://other.example/acme/account/1"),
            &key,
            "malformed",
            400,
        ),
        (SignAs::Account(&unknown), &key, "accountDoesNotExist", 400),
    ];
    for (signer, key, kind, status) in cases {
        let nonce = account.client.nonce().await.unwrap();
        let body = key.sign(signer, &nonce, &url, b"{}").unwrap();
        refused(&account.client.post_body(&url, body).await.unwrap(), kind, status);
    }
    let nonce = account.client.nonce().await.unwrap();
    let forged = crate::world::key()
        .sign(SignAs::Account(&id), &nonce, &url, b"{}")
        .unwrap();
    refused(
        &account.client.post_body(&url, forged).await.unwrap(),
        "malformed",
        400,
    );
    let by_kid = key
        .sign(
            SignAs::Account(&id),
            &nonce,
            &world.url("/acme/new-account"),
            b"{}",
        )
        .unwrap();
    let answer = account
        .client
        .post_body(&world.url("/acme/new-account"), by_kid)
        .await
        .unwrap();
    refused(&answer, "malformed", 400);
    assert_eq!(world.known.calls(), ["sa.get_account"]);
}
