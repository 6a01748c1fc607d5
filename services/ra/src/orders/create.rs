//! New orders (RFC 8555 section 7.4) and authorizations ahead of orders (section 7.4.1).

use cairn_rpc::Context;
use cairn_rpc::api::ra::{NewAuthorization, NewOrder};
use cairn_rpc::api::sa::{CreateOrder, FindValidAuthorizations};
use cairn_types::{
    Authorization, Error, ErrorKind, Identifier, MAX_IDENTIFIERS, Order, OrderId, OrderStatus, Result,
};

use super::plan::{new_authorization, plan};
use super::validity;
use crate::Ra;

impl Ra {
    /// Places an order, for names that Cairn is willing to issue for.
    pub(crate) async fn new_order(&self, context: &Context, request: NewOrder) -> Result<Order> {
        let account = self.valid_account(context, request.account).await?;
        self.terms_agreed(&account)?;
        let identifiers = distinct(request.identifiers)?;
        self.settings.names.willing_to_issue_all(&identifiers)?;
        let profile = self.profile(request.profile)?;
        let now = self.clock.now();
        validity::check(
            request.not_before,
            request.not_after,
            profile.max_validity,
            profile.slack,
            now,
        )?;

        let lifetimes = self.lifetimes();
        let wanted = FindValidAuthorizations {
            account: account.id,
            identifiers: identifiers.clone(),
            valid_until: now + lifetimes.reuse_margin,
        };
        let valid = self.sa.find_valid_authorizations(context, wanted).await?;
        let plan = plan(
            &account,
            &identifiers,
            &valid,
            lifetimes,
            &*self.clock,
            &*self.rng,
        );
        let order = Order {
            id: OrderId::new(&*self.clock, &*self.rng),
            account: account.id,
            status: if plan.new.is_empty() {
                OrderStatus::Ready
            } else {
                OrderStatus::Pending
            },
            expires: plan.expires,
            identifiers,
            profile: profile.name.clone(),
            not_before: request.not_before,
            not_after: request.not_after,
            replaces: request.replaces,
            authorizations: plan.authorizations,
            error: None,
            serial: None,
            created: now,
        };
        if let Some(serial) = order.replaces {
            self.may_replace(context, serial, &order).await?;
        }
        self.sa
            .create_order(
                context,
                CreateOrder {
                    order,
                    new_authorizations: plan.new,
                },
            )
            .await
    }

    /// Makes an authorization that no order asked for yet.
    pub(crate) async fn new_authorization(
        &self,
        context: &Context,
        request: NewAuthorization,
    ) -> Result<Authorization> {
        let account = self.valid_account(context, request.account).await?;
        self.terms_agreed(&account)?;
        if request.identifier.is_wildcard() {
            return Err(Error::malformed(
                "a wildcard name cannot be authorized ahead of an order (RFC 8555 section 7.4.1)",
            ));
        }
        self.settings
            .names
            .willing_to_issue(&request.identifier)
            .map_err(unwilling_ahead)?;
        let expires = self.clock.now() + self.lifetimes().pending;
        let made = new_authorization(&account, &request.identifier, expires, &*self.clock, &*self.rng);
        self.sa.create_authorization(context, made).await
    }
}

/// RFC 8555 section 7.4.1 answers an unwanted name with 403.
fn unwilling_ahead(mut error: Error) -> Error {
    error.problem.kind = ErrorKind::Unauthorized;
    error
}

/// Sorts, drops repetitions, and refuses an empty or endless list.
fn distinct(mut identifiers: Vec<Identifier>) -> Result<Vec<Identifier>> {
    identifiers.sort();
    identifiers.dedup();
    match identifiers.len() {
        0 => Err(Error::malformed("an order needs at least one identifier")),
        1..=MAX_IDENTIFIERS => Ok(identifiers),
        many => Err(Error::malformed(format!(
            "an order may have {MAX_IDENTIFIERS} identifiers at the most, this one has {many}"
        ))),
    }
}
