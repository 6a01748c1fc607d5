//! Typed clients: a method per call, in the terms of `cairn-types`.
//!
//! Every call takes the [`Context`] of the request that it serves: its deadline and its id travel along.

mod ca;
mod perspective;
mod publisher;
mod ra;
mod sa;
mod va;

use cairn_types::Result;

use crate::{Context, from_status};

pub use ca::CaClient;
pub use perspective::PerspectiveClient;
pub use publisher::PublisherClient;
pub use ra::RaClient;
pub use sa::SaClient;
pub use va::VaClient;

/// Whether a call may be sent again when its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// A second call finds the result of the first, or does no harm.
    Safe,
    /// A second call could fail where the first succeeded.
    Never,
}

/// Sends one unary call, marked as repeatable if it is.
async fn unary<M, R, F, Fut>(context: &Context, repeat: Repeat, message: M, call: F) -> Result<R>
where
    F: FnOnce(tonic::Request<M>) -> Fut,
    Fut: Future<Output = std::result::Result<tonic::Response<R>, tonic::Status>>,
{
    let request = match repeat {
        Repeat::Safe => context.idempotent(message),
        Repeat::Never => context.request(message),
    };
    call(request)
        .await
        .map(tonic::Response::into_inner)
        .map_err(|status| from_status(&status))
}

/// One call on a stub: `call!(self.stub, method, context, message, Repeat::Safe)`.
macro_rules! call {
    ($client:ident.$stub:ident, $method:ident, $context:expr, $message:expr, $repeat:expr) => {
        $crate::client::unary($context, $repeat, $message, |request| {
            let mut stub = $client.$stub.clone();
            async move { stub.$method(request).await }
        })
    };
}
use call;
