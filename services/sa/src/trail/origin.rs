//! Who and what a change comes from.

use cairn_kit::audit::Actor;
use cairn_rpc::{Context, RequestId};

/// What the database cannot know of a change that it writes an entry about. It travels with every transaction.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// The request that led to it.
    pub(crate) request: RequestId,
    /// Who caused it; none stands for the holder of the account that it is about.
    pub(crate) actor: Option<String>,
}

impl Origin {
    /// A change in the course of a request that somebody else than the account's holder caused.
    pub(crate) fn by(context: &Context, actor: &Actor) -> Self {
        Self {
            request: context.request_id(),
            actor: Some(actor.to_string()),
        }
    }
}

impl From<&Context> for Origin {
    fn from(context: &Context) -> Self {
        Self {
            request: context.request_id(),
            actor: None,
        }
    }
}
