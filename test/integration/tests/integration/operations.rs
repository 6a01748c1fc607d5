//! What an operator sees: metrics, health, logs, audit records, request ids.

use std::time::Duration;

use anyhow::{Context, Result};
use cairn_testkit::client::Connection;
use cairn_testkit::stack::Service;
use cairn_testkit::{names, poll};

use crate::support::{account, doubles, stack};

#[tokio::test]
async fn every_process_shows_metrics_and_health_on_its_own_port() -> Result<()> {
    let mut connection = Connection::new(stack()?.trust()?);
    for service in Service::ALL {
        let metrics = connection
            .get(&stack()?.debug_url(service, "/metrics")?)
            .await?
            .ok()?;
        let text = String::from_utf8_lossy(&metrics.body);
        assert!(text.ends_with("# EOF\n"), "{}: OpenMetrics", service.name());
        assert!(text.contains("cairn_"), "{}: {text}", service.name());
        for (path, says) in [("/readyz", "ready"), ("/livez", "alive")] {
            let answer = connection.get(&stack()?.debug_url(service, path)?).await?.ok()?;
            assert!(
                String::from_utf8_lossy(&answer.body).contains(says),
                "{}{path}",
                service.name()
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn metrics_count_what_happens() -> Result<()> {
    let mut account = account().await?;
    let mut connection = Connection::new(stack()?.trust()?);
    account
        .issue(&[names::fresh("counted")], &doubles()?.http)
        .await?;
    let metrics = connection
        .get(&stack()?.debug_url(Service::Wfe, "/metrics")?)
        .await?
        .ok()?;
    let text = String::from_utf8_lossy(&metrics.body).into_owned();
    let line = |parts: &[&str]| {
        text.lines()
            .any(|line| parts.iter().all(|part| line.contains(part)))
    };
    assert!(
        line(&["_total{", "route=\"new-order\"", "status=\"201\""]),
        "{text}"
    );
    assert!(line(&["_bucket{", "route=\"finalize\""]), "{text}");
    Ok(())
}

/// Waits for a line of a log that has all the parts, and returns it.
async fn line(service: Service, parts: &[&str]) -> Result<String> {
    let stack = stack()?;
    let what = format!("a line with {parts:?} in the log of {}", service.name());
    poll::until(&what, Duration::from_secs(10), || async {
        let log = stack.log(service);
        let found = log
            .lines()
            .find(|line| parts.iter().all(|part| line.contains(part)));
        found.map(str::to_owned)
    })
    .await
}

fn last_part(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or_default()
}

#[tokio::test]
async fn every_change_of_state_is_in_the_audit_log() -> Result<()> {
    let mut account = account().await?;
    let issued = account
        .issue(&[names::fresh("audited")], &doubles()?.http)
        .await?;
    account.revoke(&issued.der()?, Some(4)).await?.ok()?;
    account
        .deactivate_authorization(&issued.order.object.authorizations[0])
        .await?;
    account.deactivate().await?;
    let owner = last_part(account.url());
    let order = last_part(&issued.order.url);
    let serial = last_part(issued.url());
    let authorization = last_part(&issued.order.object.authorizations[0]);
    for (service, event, id) in [
        (Service::Sa, "account.created", owner),
        (Service::Sa, "order.created", order),
        (Service::Sa, "authorization.validated", authorization),
        (Service::Sa, "order.ready", order),
        (Service::Sa, "order.finalizing", order),
        (Service::Ca, "certificate.signed", serial),
        (Service::Sa, "order.finished", order),
        (Service::Sa, "certificate.revoked", serial),
        (Service::Sa, "authorization.deactivated", authorization),
        (Service::Sa, "account.deactivated", owner),
    ] {
        let record = line(service, &["audit", event, id]).await?;
        assert!(record.contains(owner), "who did it: {record}");
    }
    Ok(())
}

#[tokio::test]
async fn the_id_of_a_request_is_in_the_logs_of_every_service_that_works_on_it() -> Result<()> {
    let mut account = account().await?;
    let directory = account.client.shared_directory();
    let payload = serde_json::json!({"identifiers": [{"type": "dns", "value": names::fresh("traced")}]});
    let answer = account.post_json(&directory.new_order, &payload).await?.ok()?;
    let request = answer.header("x-request-id").context("no request id")?;
    let order = last_part(answer.header("location").context("no location")?);
    line(Service::Wfe, &[request, "new-order"]).await?;
    line(Service::Sa, &[request, "order.created", order]).await?;

    let order = account
        .ready_order(&[names::fresh("traced")], &doubles()?.http)
        .await?;
    let names: Vec<&str> = order
        .object
        .identifiers
        .iter()
        .map(|it| it.value.as_str())
        .collect();
    let key = cairn_testkit::keys::KeyKind::P256.generate()?;
    let csr = cairn_testkit::csr::CsrBuilder::for_names(&names).build(&key)?;
    let answer = account.try_finalize(&order, &csr).await?.ok()?;
    let request = answer.header("x-request-id").context("no request id")?;
    line(Service::Wfe, &[request, "finalize"]).await?;
    line(Service::Ca, &[request, "certificate.signed"]).await?;
    line(Service::Sa, &[request, "order.finished"]).await?;
    Ok(())
}

#[tokio::test]
async fn nothing_panics_and_no_key_is_logged() -> Result<()> {
    account()
        .await?
        .issue(&[names::fresh("quiet")], &doubles()?.http)
        .await?;
    for service in Service::ALL {
        let log = stack()?.log(service);
        for word in ["panic", "PRIVATE KEY"] {
            let found = log.lines().find(|line| line.contains(word));
            assert!(found.is_none(), "{}: {found:?}", service.name());
        }
    }
    Ok(())
}
