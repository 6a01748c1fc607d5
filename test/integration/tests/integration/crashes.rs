//! Any process may be killed at any instant: every order still ends, with one certificate at the most.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cairn_acme::objects::OrderObject;
use cairn_acme::{Algorithm, SignAs};
use cairn_testkit::client::{Account, ClientError, Order, Prover as _};
use cairn_testkit::csr::CsrBuilder;
use cairn_testkit::keys::KeyKind;
use cairn_testkit::names;
use cairn_testkit::poll::Pacer;
use cairn_testkit::stack::{Service, Stack};
use cairn_types::{AuthorizationStatus, ChallengeType, OrderStatus};

use crate::support::{assert_problem, doubles, own_stack};

/// How long an order may take whose services die under it.
const LIMIT: Duration = Duration::from_secs(60);

/// How many clients issue at the same time.
const CLIENTS: usize = 4;

/// Repeats a request until it is answered by something other than an outage.
macro_rules! insist {
    ($what:expr, $request:expr) => {{
        let mut pacer = Pacer::new(LIMIT);
        loop {
            match $request.await {
                Ok(answer) => break answer,
                Err(error) if is_outage(&error) && pacer.pause().await => {}
                Err(error) => return Err(anyhow::Error::from(error).context($what)),
            }
        }
    }};
}

/// The front end is gone, or says that somebody behind it is.
fn is_outage(error: &ClientError) -> bool {
    match error {
        ClientError::Connection { .. } => true,
        ClientError::Problem { status, .. } => status.is_server_error(),
        _ => false,
    }
}

/// One issuance that insists. Returns the order and its certificate.
async fn issue(account: &mut Account) -> Result<(Order, Vec<u8>)> {
    let http = &doubles()?.http;
    let name = names::fresh("crash");
    let order = insist!("new order", account.order_names(&[&name]));
    let url = &order.object.authorizations[0];
    let authorization = insist!("authorization", account.authorization(url));
    let challenge = authorization
        .challenges
        .iter()
        .find(|it| it.kind == ChallengeType::Http01)
        .context("no http-01")?;
    let token = challenge.token.parse().map_err(|_| anyhow::anyhow!("token"))?;
    http.prove(&authorization, &token, &account.thumbprint());
    insist!("challenge", account.answer_challenge(&challenge.url));
    let mut pacer = Pacer::new(LIMIT);
    loop {
        let authorization = insist!("authorization", account.authorization(url));
        match authorization.status {
            AuthorizationStatus::Valid => break,
            AuthorizationStatus::Pending => ensure!(pacer.pause().await, "still pending: {authorization:?}"),
            _ => anyhow::bail!("{authorization:?}"),
        }
    }
    let csr = CsrBuilder::for_names(&[&name]).build(&KeyKind::P256.generate()?)?;
    let mut pacer = Pacer::new(LIMIT);
    let order = loop {
        let order = insist!("order", account.order(&order.url));
        match order.object.status {
            OrderStatus::Valid => break order,
            OrderStatus::Ready => match account.try_finalize(&order, &csr).await {
                // Another attempt of ours may have been heard after all; the order will tell.
                Ok(_) | Err(ClientError::Connection { .. }) => {}
                Err(error) => return Err(error.into()),
            },
            OrderStatus::Processing => {}
            status => anyhow::bail!("{status}: {:?}", order.object.error),
        }
        ensure!(pacer.pause().await, "still {}", order.object.status);
    };
    let certificate = order.object.certificate.clone().context("no certificate")?;
    let chain = insist!("certificate", account.certificate(&certificate));
    Ok((order, chain.leaf()?.to_der()?))
}

