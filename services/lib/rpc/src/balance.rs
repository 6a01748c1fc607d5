//! Spreads calls over the addresses of a service.
//!
//! A call goes to the connected address with the fewest calls in flight; while none is connected it
//! waits. Names are resolved again and again, so that addresses may come and go.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::ClientConfig;
use crate::connection::{Link, Links, Place, maintain};
use crate::transport::{Endpoint, Transport};

/// The connections to one service.
pub(crate) struct Balancer {
    links: watch::Receiver<Links>,
    turn: AtomicUsize,
    _stop: DropGuard,
}

/// Finds out where the servers are at present.
pub(crate) type Resolve = Box<dyn Fn() -> BoxFuture<'static, io::Result<Vec<Endpoint>>> + Send + Sync>;

impl Balancer {
    /// Starts to connect. When the balancer is dropped the connections close.
    pub(crate) fn new(transport: Transport, server_name: Arc<str>, config: &ClientConfig) -> Self {
        let resolver = (
            transport.clone(),
            Arc::clone(&server_name),
            Arc::<[String]>::from(&*config.addresses),
        );
        let resolve: Resolve = Box::new(move || {
            let (transport, server_name, addresses) = resolver.clone();
            Box::pin(async move { transport.resolve(&addresses, &server_name).await })
        });
        Self::following(transport, server_name, resolve, config.resolve_every)
    }

    /// Connects to wherever `resolve` says, asking it again after each interval.
    pub(crate) fn following(
        transport: Transport,
        server_name: Arc<str>,
        resolve: Resolve,
        every: Duration,
    ) -> Self {
        let (sender, links) = watch::channel(Links::default());
        let stop = CancellationToken::new();
        let follower = Follower {
            transport,
            server_name,
            links: Arc::new(sender),
            stop: stop.clone(),
            known: HashMap::new(),
        };
        tokio::spawn(follower.run(resolve, every));
        Self {
            links,
            turn: AtomicUsize::new(0),
            _stop: stop.drop_guard(),
        }
    }

    /// A place on the least loaded connection; waits while there is none.
    pub(crate) async fn place(&self) -> Place {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        if let Some(link) = least_loaded(&self.links.borrow().ready, turn) {
            return Place::take(link);
        }
        let mut links = self.links.clone();
        loop {
            if let Some(link) = least_loaded(&links.borrow_and_update().ready, turn) {
                return Place::take(link);
            }
            if links.changed().await.is_err() {
                // Not while `self` lives: then those who send changes do too.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Why there is no connection.
    pub(crate) fn trouble(&self) -> String {
        let links = self.links.borrow();
        links
            .trouble
            .clone()
            .unwrap_or_else(|| "not connected yet".to_owned())
    }
}

/// The open connection with the fewest calls; of several such the next one in turn.
fn least_loaded(links: &[Arc<Link>], turn: usize) -> Option<&Arc<Link>> {
    let (before, from) = links.split_at(turn.checked_rem(links.len()).unwrap_or(0));
    from.iter()
        .chain(before)
        .filter(|link| !link.sender.is_closed())
        .min_by_key(|link| link.load())
}

/// Keeps a connection to each endpoint of a service.
struct Follower {
    transport: Transport,
    server_name: Arc<str>,
    links: Arc<watch::Sender<Links>>,
    stop: CancellationToken,
    known: HashMap<Endpoint, CancellationToken>,
}

impl Follower {
    async fn run(mut self, resolve: Resolve, every: Duration) {
        let stop = self.stop.clone();
        let work = async {
            loop {
                match resolve().await {
                    Ok(found) => self.follow(found.into_iter().collect()),
                    // What is known stays in use: the name service failing is no reason to drop it.
                    Err(error) => {
                        tracing::warn!(server = &*self.server_name, %error, "cannot resolve");
                        self.links
                            .send_modify(|links| links.trouble = Some(error.to_string()));
                    }
                }
                tokio::time::sleep(every).await;
            }
        };
        stop.run_until_cancelled(work).await;
    }

    /// Connects to what is new and lets go of what is gone.
    fn follow(&mut self, found: HashSet<Endpoint>) {
        self.known.retain(|endpoint, wanted| {
            let keep = found.contains(endpoint);
            if !keep {
                wanted.cancel();
            }
            keep
        });
        for endpoint in found {
            self.known.entry(endpoint).or_insert_with_key(|endpoint| {
                let wanted = self.stop.child_token();
                tokio::spawn(maintain(
                    self.transport.clone(),
                    endpoint.clone(),
                    Arc::clone(&self.server_name),
                    Arc::clone(&self.links),
                    wanted.clone(),
                ));
                wanted
            });
        }
    }
}
