//! Objects as clients see them.

mod account;
mod authorization;
mod order;
mod persist;

pub(crate) use account::account;
pub(crate) use authorization::{authorization, challenge, is_validating};
pub(crate) use order::order;
pub(crate) use persist::Persist;

use cairn_types::Duration;

/// When to look again at what is being validated.
pub(crate) const VALIDATING: Duration = Duration::from_secs(1);

/// When to look again at an order that is being issued.
pub(crate) const ISSUING: Duration = Duration::from_secs(2);
