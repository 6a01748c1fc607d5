//! What every gRPC handler does around its work.

use cairn_types::Result;
use tonic::{Request, Response, Status};

use super::Wire;
use crate::{Context, to_status};

/// Decodes a request, does the work under its context, encodes the answer; errors become statuses.
pub async fn handle<P, T, F, Fut, R, Q>(
    request: Request<P>,
    work: F,
) -> std::result::Result<Response<Q>, Status>
where
    T: Wire<P>,
    F: FnOnce(Context, T) -> Fut,
    Fut: Future<Output = Result<R>>,
    R: Wire<Q>,
{
    let answer = async {
        let context = Context::of(&request)?;
        let message = T::from_wire(request.into_inner())?;
        work(context, message).await
    };
    answer
        .await
        .map(|answer| Response::new(answer.into_wire()))
        .map_err(to_status)
}
