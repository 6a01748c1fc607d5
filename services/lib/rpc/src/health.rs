//! The gRPC health service: serving, until the server is told to stop.

use std::pin::Pin;

use futures_util::Stream;
use futures_util::stream::unfold;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::Health;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

/// Answers for the services of one server. The empty name stands for all of them.
pub(crate) struct Answers {
    services: Vec<&'static str>,
    shutdown: CancellationToken,
}

impl Answers {
    pub(crate) const fn new(services: Vec<&'static str>, shutdown: CancellationToken) -> Self {
        Self { services, shutdown }
    }

    fn know(&self, service: &str) -> Result<(), Status> {
        if service.is_empty() || self.services.contains(&service) {
            Ok(())
        } else {
            Err(Status::not_found("no such service"))
        }
    }
}

fn answer(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse {
        status: status as i32,
    }
}

#[tonic::async_trait]
impl Health for Answers {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        self.know(&request.get_ref().service)?;
        Ok(Response::new(answer(if self.shutdown.is_cancelled() {
            ServingStatus::NotServing
        } else {
            ServingStatus::Serving
        })))
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    /// Tells the state and its one change. Then the stream ends, lest it hold up the end of the server.
    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        self.know(&request.get_ref().service)?;
        let states = [ServingStatus::Serving, ServingStatus::NotServing].into_iter();
        let start = (states, self.shutdown.clone());
        let stream = unfold(start, |(mut states, shutdown)| async move {
            let state = states.next()?;
            if state == ServingStatus::NotServing {
                shutdown.cancelled().await;
            }
            Some((Ok(answer(state)), (states, shutdown)))
        });
        Ok(Response::new(Box::pin(stream)))
    }
}
