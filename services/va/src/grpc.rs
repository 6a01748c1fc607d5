//! The gRPC services: `cairn.va.v1.Validation` and `cairn.va.v1.DryRun` of a primary, `cairn.va.v1.Perspective` of a
//! remote.

use std::sync::Arc;

use cairn_rpc::api::va::{Observe, ObserveCaa};
use cairn_rpc::convert::Wire;
use cairn_rpc::pb::va::v1 as pb;
use cairn_rpc::pb::va::v1::dry_run_server::DryRun;
use cairn_rpc::pb::va::v1::perspective_server::Perspective;
use cairn_rpc::pb::va::v1::validation_server::Validation;
use cairn_rpc::{Context, to_status};
use cairn_types::{Error, ValidationOutcome};
use tonic::{Request, Response, Status};

use crate::authority::{Authority, Terms, Work};
use crate::perspectives::Primary;

type Answer = Result<Response<pb::ValidationResponse>, Status>;

/// Answers the registration authority and operators.
pub(crate) struct OfPrimary(pub(crate) Arc<Primary>);

/// Answers the primary.
pub(crate) struct OfRemote(pub(crate) Arc<Authority>);

#[tonic::async_trait]
impl Validation for OfPrimary {
    async fn validate(&self, request: Request<pb::ValidateRequest>) -> Answer {
        let (context, request) = read(request)?;
        answer(self.0.perform(&context, Work::Validate(request)).await)
    }

    async fn check_caa(&self, request: Request<pb::CheckCaaRequest>) -> Answer {
        let (context, request) = read(request)?;
        answer(self.0.perform(&context, Work::CheckCaa(request)).await)
    }
}

#[tonic::async_trait]
impl DryRun for OfPrimary {
    async fn r#try(&self, request: Request<pb::TryRequest>) -> Answer {
        let (context, request) = read(request)?;
        answer(self.0.dry_run(&context, request).await)
    }
}

#[tonic::async_trait]
impl Perspective for OfRemote {
    async fn observe(&self, request: Request<pb::ObserveRequest>) -> Answer {
        let (context, request): (_, Observe) = read(request)?;
        let terms = terms(&context, request.attempt, request.dry_run);
        answer(self.0.perform(&Work::Validate(request.request), terms).await)
    }

    async fn observe_caa(&self, request: Request<pb::ObserveCaaRequest>) -> Answer {
        let (context, request): (_, ObserveCaa) = read(request)?;
        let terms = terms(&context, request.attempt, request.dry_run);
        answer(self.0.perform(&Work::CheckCaa(request.request), terms).await)
    }
}

fn read<P, T: Wire<P>>(request: Request<P>) -> Result<(Context, T), Status> {
    let context = Context::of(&request).map_err(to_status)?;
    let request = Wire::from_wire(request.into_inner()).map_err(to_status)?;
    Ok((context, request))
}

fn terms(context: &Context, id: [u8; 16], dry_run: bool) -> Terms {
    Terms {
        id,
        deadline: context.deadline(),
        dry_run,
    }
}

fn answer(outcome: Result<ValidationOutcome, Error>) -> Answer {
    outcome
        .map(|outcome| Response::new(outcome.into_wire()))
        .map_err(to_status)
}
