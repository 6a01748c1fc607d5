//! One issuance: from names to a certificate, by whatever state its order is in.

use std::time::Duration;

use anyhow::Result;
use cairn_acme::base64url;
use cairn_acme::objects::{AuthorizationObject, OrderObject};
use cairn_testkit::client::{Answer, ClientError, Prover as _, dns_order};
use cairn_testkit::csr::CsrBuilder;
use cairn_testkit::keys::KeyKind;
use cairn_types::{AuthorizationStatus, ChallengeStatus, ChallengeType, OrderStatus};
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;
use serde_json::json;
use tokio::time::Instant;

use super::{Stop, Worker};

/// How long a client works on one issuance before it leaves it for later.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// A certificate that a client holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// Its serial in hex, as in its URL.
    pub(crate) serial: String,
    pub(super) url: String,
    pub(super) der: Vec<u8>,
}

/// What a client asks for.
#[derive(Debug, Clone)]
pub(crate) struct Issuance {
    pub(crate) names: Vec<String>,
    /// The URL of its order, once there is an answer that tells.
    pub(super) order: Option<String>,
    /// What kept it from its certificate, for a while or for good.
    pub(crate) stopped: Option<Stop>,
    /// What it led to.
    pub(crate) certificate: Option<Certificate>,
    key: PKey<Private>,
    csr: Vec<u8>,
}

impl Issuance {
    /// A new key and a request for names.
    pub(super) fn new(names: &[String]) -> Result<Self> {
        let key = KeyKind::P256.generate()?;
        Ok(Self {
            names: names.to_vec(),
            order: None,
            stopped: None,
            certificate: None,
            csr: CsrBuilder::for_names(names).build(&key)?,
            key,
        })
    }
}

/// What a server must not answer.
pub(super) fn malformed(error: &ClientError) -> Stop {
    Stop::Wrong(format!("malformed: {error}"))
}

fn order_of(answer: &Answer) -> Result<OrderObject, Stop> {
    answer.json().map_err(|error| malformed(&error))
}

impl Worker {
    /// Does whatever the order needs, until it has ended or `enough` has come.
    pub(super) async fn drive(
        &mut self,
        issuance: &mut Issuance,
        enough: Instant,
    ) -> Result<Certificate, Stop> {
        let url = self.order(issuance).await?;
        let mut order = order_of(&self.requests.get(&url).await?)?;
        loop {
            match order.status {
                OrderStatus::Pending => self.prove_all(&order, enough).await?,
                OrderStatus::Ready => self.finalize(&order, issuance).await?,
                OrderStatus::Processing => {}
                OrderStatus::Valid => return self.download(&url, &order, issuance).await,
                OrderStatus::Invalid => return Err(ended_invalid(&url, &order)),
            }
            if enough <= Instant::now() {
                return Err(Stop::Later(format!("{url} is still {}", order.status)));
            }
            order = order_of(&self.requests.get(&url).await?)?;
            if order.status == OrderStatus::Processing {
                self.requests.pause().await;
            }
        }
    }

    /// The URL of the order; makes one if there is none. A repeated request finds the order of one whose answer was lost.
    async fn order(&mut self, issuance: &mut Issuance) -> Result<String, Stop> {
        if let Some(url) = &issuance.order {
            return Ok(url.clone());
        }
        let new_order = self.requests.client().directory().new_order.clone();
        let payload = json!(dns_order(&issuance.names)).to_string();
        let answer = self.requests.insist(&new_order, &payload).await?;
        order_of(&answer)?;
        let url = answer.location().map_err(|error| malformed(&error))?;
        issuance.order = Some(url.clone());
        Ok(url)
    }

    async fn prove_all(&mut self, order: &OrderObject, enough: Instant) -> Result<(), Stop> {
        for url in &order.authorizations {
            self.prove(url, enough).await?;
        }
        Ok(())
    }

    async fn prove(&mut self, url: &str, enough: Instant) -> Result<(), Stop> {
        loop {
            let answer = self.requests.get(url).await?;
            let authorization: AuthorizationObject = answer.json().map_err(|error| malformed(&error))?;
            match authorization.status {
                AuthorizationStatus::Valid => return Ok(()),
                AuthorizationStatus::Pending => {}
                status => {
                    let said = authorization.challenges.iter().find_map(|it| it.error.as_ref());
                    return Err(Stop::Wrong(format!("{url} is {status}: {said:?}")));
                }
            }
            if enough <= Instant::now() {
                return Err(Stop::Later(format!("{url} is still pending")));
            }
            let mut challenges = authorization.challenges.iter();
            let Some(challenge) = challenges.find(|it| it.kind == ChallengeType::Http01) else {
                return Err(Stop::Wrong(format!("{url} offers no http-01")));
            };
            if challenge.status == ChallengeStatus::Pending {
                let Ok(token) = challenge.token.parse() else {
                    return Err(Stop::Wrong(format!("{url} has a token that is none")));
                };
                let thumbprint = self.requests.key().public().thumbprint();
                self.responder.prove(&authorization, &token, &thumbprint);
                self.requests.insist(&challenge.url, "{}").await?;
            } else {
                self.requests.pause().await;
            }
        }
    }

    /// Sends the request for the certificate: until it is answered, or once, and leaves it to the order to tell.
    async fn finalize(&mut self, order: &OrderObject, issuance: &Issuance) -> Result<(), Stop> {
        let payload = json!({ "csr": base64url::encode(&issuance.csr) }).to_string();
        if self.requests.random.below(2) == 0 {
            self.requests.insist(&order.finalize, &payload).await?;
            return Ok(());
        }
        match self.requests.attempt(&order.finalize, &payload).await {
            Ok(_) | Err(Stop::Later(_)) => Ok(()),
            Err(wrong) => Err(wrong),
        }
    }

    /// Takes what the order leads to; it must be what was asked for.
    pub(super) async fn download(
        &mut self,
        order_url: &str,
        order: &OrderObject,
        issuance: &Issuance,
    ) -> Result<Certificate, Stop> {
        let wrong = |what: &str| Stop::Wrong(format!("{order_url} is valid, {what}"));
        let url = order
            .certificate
            .clone()
            .ok_or_else(|| wrong("without a certificate"))?;
        let answer = self.requests.get(&url).await?;
        let leaf = X509::stack_from_pem(&answer.body)
            .ok()
            .filter(|chain| chain.len() > 1)
            .and_then(|mut chain| (!chain.is_empty()).then(|| chain.swap_remove(0)))
            .ok_or_else(|| wrong("and its certificate has no chain"))?;
        let is_ours = leaf.public_key().is_ok_and(|key| key.public_eq(&issuance.key));
        if !is_ours {
            return Err(wrong("and its certificate has another key"));
        }
        let serial = url.rsplit('/').next().unwrap_or_default().to_owned();
        let der = leaf.to_der().map_err(|error| wrong(&error.to_string()))?;
        Ok(Certificate { serial, url, der })
    }
}

/// The server may give an order up if it says that it is the server's doing, and what to do.
fn ended_invalid(url: &str, order: &OrderObject) -> Stop {
    let told = order.error.as_ref().filter(|problem| {
        problem.short_type() == "serverInternal" && problem.detail.contains("make a new order")
    });
    match told {
        Some(problem) => Stop::Later(problem.detail.clone()),
        None => Stop::Wrong(format!("{url} is invalid: {:?}", order.error)),
    }
}
