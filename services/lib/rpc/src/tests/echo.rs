//! A gRPC service with one unary method from text to text, and its client.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll};

use cairn_types::Error;
use futures_util::future::BoxFuture;
use http::uri::PathAndQuery;
use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tonic::server::{NamedService, UnaryService};
use tonic_prost::ProstCodec;
use tower::Service;

use crate::{Channel, from_status, to_status};

type Answer = BoxFuture<'static, Result<String, Error>>;

/// The service.
#[derive(Clone)]
pub(super) struct Echo(Arc<dyn Fn(tonic::Request<String>) -> Answer + Send + Sync>);

impl Echo {
    pub(super) const NAME: &str = "cairn.test.v1.Echo";

    pub(super) fn new<F, Fut>(handler: F) -> Self
    where
        F: Fn(tonic::Request<String>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<String, Error>> + Send + 'static,
    {
        Self(Arc::new(move |request| Box::pin(handler(request))))
    }
}

impl NamedService for Echo {
    const NAME: &'static str = Self::NAME;
}

impl Service<Request<Body>> for Echo {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let method = Say(self.clone());
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(ProstCodec::default());
            Ok(grpc.unary(method, request).await)
        })
    }
}

struct Say(Echo);

impl UnaryService<String> for Say {
    type Response = String;
    type Future = BoxFuture<'static, Result<tonic::Response<String>, Status>>;

    fn call(&mut self, request: tonic::Request<String>) -> Self::Future {
        let answer = self.0.0(request);
        Box::pin(async move { answer.await.map(tonic::Response::new).map_err(to_status) })
    }
}

/// Calls the service.
pub(super) async fn say(channel: &Channel, request: tonic::Request<String>) -> Result<String, Error> {
    raw(channel, request, "/cairn.test.v1.Echo/Say")
        .await
        .map_err(|status| from_status(&status))
}

/// Calls any path.
pub(super) async fn raw(
    channel: &Channel,
    request: tonic::Request<String>,
    path: &'static str,
) -> Result<String, Status> {
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    grpc.ready().await?;
    let codec = ProstCodec::<String, String>::default();
    let answer = grpc
        .unary(request, PathAndQuery::from_static(path), codec)
        .await?;
    Ok(answer.into_inner())
}
