//! The audit record of a change, written once it is committed.

use cairn_kit::audit::{Actor, Record};
use cairn_rpc::Context;
use cairn_types::{AccountId, Id, IdKind};

/// Who takes over abandoned work, of its own accord.
pub(crate) const JANITOR: Actor = Actor::Service("ra");

/// A record of what happened to a thing on behalf of an account, in the course of a request.
pub(crate) fn record<K: IdKind>(
    context: &Context,
    event: &'static str,
    id: &Id<K>,
    account: &AccountId,
) -> Record {
    Record::new(event, K::NAME, id)
        .by(holder(account))
        .request(context.request_id())
}

/// The holder of an account.
pub(crate) fn holder(account: &AccountId) -> Actor {
    Actor::Account(account.to_string())
}
