//! The audit trail: an entry for every change of state, written by triggers in the database and chained, so that no
//! change goes without an entry, and none is altered or taken out unseen. `docs/audit-trail.md` tells the whole.

pub(crate) mod chain;
mod origin;

pub(crate) use origin::Origin;
