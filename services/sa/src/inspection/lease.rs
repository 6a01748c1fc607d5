//! The rules about leases.

use cairn_types::Timestamp;

use super::Terms;
use super::rows::{AuthorizationLease, OrderLease};

/// The three columns, each there or not.
pub(super) struct Lease {
    has_id: bool,
    has_owner: bool,
    deadline: Option<Timestamp>,
}

impl Lease {
    pub(super) fn of_order(row: &OrderLease) -> Self {
        Self::new(row.id.as_ref(), row.owner.as_ref(), row.deadline)
    }

    pub(super) fn of_authorization(row: &AuthorizationLease) -> Self {
        Self::new(row.id.as_ref(), row.owner.as_ref(), row.deadline)
    }

    fn new(id: Option<&Vec<u8>>, owner: Option<&String>, deadline: Option<i64>) -> Self {
        Self {
            has_id: id.is_some(),
            has_owner: owner.is_some(),
            deadline: deadline.map(Timestamp::from_millis),
        }
    }

    /// What is wrong with it where work is in flight, or is not. When the work has ended, the id may stay.
    pub(super) fn misfit(&self, in_flight: bool) -> Option<&'static str> {
        let held = [self.has_owner, self.deadline.is_some()];
        if in_flight && !(self.has_id && held == [true, true]) {
            Some("has no whole lease")
        } else if !in_flight && held != [false, false] {
            Some("has a lease")
        } else {
            None
        }
    }

    /// Since when nobody has worked under it, or taken it over.
    pub(super) fn overdue(&self, terms: Terms) -> Option<String> {
        let deadline = self
            .deadline
            .filter(|deadline| *deadline + terms.grace < terms.now)?;
        let late = terms.now.since(deadline).as_secs();
        Some(format!(
            "its lease ran out {late} s ago, at {}",
            deadline.to_rfc3339()
        ))
    }
}
