//! The body of a response, watched to its end: by then the outcome of the call is known.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};
use tonic::body::Body;
use tonic::{Code, Status};

use crate::metrics::Running;

/// The header or trailer that says how a call ended.
const GRPC_STATUS: &str = "grpc-status";

/// Hands out `response` so that its body ends by `deadline` and the outcome is recorded. `held` is dropped
/// at the end.
pub(crate) fn watch<H: Send + Unpin + 'static>(
    response: http::Response<Body>,
    deadline: Instant,
    mut running: Running,
    held: H,
) -> http::Response<Body> {
    if let Some(code) = outcome(response.headers()) {
        running.end(code);
        return response;
    }
    response.map(|body| {
        Body::new(Watched {
            body,
            deadline,
            sleep: None,
            running,
            _held: held,
        })
    })
}

/// The code in a response's head or trailers.
pub(crate) fn outcome(headers: &HeaderMap) -> Option<Code> {
    headers
        .get(GRPC_STATUS)
        .map(|code| Code::from_bytes(code.as_bytes()))
}

struct Watched<H> {
    body: Body,
    deadline: Instant,
    /// Made when the body first has to wait, which that of a unary call never does.
    sleep: Option<Pin<Box<Sleep>>>,
    running: Running,
    _held: H,
}

impl<H: Unpin> http_body::Body for Watched<H> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) else {
            let sleep = this
                .sleep
                .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(this.deadline)));
            std::task::ready!(sleep.as_mut().poll(cx));
            this.running.end(Code::DeadlineExceeded);
            return Poll::Ready(Some(Err(late())));
        };
        match &frame {
            Some(Ok(frame)) => {
                if let Some(code) = frame.trailers_ref().and_then(outcome) {
                    this.running.end(code);
                }
            }
            Some(Err(status)) => this.running.end(status.code()),
            None => this.running.end(Code::Unknown),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The status of a call that was not done by its deadline.
pub(crate) fn late() -> Status {
    Status::deadline_exceeded("the deadline passed")
}
