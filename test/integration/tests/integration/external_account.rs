//! External account binding (RFC 8555 section 7.3.4). What bad ones get is among the bad input.

use anyhow::Result;
use cairn_acme::objects::NewAccount;
use cairn_acme::{Algorithm, MacAlgorithm, SigningKey, sign_external_account_binding};
use cairn_testkit::client::{Account, Client};
use cairn_testkit::stack::Service;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::support::{EAB_KEY, EAB_KEY_ID, assert_refused, own_stack, table};

fn bound(client: &Client, key: &SigningKey, mac_key: &[u8], key_id: &str) -> Result<NewAccount> {
    let url = &client.directory().new_account;
    let binding = sign_external_account_binding(MacAlgorithm::Hs256, mac_key, key_id, url, key.public())?;
    Ok(NewAccount {
        terms_of_service_agreed: true,
        external_account_binding: Some(RawValue::from_string(binding)?),
        ..NewAccount::default()
    })
}

#[tokio::test]
async fn where_it_is_required_nobody_registers_without() -> Result<()> {
    let stack = own_stack().await?;
    stack
        .reconfigure(Service::Ra, |config| {
            table(config, "accounts").insert("external_account_required".to_owned(), true.into());
        })
        .await?;
    stack
        .reconfigure(Service::Wfe, |config| {
            table(config, "directory").insert("external_account_required".to_owned(), true.into());
        })
        .await?;
    let client = stack.client().await?;
    assert!(client.directory().meta.external_account_required);

    let key = SigningKey::generate(Algorithm::Es256)?;
    let unbound = Account::register(client.another(), key.clone(), &NewAccount::default()).await;
    assert_refused(unbound.map(drop), 403, "externalAccountRequired")?;
    for (mac_key, key_id) in [([0; 32], EAB_KEY_ID), (EAB_KEY, "customer-2")] {
        let wrong = bound(&client, &key, &mac_key, key_id)?;
        let refused = Account::register(client.another(), key.clone(), &wrong).await;
        assert_refused(refused.map(drop), 403, "unauthorized")?;
    }

    let good = bound(&client, &key, &EAB_KEY, EAB_KEY_ID)?;
    let (mut account, answer) = Account::register(client.another(), key, &good).await?;
    assert_eq!(answer.status, 201);
    let shown: Value = answer.json()?;
    let sent: Value = serde_json::from_str(good.external_account_binding.as_ref().map_or("", |it| it.get()))?;
    assert_eq!(shown["externalAccountBinding"], sent, "echoed as it was sent");
    account.order_names(&["a.test"]).await?;

    let second_key = SigningKey::generate(Algorithm::Es256)?;
    let second = bound(&client, &second_key, &EAB_KEY, EAB_KEY_ID)?;
    let refused = Account::register(client.another(), second_key, &second).await;
    assert!(refused.is_err(), "one external account, one account");
    Ok(())
}
