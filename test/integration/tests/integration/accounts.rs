//! Accounts (RFC 8555 sections 7.1.2 and 7.3).

use cairn_acme::objects::{AccountUpdate, NewAccount};
use cairn_acme::{Algorithm, SignAs, SigningKey};
use cairn_testkit::client::Account;
use cairn_testkit::names;
use serde_json::{Value, json};

use crate::support::{account, assert_problem, assert_refused, client};

fn with_contact(contact: &str) -> NewAccount {
    NewAccount {
        contact: Some(vec![contact.to_owned()]),
        terms_of_service_agreed: true,
        ..NewAccount::default()
    }
}

#[tokio::test]
async fn every_key_algorithm_makes_an_account_that_works() -> anyhow::Result<()> {
    for algorithm in Algorithm::ALL {
        let key = SigningKey::generate(algorithm)?;
        let (mut account, answer) =
            Account::register(client().await?, key, &with_contact("mailto:admin@a.example")).await?;
        assert_eq!(answer.status, 201, "{algorithm}");
        let object: Value = answer.json()?;
        assert_eq!(object["status"], "valid");
        assert_eq!(object["contact"], json!(["mailto:admin@a.example"]));
        assert!(object["orders"].as_str().unwrap().starts_with(account.url()));
        account.order_names(&[names::fresh("any")]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_known_key_gets_its_account_back_unchanged() -> anyhow::Result<()> {
    let key = SigningKey::generate(Algorithm::EdDsa)?;
    let (first, _) = Account::register(
        client().await?,
        key.clone(),
        &with_contact("mailto:one@a.example"),
    )
    .await?;
    for only_return_existing in [false, true] {
        let again = NewAccount {
            only_return_existing,
            ..with_contact("mailto:two@a.example")
        };
        let (second, answer) = Account::register(client().await?, key.clone(), &again).await?;
        assert_eq!((answer.status.as_u16(), second.url()), (200, first.url()));
        assert_eq!(
            answer.json::<Value>()?["contact"],
            json!(["mailto:one@a.example"])
        );
    }
    Ok(())
}

#[tokio::test]
async fn looking_up_an_unknown_key_creates_nothing() -> anyhow::Result<()> {
    let key = SigningKey::generate(Algorithm::Es256)?;
    let look_up = NewAccount {
        only_return_existing: true,
        ..NewAccount::default()
    };
    for _ in 0..2 {
        let found = Account::register(client().await?, key.clone(), &look_up).await;
        assert_refused(found.map(drop), 400, "accountDoesNotExist")?;
    }
    Ok(())
}

#[tokio::test]
async fn racing_registrations_of_a_key_make_one_account() -> anyhow::Result<()> {
    let key = SigningKey::generate(Algorithm::Es256)?;
    let client = client().await?;
    let payload = NewAccount::default();
    let racing = (0..8).map(|_| Account::register(client.another(), key.clone(), &payload));
    let mut urls = Vec::new();
    let mut created = 0;
    for result in futures_util::future::join_all(racing).await {
        let (account, answer) = result?;
        created += usize::from(answer.status == 201);
        urls.push(account.url().to_owned());
    }
    urls.dedup();
    assert_eq!((urls.len(), created), (1, 1));
    Ok(())
}

#[tokio::test]
async fn contacts_are_replaced_and_nothing_else_can_be_set() -> anyhow::Result<()> {
    let mut account = account().await?;
    let url = account.url().to_owned();
    let changes = [
        (
            json!({"contact": ["mailto:a@a.example", "mailto:b@a.example"]}),
            json!(["mailto:a@a.example", "mailto:b@a.example"]),
        ),
        (
            json!({"status": "revoked", "orders": "x", "termsOfServiceAgreed": true, "key": {}}),
            json!(["mailto:a@a.example", "mailto:b@a.example"]),
        ),
        (json!({"contact": []}), Value::Null),
    ];
    for (change, contact) in changes {
        let object: Value = account.post_json(&url, &change).await?.ok()?.json()?;
        assert_eq!(object["status"], "valid", "{change}");
        assert_eq!(
            object.get("contact").cloned().unwrap_or_default(),
            contact,
            "{change}"
        );
    }
    let stored = account.object().await?;
    assert!(stored.contact.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_deactivated_account_is_over() -> anyhow::Result<()> {
    let mut account = account().await?;
    let order = account.order_names(&[names::fresh("given-up")]).await?;
    let object = account.deactivate().await?;
    assert_eq!(object.status.as_str(), "deactivated");
    let url = account.url().to_owned();
    let directory = account.client.shared_directory();
    for url in [
        &url,
        &order.url,
        &order.object.authorizations[0],
        &directory.new_nonce,
    ] {
        assert_problem(&account.get(url).await?, 401, "unauthorized")?;
    }
    let payload = br#"{"identifiers":[{"type":"dns","value":"a.test"}]}"#;
    assert_problem(
        &account.post(&directory.new_order, payload).await?,
        401,
        "unauthorized",
    )?;
    let revive = AccountUpdate {
        status: Some("valid".to_owned()),
        contact: None,
    };
    assert_refused(account.update(&revive).await, 401, "unauthorized")?;

    // The key stays taken: whoever registers it again learns what became of it.
    let key = account.key().clone();
    let again = account
        .client
        .post(&key, SignAs::Jwk, &directory.new_account, b"{}")
        .await?;
    assert_problem(&again, 401, "unauthorized")?;
    Ok(())
}

#[tokio::test]
async fn the_orders_list_comes_in_pages_newest_first() -> anyhow::Result<()> {
    let mut account = account().await?;
    let mut made = Vec::new();
    for number in 0..103 {
        let name = format!("{number}.list.test");
        made.push(account.order_names(&[name]).await?.url);
    }
    made.reverse();
    let list = account.object().await?.orders;
    let first_page = account.get(&list).await?.ok()?;
    assert_eq!(
        first_page.links("next").len(),
        1,
        "103 orders are more than a page"
    );
    assert_eq!(account.orders().await?, made);
    let mut other = self::account().await?;
    assert_problem(&other.get(&list).await?, 403, "unauthorized")?;
    Ok(())
}
