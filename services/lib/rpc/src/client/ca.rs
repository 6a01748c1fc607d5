//! The certificate authority.

use cairn_proto::ca::v1::issuance_client::IssuanceClient;
use cairn_types::{Certificate, Duration, Result};

use super::{Repeat, call};
use crate::api::ca::Issue;
use crate::convert::Wire;
use crate::{Channel, Context, Target};

/// Calls the certificate authority. What each call does is told in `proto/cairn/ca/v1`.
#[derive(Clone)]
pub struct CaClient {
    issuance: IssuanceClient<Channel>,
}

impl CaClient {
    /// Who it is, and what a call may take unless the configuration says otherwise.
    pub const TARGET: Target = Target {
        name: "ca.cairn",
        timeout: Duration::from_secs(20),
    };

    /// A client over a channel to the certificate authority.
    pub fn new(channel: Channel) -> Self {
        Self {
            issuance: IssuanceClient::new(channel),
        }
    }

    /// Issues the certificate of an order, or finds the one that was issued.
    pub async fn issue(&self, context: &Context, request: Issue) -> Result<Certificate> {
        Wire::from_wire(call!(self.issuance, issue, context, request.into_wire(), Repeat::Safe).await?)
    }
}
