//! What a new order must be like, and why orders end.

use std::collections::HashMap;

use cairn_rpc::api::sa::CreateOrder;
use cairn_types::{
    AuthorizationId, Error, ErrorKind, Identifier, Order, Problem, Result, Subproblem, Timestamp,
};

use crate::db::column;
use crate::db::tx::Turn;

/// The orders that may still be finalized, as far as is stored. Literally the condition of a partial index.
pub(crate) const OPEN: &str = "status IN ('pending', 'ready')";

/// The authorizations that a new order takes from before, each with the identifier it has to be for.
///
/// Fails if the request contradicts itself, which is a fault of the caller and not of its client.
pub(crate) fn reused(request: &CreateOrder) -> Result<Vec<(AuthorizationId, &Identifier)>> {
    let order = &request.order;
    if order.identifiers.is_empty() || order.identifiers.len() != order.authorizations.len() {
        return Err(Error::internal("an order needs one authorization per identifier"));
    }
    let mut new: HashMap<_, _> = request
        .new_authorizations
        .iter()
        .map(|authorization| (authorization.id, authorization))
        .collect();
    let mut reused = Vec::new();
    for (id, identifier) in order.authorizations.iter().zip(&order.identifiers) {
        match new.remove(id) {
            Some(made) if made.account == order.account && made.ordered_identifier() == *identifier => (),
            Some(_) => return Err(Error::internal("a new authorization does not fit its order")),
            None => reused.push((*id, identifier)),
        }
    }
    if new.is_empty() {
        Ok(reused)
    } else {
        Err(Error::internal(
            "a new authorization that its order does not name",
        ))
    }
}

/// The ids of orders made at about the same time, from the first on and below the end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) first: [u8; 16],
    pub(crate) end: [u8; 16],
}

impl Span {
    /// No ids at all.
    pub(crate) const NONE: Self = Self {
        first: [0xff; 16],
        end: [0; 16],
    };

    /// From a moment on, and for as long after the order's own: a clock that made an id may be ahead. It has an end so
    /// that it lies in one partition, as a rule.
    pub(crate) fn around(order: &Order, since: Timestamp) -> Self {
        Self {
            first: column::lowest_id(since),
            end: column::lowest_id(order.created + order.created.since(since)),
        }
    }
}

/// Whose turn it is to make an order: that of all for the same identifiers of the same account.
pub(crate) fn turn(order: &Order) -> Turn {
    let mut hash = openssl::sha::Sha256::new();
    hash.update(order.account.as_bytes());
    for identifier in &order.identifiers {
        for text in [identifier.kind(), &identifier.value()] {
            hash.update(text.as_bytes());
            hash.update(&[0]);
        }
    }
    let mut number = [0; 8];
    number.copy_from_slice(&hash.finish()[..8]);
    Turn(i64::from_be_bytes(number))
}

/// Whether one request could have asked for both.
pub(crate) fn same(one: &Order, other: &Order) -> bool {
    one.account == other.account
        && one.identifiers == other.identifiers
        && one.profile == other.profile
        && one.not_before == other.not_before
        && one.not_after == other.not_after
        && one.replaces == other.replaces
}

/// Why an order ends with one of its authorizations; `why` is missing if the holder gave it up.
pub(crate) fn authorization_ended(identifier: &Identifier, why: Option<&Problem>) -> Problem {
    let subproblem = match why {
        Some(problem) => Subproblem {
            kind: problem.kind,
            detail: problem.detail.clone(),
            identifier: Some(identifier.clone()),
        },
        None => Subproblem {
            kind: ErrorKind::Unauthorized,
            detail: "the authorization was deactivated".to_owned(),
            identifier: Some(identifier.clone()),
        },
    };
    Problem {
        kind: ErrorKind::Unauthorized,
        detail: format!("the authorization for {identifier} is not valid any more, or never was"),
        subproblems: vec![subproblem],
        observations: Vec::new(),
    }
}

/// Why an order ends with its account.
pub(crate) fn account_ended() -> Problem {
    Problem {
        kind: ErrorKind::Unauthorized,
        detail: "the account was deactivated".to_owned(),
        subproblems: Vec::new(),
        observations: Vec::new(),
    }
}
