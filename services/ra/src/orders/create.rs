//! New orders (RFC 8555 section 7.4) and authorizations ahead of orders (section 7.4.1).

use cairn_policy::offered;
use cairn_rpc::Context;
use cairn_rpc::api::ra::{NewAuthorization, NewOrder};
use cairn_rpc::api::sa::{CreateOrder, FindValidAuthorizations};
use cairn_types::{
    Account, Authorization, Error, ErrorKind, Identifier, MAX_IDENTIFIERS, Order, OrderId, OrderStatus,
    Result, Subproblem, Timestamp,
};
use cairn_x509::RequestedValidity;

use super::plan::{new_authorization, plan};
use crate::Ra;
use crate::settings::Profile;

impl Ra {
    /// Places an order, for names that Cairn is willing to issue for.
    pub(crate) async fn new_order(&self, context: &Context, request: NewOrder) -> Result<Order> {
        let account = self.valid_account(context, request.account).await?;
        self.terms_agreed(&account)?;
        let identifiers = distinct(request.identifiers)?;
        self.settings.names.willing_to_issue_all(&identifiers)?;
        let profile = self.profile(request.profile)?;
        let now = self.clock.now();
        let requested = RequestedValidity {
            not_before: request.not_before,
            not_after: request.not_after,
        };
        profile.period.validity(now, requested)?;
        provable(&identifiers, profile)?;
        let order = Order {
            id: OrderId::new(&*self.clock, &*self.rng),
            account: account.id,
            status: OrderStatus::Pending,
            expires: profile
                .period
                .last_moment(requested)
                .map_or(now + self.lifetimes().order, Timestamp::floor_secs),
            identifiers,
            profile: profile.name.clone(),
            not_before: request.not_before,
            not_after: request.not_after,
            replaces: request.replaces,
            authorizations: Vec::new(),
            error: None,
            serial: None,
            created: now,
        };
        if let Some(serial) = order.replaces {
            self.may_replace(context, serial, &order).await?;
        }
        match self.place(context, &account, profile, order.clone()).await {
            // An authorization was given up after it had been found; it will not be found again.
            Err(error) if error.kind() == ErrorKind::Conflict => {
                self.place(context, &account, profile, order).await
            }
            placed => placed,
        }
    }

    /// Stores an order together with the authorizations that it needs, some of which may be there. The order that
    /// the same request made a moment ago is there as a whole: its answer was lost, or is late.
    async fn place(
        &self,
        context: &Context,
        account: &Account,
        profile: &Profile,
        mut order: Order,
    ) -> Result<Order> {
        let lifetimes = self.lifetimes();
        let window = self.settings.order_retry_window;
        let wanted = FindValidAuthorizations {
            account: account.id,
            identifiers: order.identifiers.clone(),
            valid_until: order.created + lifetimes.reuse_margin,
            made_since: self.made_since(),
        };
        let usable = self.sa.find_valid_authorizations(context, wanted).await?;
        let plan = plan(
            account,
            &order.identifiers,
            &usable,
            profile,
            lifetimes,
            &*self.clock,
            &*self.rng,
        );
        if plan.new.is_empty() {
            order.status = OrderStatus::Ready;
        }
        order.expires = order.expires.min(plan.expires);
        order.authorizations = plan.authorizations;
        let id = order.id;
        let request = CreateOrder {
            placed_since: (!window.is_zero()).then(|| order.created - window),
            new_authorizations: plan.new,
            order,
        };
        let placed = self.sa.create_order(context, request).await?;
        if placed.id != id {
            tracing::info!(order = %placed.id, "placed before");
        }
        Ok(placed)
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
        let made = new_authorization(
            &account,
            &request.identifier,
            &self.all_methods(),
            expires,
            &*self.clock,
            &*self.rng,
        );
        self.sa.create_authorization(context, made).await
    }
}

/// RFC 8555 section 7.4.1 answers an unwanted name with 403.
fn unwilling_ahead(mut error: Error) -> Error {
    error.problem.kind = ErrorKind::Unauthorized;
    error
}

/// Refuses identifiers that no challenge of the profile can prove control over.
fn provable(identifiers: &[Identifier], profile: &Profile) -> Result<()> {
    let unprovable = |identifier: &&Identifier| {
        !offered(identifier)
            .iter()
            .any(|method| profile.methods.contains(method))
    };
    let detail = "no challenge of this profile can prove control over the identifier";
    let refused: Vec<_> = identifiers
        .iter()
        .filter(unprovable)
        .map(|identifier| Subproblem {
            kind: ErrorKind::RejectedIdentifier,
            detail: detail.to_owned(),
            identifier: Some(identifier.clone()),
        })
        .collect();
    if refused.is_empty() {
        Ok(())
    } else {
        let error = Error::new(
            ErrorKind::RejectedIdentifier,
            format!("profile {}: {detail}", profile.name),
        );
        Err(error.with_subproblems(refused))
    }
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
