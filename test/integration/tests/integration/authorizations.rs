//! Authorizations (RFC 8555 sections 7.1.4, 7.4.1 and 7.5).

use cairn_acme::objects::AuthorizationObject;
use cairn_testkit::names;
use cairn_types::{AuthorizationStatus, ChallengeType, OrderStatus};
use serde_json::Value;

use crate::support::{account, assert_problem, doubles};

fn kinds(authorization: &AuthorizationObject) -> Vec<&'static str> {
    let mut kinds: Vec<_> = authorization
        .challenges
        .iter()
        .map(|it| it.kind.as_str())
        .collect();
    kinds.sort_unstable();
    kinds
}

#[tokio::test]
async fn each_identifier_is_offered_the_challenges_that_fit_it() -> anyhow::Result<()> {
    let mut account = account().await?;
    let name = names::fresh("offer");
    for (identifier, expected) in [
        (
            name.clone(),
            vec![
                "dns-01",
                "dns-account-01",
                "dns-persist-01",
                "http-01",
                "tls-alpn-01",
            ],
        ),
        (
            format!("*.{name}"),
            vec!["dns-01", "dns-account-01", "dns-persist-01"],
        ),
        ("127.0.0.1".to_owned(), vec!["http-01", "tls-alpn-01"]),
        ("::1".to_owned(), vec!["http-01", "tls-alpn-01"]),
    ] {
        let order = account.order_names(&[&identifier]).await?;
        let url = &order.object.authorizations[0];
        let raw: Value = account.get(url).await?.ok()?.json()?;
        let is_wildcard = identifier.starts_with("*.");
        assert_eq!(
            raw.get("wildcard"),
            is_wildcard.then_some(&Value::Bool(true)),
            "{identifier}"
        );
        assert_eq!(raw["identifier"]["value"], identifier.trim_start_matches("*."));
        let authorization: AuthorizationObject = serde_json::from_value(raw)?;
        assert_eq!(kinds(&authorization), expected, "{identifier}");
        assert_eq!(authorization.status, AuthorizationStatus::Pending);
        assert!(authorization.expires.is_some());
        for challenge in &authorization.challenges {
            if challenge.kind == ChallengeType::DnsPersist01 {
                assert_eq!(challenge.token, "", "there is nothing to answer with");
                assert_eq!(challenge.issuer_domain_names_01, ["cairn.localhost"]);
            } else {
                assert!(challenge.token.len() >= 22, "128 bits: {}", challenge.token);
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_challenge_can_be_read_and_leads_up_to_its_authorization() -> anyhow::Result<()> {
    let mut account = account().await?;
    let order = account.order_names(&[names::fresh("up")]).await?;
    let url = &order.object.authorizations[0];
    let authorization = account.authorization(url).await?;
    let answer = account.get(&authorization.challenges[0].url).await?.ok()?;
    assert_eq!(answer.links("up"), std::slice::from_ref(url));
    assert_eq!(
        answer.json::<Value>()?["status"],
        "pending",
        "reading does not start anything"
    );
    Ok(())
}

#[tokio::test]
async fn a_name_can_be_authorized_ahead_of_its_order() -> anyhow::Result<()> {
    let mut account = account().await?;
    let name = names::fresh("ahead");
    let answer = account.new_authorization("dns", &name).await?;
    assert_eq!(answer.status, 201);
    let url = answer.location()?;
    let authorization = account.prove(&url, &doubles()?.http).await?;
    assert_eq!(authorization.status, AuthorizationStatus::Valid);
    let challenge = &authorization.challenges[0];
    assert_eq!(
        (challenge.kind, authorization.challenges.len()),
        (ChallengeType::Http01, 1)
    );
    assert!(challenge.validated.is_some(), "RFC 8555 section 8");
    let order = account.order_names(&[&name]).await?;
    assert_eq!(order.object.status, OrderStatus::Ready);
    assert_eq!(order.object.authorizations, [url]);
    Ok(())
}

#[tokio::test]
async fn an_authorization_given_up_is_never_used_again() -> anyhow::Result<()> {
    let mut account = account().await?;
    let name = names::fresh("given-up");
    let ready = account.ready_order(&[&name], &doubles()?.http).await?;
    let url = ready.object.authorizations[0].clone();
    for _ in 0..2 {
        let given_up = account.deactivate_authorization(&url).await?;
        assert_eq!(given_up.status, AuthorizationStatus::Deactivated);
    }
    let waiting = account.order(&ready.url).await?;
    assert_eq!(waiting.object.status, OrderStatus::Invalid, "section 7.1.6");
    let order = account.order_names(&[&name]).await?;
    assert_eq!(order.object.status, OrderStatus::Pending);
    assert_ne!(order.object.authorizations[0], url);
    let mut other = self::account().await?;
    let payload = br#"{"status":"deactivated"}"#;
    assert_problem(
        &other.post(&order.object.authorizations[0], payload).await?,
        403,
        "unauthorized",
    )?;
    Ok(())
}
