//! Terms of service (RFC 8555 sections 7.3 and 7.3.3).

use anyhow::{Context, Result, ensure};
use cairn_acme::objects::NewAccount;
use cairn_acme::{Algorithm, SigningKey};
use cairn_testkit::client::{Account, Client, dns_order};
use cairn_testkit::names;
use cairn_testkit::stack::{Service, Stack};
use http::Request;

use crate::support::{assert_problem, assert_refused, own_stack, table};

/// Has the CA ask for agreement to the terms at `url` from now on.
async fn publish(stack: &Stack, url: &str) -> Result<()> {
    let key = stack.dir().join("terms.key");
    std::fs::write(&key, [0x5a; 32])?;
    stack
        .reconfigure(Service::Ra, |config| {
            let terms = table(table(config, "accounts"), "terms_of_service");
            terms.insert("url".to_owned(), url.into());
            terms.insert("key".to_owned(), key.display().to_string().into());
        })
        .await?;
    stack
        .reconfigure(Service::Wfe, |config| {
            table(config, "directory").insert("terms_of_service".to_owned(), url.into());
        })
        .await
}

async fn register(client: &Client, agreed: bool) -> cairn_testkit::client::Result<Account> {
    let payload = NewAccount {
        terms_of_service_agreed: agreed,
        ..NewAccount::default()
    };
    let key = SigningKey::generate(Algorithm::Es256)?;
    Ok(Account::register(client.another(), key, &payload).await?.0)
}

#[tokio::test]
async fn they_are_agreed_to_at_first_and_when_they_change() -> Result<()> {
    let stack = own_stack().await?;
    publish(&stack, "https://ca.example/terms/1").await?;
    let client = stack.client().await?;
    let shown = client.directory().meta.terms_of_service.clone();
    assert_eq!(shown.as_deref(), Some("https://ca.example/terms/1"));
    assert_refused(
        register(&client, false).await.map(drop),
        403,
        "userActionRequired",
    )?;
    let mut account = register(&client, true).await?;
    account.order_names(&[names::fresh("agreed")]).await?;

    publish(&stack, "https://ca.example/terms/2").await?;
    let directory = account.client.shared_directory();
    let order = dns_order(&[names::fresh("changed")]);
    let refused = account.post_json(&directory.new_order, &order).await?;
    let problem = assert_problem(&refused, 403, "userActionRequired")?;
    let page = problem.instance.context("no instance to agree at")?;
    ensure!(
        refused.links("terms-of-service") == ["https://ca.example/terms/2"],
        "{:?}",
        refused.headers
    );

    let connection = account.client.connection();
    let question = connection.get(&page).await?.ok()?;
    let text = String::from_utf8_lossy(&question.body);
    ensure!(
        text.contains("https://ca.example/terms/2") && text.contains("<form method=\"post\""),
        "{text}"
    );
    let looked_at = account.post_json(&directory.new_order, &order).await?;
    assert_problem(&looked_at, 403, "userActionRequired")?;

    let forged = page.replace(page.rsplit('/').next().context("a proof")?, "AAAA");
    for (url, agrees) in [(&forged, false), (&page, true)] {
        let press = Request::post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(bytes::Bytes::new());
        let pressed = account.client.connection().send(url, press).await?;
        assert_eq!(pressed.status.is_success(), agrees, "{url}: {}", pressed.status);
        let ordered = account.post_json(&directory.new_order, &order).await?;
        assert_eq!(ordered.status.is_success(), agrees);
    }
    Ok(())
}
