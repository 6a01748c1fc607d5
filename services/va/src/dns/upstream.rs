//! The configured resolvers, asked in turn until one answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cairn_types::Rng;
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{Name, RecordType};
use tokio::time::timeout;

use super::LookupError;
use super::exchange::exchange;
use super::query::Query;

/// The resolvers. They must resolve recursively; nothing is iterated here.
pub(crate) struct Upstream {
    servers: Vec<SocketAddr>,
    timeout: Duration,
    attempts: u32,
    rng: Arc<dyn Rng>,
    next: AtomicUsize,
}

impl Upstream {
    /// Each look-up makes up to `attempts` queries of at most `timeout`, to one server after another. None if
    /// there are no servers.
    pub(crate) fn new(
        servers: Vec<SocketAddr>,
        timeout: Duration,
        attempts: u32,
        rng: Arc<dyn Rng>,
    ) -> Option<Self> {
        (!servers.is_empty()).then(|| Self {
            servers,
            timeout,
            attempts,
            rng,
            next: AtomicUsize::new(0),
        })
    }

    /// Asks until a server says that there are such records, or none, or no such name. A server that
    /// fails or is silent is passed over.
    pub(super) async fn ask(
        &self,
        name: &Name,
        kind: RecordType,
    ) -> Result<(Message, SocketAddr), LookupError> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let mut last = LookupError::Timeout;
        for attempt in 0..self.attempts.max(1) {
            let server = self.servers[(first.wrapping_add(attempt as usize)) % self.servers.len()];
            let query = Query::new(&*self.rng, name, kind);
            match timeout(self.timeout, exchange(server, &query)).await {
                Err(_) => last = LookupError::Timeout,
                Ok(Err(error)) => last = error,
                Ok(Ok(message)) => match message.metadata.response_code {
                    ResponseCode::NoError | ResponseCode::NXDomain => return Ok((message, server)),
                    code => last = LookupError::Code(code),
                },
            }
        }
        Err(last)
    }
}
