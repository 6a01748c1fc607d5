//! Spreads calls over the addresses of a service.
//!
//! A call goes to the connected address with the fewest calls in flight; while none is connected it
//! waits. Names are resolved again and again, so that addresses may come and go.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::connection::{Link, Links, Place, maintain};
use crate::transport::{Endpoint, Transport};

/// The connections to one service.
pub(crate) struct Balancer {
    links: watch::Receiver<Links>,
    turn: AtomicUsize,
    _stop: DropGuard,
}

/// Where the servers are, as configured.
pub(crate) struct Addresses {
    pub(crate) names: Vec<String>,
    pub(crate) server_name: Arc<str>,
    pub(crate) resolve_every: Duration,
}

impl Balancer {
    /// Starts to connect. When the balancer is dropped the connections close.
    pub(crate) fn new(transport: Transport, addresses: Addresses) -> Self {
        let (sender, links) = watch::channel(Links::default());
        let stop = CancellationToken::new();
        tokio::spawn(follow(transport, addresses, Arc::new(sender), stop.clone()));
        Self {
            links,
            turn: AtomicUsize::new(0),
            _stop: stop.drop_guard(),
        }
    }

    /// A place on the least loaded connection; waits while there is none.
    pub(crate) async fn place(&self) -> Place {
        let mut links = self.links.clone();
        loop {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
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

/// Keeps a connection to each endpoint that the addresses stand for, until `stop`.
async fn follow(
    transport: Transport,
    addresses: Addresses,
    links: Arc<watch::Sender<Links>>,
    stop: CancellationToken,
) {
    let mut known: HashMap<Endpoint, CancellationToken> = HashMap::new();
    loop {
        let found = tokio::select! {
            found = transport.resolve(&addresses.names, &addresses.server_name) => found,
            () = stop.cancelled() => return,
        };
        match found {
            Ok(found) => {
                let found: HashSet<Endpoint> = found.into_iter().collect();
                known.retain(|endpoint, stop| {
                    let wanted = found.contains(endpoint);
                    if !wanted {
                        stop.cancel();
                    }
                    wanted
                });
                for endpoint in found {
                    known.entry(endpoint).or_insert_with_key(|endpoint| {
                        let wanted = stop.child_token();
                        tokio::spawn(maintain(
                            transport.clone(),
                            endpoint.clone(),
                            Arc::clone(&addresses.server_name),
                            Arc::clone(&links),
                            wanted.clone(),
                        ));
                        wanted
                    });
                }
            }
            // What is known stays in use: the name service failing is no reason to.
            Err(error) => {
                tracing::warn!(server = &*addresses.server_name, %error, "cannot resolve");
                links.send_modify(|links| links.trouble = Some(error.to_string()));
            }
        }
        tokio::select! {
            () = tokio::time::sleep(addresses.resolve_every) => {}
            () = stop.cancelled() => return,
        }
    }
}
