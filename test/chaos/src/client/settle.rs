//! Afterwards, when nothing disturbs the services any more: every order ends, and what was issued stays as it is.

use std::collections::BTreeSet;

use cairn_acme::objects::{AccountObject, OrderObject, OrdersList};
use cairn_types::OrderStatus;
use tokio::time::Instant;

use super::issuance::malformed;
use super::{Issuance, Stop, Worker};

/// What a client finds afterwards.
pub(crate) struct Settled {
    /// The client.
    pub(crate) worker: Worker,
    /// When its last order came to its end.
    pub(crate) at: Instant,
    /// The serials of all its certificates.
    pub(crate) serials: BTreeSet<String>,
}

impl Worker {
    /// Takes up what it left, ends all orders that its account has, and compares its certificates with those that are
    /// stored. All orders must have ended at `deadline`.
    pub(crate) async fn settle(mut self, deadline: Instant) -> Settled {
        if let Err(stop) = self.adopt_unheard().await {
            self.violate("its orders cannot be listed", &stop);
        }
        let mut issuances = std::mem::take(&mut self.issuances);
        for issuance in &mut issuances {
            if issuance.order.is_some() && issuance.certificate.is_none() {
                self.end(issuance, deadline).await;
            }
        }
        let at = Instant::now();
        if at > deadline {
            self.violations
                .push(format!("orders came to an end {:?} too late", at - deadline));
        }
        let mut serials = BTreeSet::new();
        for issuance in &issuances {
            if let Some(certificate) = &issuance.certificate {
                serials.insert(certificate.serial.clone());
                if let Err(stop) = self.compare(issuance).await {
                    self.violate(&issuance.names.join(", "), &stop);
                }
            }
        }
        self.issuances = issuances;
        Settled {
            worker: self,
            at,
            serials,
        }
    }

    fn violate(&mut self, what: &str, stop: &Stop) {
        let (Stop::Later(why) | Stop::Wrong(why)) = stop;
        self.violations.push(format!("{what}: {why}"));
    }

    /// Orders whose making was answered to nobody are its own all the same.
    async fn adopt_unheard(&mut self) -> Result<(), Stop> {
        let known: BTreeSet<String> = self.issuances.iter().filter_map(|it| it.order.clone()).collect();
        let url = self.requests.account()?;
        let account: AccountObject = self
            .requests
            .get(&url)
            .await?
            .json()
            .map_err(|error| malformed(&error))?;
        let mut next = Some(account.orders);
        while let Some(url) = next {
            let page = self.requests.get(&url).await?;
            next = page.links("next").pop();
            let list: OrdersList = page.json().map_err(|error| malformed(&error))?;
            for url in list.orders.into_iter().filter(|url| !known.contains(url)) {
                let order: OrderObject = self
                    .requests
                    .get(&url)
                    .await?
                    .json()
                    .map_err(|error| malformed(&error))?;
                let names: Vec<String> = order.identifiers.into_iter().map(|it| it.value).collect();
                let mut issuance = Issuance::new(&names).map_err(|error| Stop::Wrong(error.to_string()))?;
                self.unheard += 1;
                issuance.order = Some(url);
                self.issuances.push(issuance);
            }
        }
        Ok(())
    }

    /// Drives one order to its end.
    async fn end(&mut self, issuance: &mut Issuance, deadline: Instant) {
        match self.drive(issuance, deadline).await {
            Ok(certificate) => issuance.certificate = Some(certificate),
            Err(stop) => match &stop {
                // An order that the server gave up has ended.
                Stop::Later(_) if self.has_ended(issuance).await => {}
                _ => self.violate(&issuance.names.join(", "), &stop),
            },
        }
    }

    async fn has_ended(&mut self, issuance: &Issuance) -> bool {
        let Some(url) = &issuance.order else {
            return true;
        };
        let order = self.requests.get(url).await.ok();
        let order: Option<OrderObject> = order.and_then(|answer| answer.json().ok());
        order.is_some_and(|order| matches!(order.status, OrderStatus::Valid | OrderStatus::Invalid))
    }

    /// The order is valid still, with the same certificate, octet for octet.
    async fn compare(&mut self, issuance: &Issuance) -> Result<(), Stop> {
        let (Some(url), Some(held)) = (&issuance.order, &issuance.certificate) else {
            return Ok(());
        };
        let answer = self.requests.get(url).await?;
        let order: OrderObject = answer
            .json()
            .map_err(|error| Stop::Wrong(format!("malformed: {error}")))?;
        if order.status != OrderStatus::Valid {
            return Err(Stop::Wrong(format!("{url} was valid and is {}", order.status)));
        }
        let stored = self.download(url, &order, issuance).await?;
        if stored != *held {
            return Err(Stop::Wrong(format!(
                "{url} has two certificates: {} and {}",
                held.url, stored.url
            )));
        }
        Ok(())
    }
}
