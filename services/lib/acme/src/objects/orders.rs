//! The orders list of an account (RFC 8555 section 7.1.2.1).

use serde::{Deserialize, Serialize};

/// One page of the URLs of an account's orders. A `Link` with `rel="next"` leads to the next.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrdersList {
    /// The URLs.
    pub orders: Vec<String>,
}
