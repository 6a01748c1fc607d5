//! From a lease on an order to its certificate.

mod caa_recheck;
mod distrust;
mod drive;
mod setback;

use cairn_rpc::api::sa::AuthorizationEvidence;
use cairn_types::{Account, Lease, Order};

/// A finalization that this process holds the lease of.
pub(crate) struct Issuing {
    /// The order, processing.
    pub order: Order,
    /// Whose it is.
    pub account: Account,
    /// What was proved for the order, if that is known already.
    pub evidence: Option<Vec<AuthorizationEvidence>>,
    /// The finalize request, as received.
    pub request: Vec<u8>,
    /// The lease.
    pub lease: Lease,
    /// Whether another process began. The account may have changed its key since the client asked.
    pub resumed: bool,
}
