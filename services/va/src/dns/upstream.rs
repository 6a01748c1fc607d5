//! The configured resolvers, asked in turn until one answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cairn_kit::FilePath;
use cairn_types::Rng;
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{Name, RecordType};
use tokio::time::timeout;

use super::LookupError;
use super::exchange::Server;
use super::query::Query;
use crate::config::{DnssecMode, Resolver};

/// The resolvers. They must resolve recursively; nothing is iterated here.
pub(crate) struct Upstream {
    servers: Vec<Server>,
    timeout: Duration,
    attempts: u32,
    /// Whether answers come with their signatures.
    signatures: bool,
    rng: Arc<dyn Rng>,
    next: AtomicUsize,
}

impl Upstream {
    /// Each look-up makes up to `attempts` queries of at most `timeout`, to one resolver after another. None if
    /// there are no resolvers. The error names the key of the configuration that is wrong.
    pub(crate) fn new(config: &crate::config::Dns, rng: Arc<dyn Rng>) -> Result<Option<Self>, String> {
        let servers = Self::servers(config)?;
        Ok((!servers.is_empty()).then(|| Self {
            servers,
            timeout: config.timeout,
            attempts: config.attempts,
            signatures: config.dnssec == DnssecMode::Validate,
            rng,
            next: AtomicUsize::new(0),
        }))
    }

    /// The resolvers of a configuration, not asked yet. See [`Self::new`] for the error.
    pub(crate) fn servers(config: &crate::config::Dns) -> Result<Vec<Server>, String> {
        let ca = config.ca.as_ref().map(FilePath::as_path);
        let server = |resolver: &Resolver| Server::new(resolver.clone(), ca);
        config.resolvers.iter().map(server).collect()
    }

    pub(super) fn all(&self) -> &[Server] {
        &self.servers
    }

    /// Asks until a resolver says that there are such records, or none, or no such name. One that fails or is
    /// silent is passed over.
    pub(super) async fn ask(
        &self,
        name: &Name,
        kind: RecordType,
    ) -> Result<(Message, &Resolver), LookupError> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let mut last = LookupError::Timeout;
        for attempt in 0..self.attempts.max(1) {
            let server = &self.servers[first.wrapping_add(attempt as usize) % self.servers.len()];
            match self.ask_one(server, name, kind).await {
                Ok(message) => return Ok((message, &server.resolver)),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Asks one resolver once.
    pub(super) async fn ask_one(
        &self,
        server: &Server,
        name: &Name,
        kind: RecordType,
    ) -> Result<Message, LookupError> {
        let query = Query::new(&*self.rng, name, kind, self.signatures);
        let message = timeout(self.timeout, server.exchange(&query))
            .await
            .map_err(|_| LookupError::Timeout)??;
        match message.metadata.response_code {
            ResponseCode::NoError | ResponseCode::NXDomain => Ok(message),
            code => Err(LookupError::Code(code)),
        }
    }
}
