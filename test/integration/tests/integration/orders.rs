//! Orders (RFC 8555 sections 7.1.3 and 7.4).

use cairn_acme::objects::NewOrder;
use cairn_testkit::client::{dns_identifiers, dns_order};
use cairn_testkit::names;
use cairn_types::{AuthorizationStatus, OrderStatus, Timestamp};
use serde_json::{Value, json};

use crate::support::{account, assert_problem, doubles};

#[tokio::test]
async fn a_new_order_shows_all_that_it_is() -> anyhow::Result<()> {
    let mut account = account().await?;
    let (a, b) = (names::fresh("a"), names::fresh("b"));
    let directory = account.client.shared_directory();
    let payload = json!({"identifiers": [
        {"type": "dns", "value": b.to_uppercase()}, {"type": "dns", "value": a}, {"type": "ip", "value": "127.0.0.1"},
    ], "unknown": {"member": 1}});
    let answer = account.post_json(&directory.new_order, &payload).await?;
    assert_eq!(answer.status, 201);
    let url = answer.location()?;
    let object: Value = answer.json()?;
    assert_eq!(object["status"], "pending");
    assert!(Timestamp::parse_rfc3339(object["expires"].as_str().unwrap()).is_some());
    let mut values: Vec<&str> = object["identifiers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["value"].as_str().unwrap())
        .collect();
    values.sort_unstable();
    assert_eq!(values, ["127.0.0.1", &a, &b], "names are lower case");
    assert_eq!(object["authorizations"].as_array().unwrap().len(), 3);
    assert!(object.get("certificate").is_none() && object.get("error").is_none());
    assert!(object.get("notBefore").is_none() && object.get("unknown").is_none());
    let read: Value = account.get(&url).await?.ok()?.json()?;
    assert_eq!(read, object);
    Ok(())
}

#[tokio::test]
async fn a_proved_name_need_not_be_proved_again() -> anyhow::Result<()> {
    let mut account = account().await?;
    let name = names::fresh("reused");
    let first = account.issue(&[&name], &doubles()?.http).await?;
    let second = account.order_names(&[&name]).await?;
    assert_eq!(second.object.status, OrderStatus::Ready);
    assert_eq!(second.object.authorizations, first.order.object.authorizations);
    let wildcard = account.order_names(&[format!("*.{name}")]).await?;
    assert_eq!(
        wildcard.object.status,
        OrderStatus::Pending,
        "a wildcard is another thing"
    );
    let mut other = self::account().await?;
    let others = other.order_names(&[&name]).await?;
    assert_eq!(
        others.object.status,
        OrderStatus::Pending,
        "and so is another account"
    );
    Ok(())
}

#[tokio::test]
async fn a_request_whose_answer_was_lost_finds_its_order() -> anyhow::Result<()> {
    let mut account = account().await?;
    let name = names::fresh("lost");
    let first = account.order_names(&[&name]).await?;
    let again = account.order_names(&[&name]).await?;
    assert_eq!(again.url, first.url);
    assert_eq!(again.object, first.object);
    let mut other = self::account().await?;
    assert_ne!(other.order_names(&[&name]).await?.url, first.url);
    let issued = account.issue(&[&name], &doubles()?.http).await?;
    assert_eq!(issued.order.url, first.url);
    let next = account.order_names(&[&name]).await?;
    assert_ne!(next.url, first.url, "what was finalized is not found");
    Ok(())
}

#[tokio::test]
async fn asked_for_validity_is_given_exactly() -> anyhow::Result<()> {
    let mut account = account().await?;
    let start = Timestamp::from_secs(now().as_secs() - 3600);
    let end = start + cairn_types::Duration::from_secs(10 * 86_400);
    let order = NewOrder {
        not_before: Some(start),
        not_after: Some(end),
        ..dns_order(&[names::fresh("validity")])
    };
    let issued = account
        .issue_order(&order, cairn_testkit::keys::KeyKind::P256, &doubles()?.http)
        .await?;
    assert_eq!(issued.order.object.not_before, Some(start));
    assert_eq!(issued.order.object.not_after, Some(end));
    let leaf = issued.chain.leaf()?;
    let at = |time: Timestamp| openssl::asn1::Asn1Time::from_unix(time.as_secs());
    assert!(leaf.not_before() == &*at(start)?, "{}", leaf.not_before());
    assert!(leaf.not_after() == &*at(end)?, "{}", leaf.not_after());
    Ok(())
}

#[tokio::test]
async fn an_order_of_a_hundred_names_works() -> anyhow::Result<()> {
    let mut account = account().await?;
    let base = names::fresh("many");
    let all: Vec<String> = (0..100).map(|index| format!("n{index}.{base}")).collect();
    let order = account.order_names(&all).await?;
    assert_eq!(order.object.authorizations.len(), 100);
    let doubled: Vec<&String> = all.iter().chain(&all).take(2).collect();
    let order = account
        .new_order(&NewOrder {
            identifiers: dns_identifiers(&doubled),
            ..NewOrder::default()
        })
        .await?;
    assert_eq!(order.object.identifiers.len(), 2);
    Ok(())
}

#[tokio::test]
async fn an_order_fails_with_its_authorization() -> anyhow::Result<()> {
    let mut account = account().await?;
    let order = account
        .order_names(&[names::fresh("one"), names::fresh("two")])
        .await?;
    let given_up = account
        .deactivate_authorization(&order.object.authorizations[0])
        .await?;
    assert_eq!(given_up.status, AuthorizationStatus::Deactivated);
    let order = account.order(&order.url).await?;
    assert_eq!(order.object.status, OrderStatus::Invalid);
    Ok(())
}

#[tokio::test]
async fn nobody_else_sees_an_order() -> anyhow::Result<()> {
    let mut account = account().await?;
    let order = account.order_names(&[names::fresh("private")]).await?;
    let mut other = self::account().await?;
    for url in [&order.url, &order.object.authorizations[0]] {
        assert_problem(&other.get(url).await?, 403, "unauthorized")?;
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the CA under test runs by the system's clock"
)]
fn now() -> Timestamp {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_millis(since.as_millis() as i64)
}
