//! For operators.

use cairn_types::Result;

use super::SaClient;
use crate::Context;
use crate::api::audit::{Check, Checked};
use crate::client::{Repeat, call};
use crate::convert::Wire;

/// For operators.
impl SaClient {
    /// Checks a page of what is stored.
    pub async fn check(&self, context: &Context, request: Check) -> Result<Checked> {
        let message = request.into_wire();
        Wire::from_wire(call!(self.audit, check, context, message, Repeat::Safe).await?)
    }
}
