//! HTTPS: listens, accepts, and lets connections end in good order.

mod activity;
mod addresses;
mod connection;
mod tls;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use cairn_kit::{BoxError, Env};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::front::Wfe;
use addresses::Addresses;
use connection::Connections;

/// The pause after `accept` failed, as it does while file descriptors are short.
const BREATHER: Duration = Duration::from_millis(100);

/// A front end that listens and does not answer yet.
pub struct Bound {
    listeners: Vec<TcpListener>,
    door: Door,
    drain: Duration,
    env: Env,
}

/// Who may come in.
#[derive(Clone)]
struct Door {
    connections: Arc<Connections>,
    permits: Arc<Semaphore>,
    addresses: Addresses,
    tasks: TaskTracker,
}

impl Bound {
    pub(crate) async fn bind(config: &Config, wfe: Wfe, env: Env) -> Result<Self, BoxError> {
        let acceptor = tls::acceptor(&config.https)?;
        let mut listeners = Vec::new();
        for address in &config.listen {
            let listener = TcpListener::bind(address).await;
            listeners.push(listener.map_err(|error| format!("listen: {address}: {error}"))?);
        }
        Ok(Self {
            listeners,
            door: Door {
                connections: Arc::new(Connections::new(acceptor, wfe, env.shutdown.clone())),
                permits: Arc::new(Semaphore::new(config.http.max_connections)),
                addresses: Addresses::new(config.http.max_connections_per_address),
                tasks: TaskTracker::new(),
            },
            drain: config.http.drain_timeout,
            env,
        })
    }

    /// Where it listens, in the order of the configuration.
    pub fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        self.listeners.iter().map(TcpListener::local_addr).collect()
    }

    /// Serves until the shutdown; then accepts nothing new, and returns when the requests in flight are
    /// answered or their time is over.
    pub async fn serve(self) {
        let mut accepting = JoinSet::new();
        for listener in self.listeners {
            let (door, shutdown) = (self.door.clone(), self.env.shutdown.clone());
            accepting.spawn(async move {
                shutdown.run_until_cancelled(door.accept(&listener)).await;
            });
        }
        self.env.health.check("https").pass();
        accepting.join_all().await;
        let Door {
            connections, tasks, ..
        } = self.door;
        tasks.close();
        if tokio::time::timeout(self.drain, tasks.wait()).await.is_err() {
            tracing::warn!(connections = tasks.len(), "connections were cut off");
        }
        connections.close(self.env.clock.now());
    }
}

impl Door {
    async fn accept(&self, listener: &TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, client)) => self.let_in(stream, client.ip()).await,
                Err(error) => {
                    tracing::warn!(%error, "accept failed");
                    tokio::time::sleep(BREATHER).await;
                }
            }
        }
    }

    /// Waits while there are too many connections in all.
    async fn let_in(&self, stream: TcpStream, client: IpAddr) {
        let Some(admitted) = self.addresses.admit(client) else {
            self.connections.turned_away(client);
            return;
        };
        // Closed never: this holds the semaphore.
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        let connections = Arc::clone(&self.connections);
        self.tasks.spawn(async move {
            connections.serve(stream, client).await;
            drop((permit, admitted));
        });
    }
}
