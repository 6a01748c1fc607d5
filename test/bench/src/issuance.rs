//! One issuance, step by step.

use std::time::Instant;

use anyhow::Context;
use cairn_testkit::client::{Account, PATIENCE, Prover, dns_order};
use cairn_testkit::responder::Http01;
use cairn_types::{AuthorizationStatus, ChallengeType, OrderStatus};

use crate::latency::{Latencies, Step};

/// What a certificate is asked for with.
#[derive(Debug)]
pub(crate) struct Request {
    /// The names.
    pub(crate) names: Vec<String>,
    /// The CSR in DER.
    pub(crate) csr: Vec<u8>,
}

/// Measures one step after the other.
struct Stopwatch<'a> {
    latencies: &'a mut Latencies,
    began: Instant,
    last: Instant,
}

impl<'a> Stopwatch<'a> {
    fn start(latencies: &'a mut Latencies) -> Self {
        let now = Instant::now();
        Self {
            latencies,
            began: now,
            last: now,
        }
    }

    fn done(&mut self, step: Step) {
        let now = Instant::now();
        self.latencies.record(step, now - self.last);
        self.last = now;
    }
}

/// Obtains one certificate.
pub(crate) async fn issue(
    account: &mut Account,
    responder: &Http01,
    request: &Request,
    latencies: &mut Latencies,
) -> anyhow::Result<()> {
    let mut watch = Stopwatch::start(latencies);
    let order = account.new_order(&dns_order(&request.names)).await?;
    watch.done(Step::NewOrder);
    for url in &order.object.authorizations {
        prove(account, responder, url, &mut watch).await?;
    }
    let order = account.finalize(&order, &request.csr).await?;
    let order = account.settled_order(order, PATIENCE).await?;
    watch.done(Step::Finalize);
    if order.object.status != OrderStatus::Valid {
        anyhow::bail!(
            "the order is {}: {:?}",
            order.object.status.as_str(),
            order.object.error
        );
    }
    let url = order
        .object
        .certificate
        .context("a valid order without a certificate")?;
    account.certificate(&url).await?;
    watch.done(Step::Certificate);
    let whole = watch.began.elapsed();
    latencies.record(Step::Whole, whole);
    Ok(())
}

async fn prove(
    account: &mut Account,
    responder: &Http01,
    url: &str,
    watch: &mut Stopwatch<'_>,
) -> anyhow::Result<()> {
    let authorization = account.authorization(url).await?;
    watch.done(Step::Authorization);
    let mut challenges = authorization.challenges.iter();
    let challenge = challenges
        .find(|challenge| challenge.kind == ChallengeType::Http01)
        .context("no http-01 challenge is offered")?;
    let token = challenge.token.parse().ok().context("a token that is none")?;
    responder.prove(&authorization, &token, &account.thumbprint());
    account.answer_challenge(&challenge.url).await?;
    watch.done(Step::Challenge);
    let settled = account.settled_authorization(url, PATIENCE).await?;
    watch.done(Step::Validation);
    responder.remove(token.as_str());
    if settled.status != AuthorizationStatus::Valid {
        let errors: Vec<_> = settled
            .challenges
            .iter()
            .filter_map(|challenge| challenge.error.as_ref())
            .collect();
        anyhow::bail!("the authorization is {}: {errors:?}", settled.status.as_str());
    }
    Ok(())
}