/// Issues until told to stop; at least once.
async fn client(stack: &Stack, stop: Arc<AtomicBool>) -> Result<Vec<(Order, Vec<u8>)>> {
    let mut account = Account::create(stack.client().await?, Algorithm::Es256).await?;
    let mut all = Vec::new();
    loop {
        all.push(issue(&mut account).await?);
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    // What was issued is there to stay, and there is one certificate to each order.
    for (order, der) in &all {
        let now = insist!("order", account.order(&order.url));
        ensure!(
            now.object.status == OrderStatus::Valid && now.object.certificate == order.object.certificate
        );
        let chain = insist!(
            "certificate",
            account.certificate(now.object.certificate.as_deref().unwrap_or_default())
        );
        ensure!(chain.leaf()?.to_der()? == *der);
    }
    Ok(all)
}

#[tokio::test]
async fn every_order_ends_though_each_service_is_killed_in_turn() -> Result<()> {
    let stack = own_stack().await?;
    let stop = Arc::new(AtomicBool::new(false));
    let killing = async {
        let killed = kill_each(&stack).await;
        stop.store(true, Ordering::Relaxed);
        killed
    };
    let clients = futures_util::future::join_all((0..CLIENTS).map(|_| client(&stack, stop.clone())));
    let (killed, issued) = futures_util::future::join(killing, clients).await;
    killed?;
    let mut certificates = BTreeSet::new();
    let mut orders = 0;
    for result in issued {
        let issued = result?;
        orders += issued.len();
        certificates.extend(issued.into_iter().map(|(_, der)| der));
    }
    assert_eq!(certificates.len(), orders, "one certificate to each order");
    for service in Service::ALL {
        assert!(
            stack.output().contains(&format!("{} ", service.name())),
            "the supervisor says so"
        );
    }
    Ok(())
}

async fn kill_each(stack: &Stack) -> Result<()> {
    for service in [
        Service::Ca,
        Service::Ra,
        Service::Va,
        Service::Sa,
        Service::Publisher,
        Service::Wfe,
    ] {
        stack
            .restart_service(service)
            .await
            .with_context(|| service.name())?;
    }
    Ok(())
}

#[tokio::test]
async fn a_service_that_hangs_delays_and_loses_nothing() -> Result<()> {
    let stack = own_stack().await?;
    let mut account = Account::create(stack.client().await?, Algorithm::Es256).await?;
    let name = names::fresh("hangs");
    let order = account.ready_order(&[&name], &doubles()?.http).await?;
    let csr = CsrBuilder::for_names(&[&name]).build(&KeyKind::P256.generate()?)?;

    stack.pause(Service::Ca)?;
    let answer = account.try_finalize(&order, &csr).await?.ok()?;
    assert_eq!(answer.json::<OrderObject>()?.status, OrderStatus::Processing);
    assert!(answer.retry_after().is_some(), "RFC 8555 section 7.4");
    let read = account.get(&order.url).await?.ok()?;
    assert!(read.retry_after().is_some());
    stack.resume(Service::Ca)?;
    let order = account.settled_order(order, LIMIT).await?;
    assert_eq!(order.object.status, OrderStatus::Valid);

    stack.pause(Service::Sa)?;
    let refused = account.get(&order.url).await?;
    stack.resume(Service::Sa)?;
    assert_problem(&refused, 503, "serverInternal")?;
    assert!(refused.retry_after().is_some());
    assert_eq!(account.order(&order.url).await?.object, order.object);
    Ok(())
}

#[tokio::test]
async fn a_front_end_that_died_accepts_no_nonce_from_before() -> Result<()> {
    let stack = own_stack().await?;
    let mut account = Account::create(stack.client().await?, Algorithm::Es256).await?;
    let nonce = account.client.nonce().await?;
    stack.restart_service(Service::Wfe).await?;
    let url = account.url().to_owned();
    let body = account.key().sign(SignAs::Account(&url), &nonce, &url, b"")?;
    let refused = account.client.post_body(&url, body).await?;
    assert_problem(&refused, 400, "badNonce")?;
    account.get(&url).await?.ok()?;
    Ok(())
}
