//! Which gRPC service a call is for, and who may call it.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use http::{Request, Response};
use tonic::body::Body;
use tonic::server::NamedService;
use tower::Service;
use tower::util::BoxCloneSyncService;

use super::ServerError;
use crate::Peer;

/// A gRPC service of any kind.
pub(super) type Handler = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// The gRPC services of a server.
#[derive(Default)]
pub(super) struct Router {
    services: BTreeMap<&'static str, Entry>,
    health: Option<(&'static str, Handler)>,
}

struct Entry {
    handler: Handler,
    callers: BTreeSet<String>,
}

/// Where a call goes.
pub(super) enum Route<'r> {
    /// To the service of that name.
    Service(&'static str, &'r Handler),
    /// To the health service: watched for as long as the watcher likes, so without a deadline.
    Health(&'r Handler),
    /// The caller is not on the list of the service of that name.
    Forbidden(&'static str),
    /// There is no such service.
    Unknown,
}

impl Router {
    pub(super) fn add<S>(&mut self, service: S)
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send,
    {
        let entry = Entry {
            handler: Handler::new(service),
            callers: BTreeSet::new(),
        };
        self.services.insert(S::NAME, entry);
    }

    pub(super) fn set_health<S>(&mut self, service: S)
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send,
    {
        self.health = Some((S::NAME, Handler::new(service)));
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.services.keys().copied()
    }

    /// Sets the lists of callers: one per service, no more, no less.
    pub(super) fn allow(&mut self, lists: &BTreeMap<String, BTreeSet<String>>) -> Result<(), ServerError> {
        if let Some(name) = lists
            .keys()
            .find(|name| !self.services.contains_key(name.as_str()))
        {
            return Err(ServerError::UnknownService {
                name: name.clone(),
                served: self.names().collect::<Vec<_>>().join(", "),
            });
        }
        for (name, entry) in &mut self.services {
            let callers = lists.get(*name).ok_or(ServerError::NoCallers(name))?;
            entry.callers.clone_from(callers);
        }
        Ok(())
    }

    pub(super) fn route(&self, service: &str, peer: &Peer) -> Route<'_> {
        if let Some((_, handler)) = self.health.as_ref().filter(|(name, _)| *name == service) {
            return Route::Health(handler);
        }
        match self.services.get_key_value(service) {
            Some((name, entry)) if peer.is_among(&entry.callers) => Route::Service(name, &entry.handler),
            Some((name, _)) => Route::Forbidden(name),
            None => Route::Unknown,
        }
    }
}
