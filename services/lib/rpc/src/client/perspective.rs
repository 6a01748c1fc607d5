//! A remote perspective of the validation authority.

use cairn_proto::va::v1::perspective_client::PerspectiveClient as Stub;
use cairn_types::{Duration, Result, ValidationOutcome};

use super::{Repeat, call};
use crate::api::va::{Observe, ObserveCaa};
use crate::convert::Wire;
use crate::{Channel, Context, Target};

/// Calls one remote perspective. What each call does is told in `proto/cairn/va/v1`.
#[derive(Clone)]
pub struct PerspectiveClient {
    stub: Stub<Channel>,
}

impl PerspectiveClient {
    /// What a call may take unless the configuration says otherwise. Every perspective has a name of its own, which
    /// the configuration gives; this one is nobody's.
    pub const TARGET: Target = Target {
        name: "va-remote.cairn",
        timeout: Duration::from_secs(20),
    };

    /// A client over a channel to a perspective.
    pub fn new(channel: Channel) -> Self {
        Self {
            stub: Stub::new(channel),
        }
    }

    /// Performs a challenge and the CAA check that belongs to it.
    pub async fn observe(&self, context: &Context, request: Observe) -> Result<ValidationOutcome> {
        Wire::from_wire(call!(self.stub, observe, context, request.into_wire(), Repeat::Safe).await?)
    }

    /// Checks CAA records alone.
    pub async fn observe_caa(&self, context: &Context, request: ObserveCaa) -> Result<ValidationOutcome> {
        Wire::from_wire(call!(self.stub, observe_caa, context, request.into_wire(), Repeat::Safe).await?)
    }
}
