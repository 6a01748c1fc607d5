//! From names to a certificate in one call.

use std::time::Duration;

use cairn_acme::objects::{AuthorizationObject, ChallengeObject, NewOrder};
use cairn_types::Thumbprint;
use cairn_types::{AuthorizationStatus, ChallengeType, OrderStatus, Token};
use openssl::pkey::{PKey, Private};

use super::{Account, CertificateChain, ClientError, Order, Result, dns_order};
use crate::csr::CsrBuilder;
use crate::keys::KeyKind;
use crate::poll::Pacer;

/// How long a step of an issuance may take.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Whoever puts the answers to challenges where the CA looks for them.
pub trait Prover {
    /// The challenge type that it can answer.
    fn challenge_type(&self) -> ChallengeType;

    /// Puts the answer in place.
    fn prove(&self, authorization: &AuthorizationObject, token: &Token, thumbprint: &Thumbprint);
}

/// A certificate, its key and how it came about.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The order, valid.
    pub order: Order,
    /// The certificate's key.
    pub key: PKey<Private>,
    /// The certificate with its chain.
    pub chain: CertificateChain,
}

impl Issued {
    /// The certificate in DER.
    pub fn der(&self) -> Result<Vec<u8>> {
        Ok(self.chain.leaf()?.to_der()?)
    }

    /// The URL of the certificate.
    pub fn url(&self) -> &str {
        self.order.object.certificate.as_deref().unwrap_or_default()
    }
}

impl Account {
    /// A certificate for names and addresses with a new P-256 key.
    pub async fn issue<N: AsRef<str>>(
        &mut self,
        names: &[N],
        prover: &(impl Prover + ?Sized),
    ) -> Result<Issued> {
        self.issue_order(&dns_order(names), KeyKind::P256, prover).await
    }

    /// A certificate as ordered, with a new key.
    pub async fn issue_order(
        &mut self,
        order: &NewOrder,
        key: KeyKind,
        prover: &(impl Prover + ?Sized),
    ) -> Result<Issued> {
        let order = self.new_order(order).await?;
        let order = self.prove_order(order, prover).await?;
        let key = key.generate()?;
        self.finish(order, key).await
    }

    /// An order for names that is ready to be finalized.
    pub async fn ready_order<N: AsRef<str>>(
        &mut self,
        names: &[N],
        prover: &(impl Prover + ?Sized),
    ) -> Result<Order> {
        let order = self.order_names(names).await?;
        self.prove_order(order, prover).await
    }

    /// Proves every authorization of an order; it is ready then.
    pub async fn prove_order(&mut self, order: Order, prover: &(impl Prover + ?Sized)) -> Result<Order> {
        for url in &order.object.authorizations {
            let authorization = self.prove(url, prover).await?;
            if authorization.status != AuthorizationStatus::Valid {
                let error = authorization
                    .challenges
                    .iter()
                    .find_map(|challenge| challenge.error.as_ref());
                let reason = format!("is {}: {error:?}", authorization.status.as_str());
                return Err(ClientError::answer(url, reason));
            }
        }
        self.order_until(order, PATIENCE, |status| status != OrderStatus::Pending)
            .await
    }

    /// Answers one challenge of an authorization and waits for its end, unless it is final already.
    pub async fn prove(&mut self, url: &str, prover: &(impl Prover + ?Sized)) -> Result<AuthorizationObject> {
        let authorization = self.authorization(url).await?;
        if authorization.status != AuthorizationStatus::Pending {
            return Ok(authorization);
        }
        let challenge = find(&authorization, url, prover.challenge_type())?;
        let token = challenge
            .token
            .parse()
            .map_err(|_| ClientError::answer(url, "a token that is none"))?;
        prover.prove(&authorization, &token, &self.thumbprint());
        let challenge_url = challenge.url.clone();
        self.answer_challenge(&challenge_url).await?;
        self.settled_authorization(url, PATIENCE).await
    }

    /// Asks for an authorization until it is no longer pending.
    pub async fn settled_authorization(&mut self, url: &str, limit: Duration) -> Result<AuthorizationObject> {
        let mut pacer = Pacer::new(limit);
        loop {
            let authorization = self.authorization(url).await?;
            if authorization.status != AuthorizationStatus::Pending {
                return Ok(authorization);
            }
            if !pacer.pause().await {
                return Err(ClientError::Timeout(format!("{url}: still pending")));
            }
        }
    }

    /// Finalizes a ready order with a good CSR for `key`, and downloads the certificate.
    pub async fn finish(&mut self, order: Order, key: PKey<Private>) -> Result<Issued> {
        let identifiers = &order.object.identifiers;
        let names: Vec<&str> = identifiers
            .iter()
            .map(|identifier| identifier.value.as_str())
            .collect();
        let csr = CsrBuilder::for_names(&names).build(&key)?;
        let order = self.finalize(&order, &csr).await?;
        let order = self.settled_order(order, PATIENCE).await?;
        let Some(url) = order.object.certificate.clone() else {
            let reason = format!("is {}: {:?}", order.object.status.as_str(), order.object.error);
            return Err(ClientError::answer(&order.url, reason));
        };
        let chain = self.certificate(&url).await?;
        Ok(Issued { order, key, chain })
    }
}

/// The challenge of a type.
pub(super) fn find<'a>(
    authorization: &'a AuthorizationObject,
    url: &str,
    kind: ChallengeType,
) -> Result<&'a ChallengeObject> {
    authorization
        .challenges
        .iter()
        .find(|challenge| challenge.kind == kind)
        .ok_or_else(|| ClientError::answer(url, format!("no {} challenge is offered", kind.as_str())))
}
