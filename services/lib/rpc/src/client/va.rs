//! The validation authority.

use cairn_proto::va::v1::dry_run_client::DryRunClient;
use cairn_proto::va::v1::validation_client::ValidationClient;
use cairn_types::{CaaCheck, Duration, Result, ValidationOutcome, ValidationRequest};

use super::{Repeat, call};
use crate::api::va::DryRun;
use crate::convert::Wire;
use crate::{Channel, Context, Target};

/// Calls the validation authority. What each call does is told in `proto/cairn/va/v1`.
#[derive(Clone)]
pub struct VaClient {
    validation: ValidationClient<Channel>,
    dry_run: DryRunClient<Channel>,
}

impl VaClient {
    /// Who it is, and what a call may take unless the configuration says otherwise.
    pub const TARGET: Target = Target {
        name: "va.cairn",
        timeout: Duration::from_secs(50),
    };

    /// A client over a channel to the validation authority.
    pub fn new(channel: Channel) -> Self {
        Self {
            validation: ValidationClient::new(channel.clone()),
            dry_run: DryRunClient::new(channel),
        }
    }

    /// Performs a challenge and the CAA check that belongs to it.
    pub async fn validate(&self, context: &Context, request: ValidationRequest) -> Result<ValidationOutcome> {
        Wire::from_wire(
            call!(
                self.validation,
                validate,
                context,
                request.into_wire(),
                Repeat::Safe
            )
            .await?,
        )
    }

    /// Checks CAA records alone.
    pub async fn check_caa(&self, context: &Context, request: CaaCheck) -> Result<ValidationOutcome> {
        Wire::from_wire(
            call!(
                self.validation,
                check_caa,
                context,
                request.into_wire(),
                Repeat::Safe
            )
            .await?,
        )
    }

    /// Performs a challenge, or checks CAA alone, from all perspectives, and proves nothing: for operators. The
    /// answer has an observation of every perspective, and no receipts.
    pub async fn dry_run(&self, context: &Context, request: DryRun) -> Result<ValidationOutcome> {
        // `try` is a word of the language, so that the generated method is called otherwise.
        Wire::from_wire(call!(self.dry_run, r#try, context, request.into_wire(), Repeat::Safe).await?)
    }
}
