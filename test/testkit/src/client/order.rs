//! Orders.

use cairn_acme::base64url;
use cairn_acme::objects::{FinalizePayload, IdentifierObject, NewOrder, OrderObject};
use cairn_types::OrderStatus;
use std::net::IpAddr;
use std::time::Duration;

use super::{Account, Answer, ClientError, Result};
use crate::poll::Pacer;

/// An order and where it is.
#[derive(Debug, Clone)]
pub struct Order {
    /// Its URL.
    pub url: String,
    /// What the server last said about it.
    pub object: OrderObject,
}

/// Identifier objects of names, and of addresses where a text is one.
pub fn dns_identifiers<N: AsRef<str>>(names: &[N]) -> Vec<IdentifierObject> {
    let object = |name: &N| {
        let value = name.as_ref().to_owned();
        let kind = if value.parse::<IpAddr>().is_ok() {
            "ip"
        } else {
            "dns"
        };
        IdentifierObject {
            kind: kind.to_owned(),
            value,
        }
    };
    names.iter().map(object).collect()
}

/// The payload of an order for names and addresses, and nothing else said.
pub fn dns_order<N: AsRef<str>>(names: &[N]) -> NewOrder {
    NewOrder {
        identifiers: dns_identifiers(names),
        ..NewOrder::default()
    }
}

impl Account {
    /// Creates an order (RFC 8555 section 7.4).
    pub async fn new_order(&mut self, order: &NewOrder) -> Result<Order> {
        let directory = self.client.shared_directory();
        let answer = self.post_json(&directory.new_order, order).await?.ok()?;
        Ok(Order {
            url: answer.location()?,
            object: answer.json()?,
        })
    }

    /// Creates an order for names and addresses.
    pub async fn order_names<N: AsRef<str>>(&mut self, names: &[N]) -> Result<Order> {
        self.new_order(&dns_order(names)).await
    }

    /// The order as it is now.
    pub async fn order(&mut self, url: &str) -> Result<Order> {
        Ok(Order {
            url: url.to_owned(),
            object: self.get(url).await?.ok()?.json()?,
        })
    }

    /// Sends the CSR (DER). Any status is an answer.
    pub async fn try_finalize(&mut self, order: &Order, csr: &[u8]) -> Result<Answer> {
        let payload = FinalizePayload {
            csr: base64url::encode(csr),
        };
        self.post_json(&order.object.finalize, &payload).await
    }

    /// Sends the CSR (DER); the order may still be processing afterwards.
    pub async fn finalize(&mut self, order: &Order, csr: &[u8]) -> Result<Order> {
        Ok(Order {
            url: order.url.clone(),
            object: self.try_finalize(order, csr).await?.ok()?.json()?,
        })
    }

    /// Asks for the order until it is valid or invalid.
    pub async fn settled_order(&mut self, order: Order, limit: Duration) -> Result<Order> {
        self.order_until(order, limit, |status| {
            matches!(status, OrderStatus::Valid | OrderStatus::Invalid)
        })
        .await
    }

    /// Asks for the order until its status is one that is waited for.
    pub async fn order_until(
        &mut self,
        mut order: Order,
        limit: Duration,
        wanted: impl Fn(OrderStatus) -> bool,
    ) -> Result<Order> {
        let mut pacer = Pacer::new(limit);
        while !wanted(order.object.status) {
            if !pacer.pause().await {
                let what = format!("{}: status {}", order.url, order.object.status.as_str());
                return Err(ClientError::Timeout(what));
            }
            order = self.order(&order.url).await?;
        }
        Ok(order)
    }
}
