//! HTTPS: listens, accepts, and lets connections end in good order.

mod activity;
mod connection;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cairn_kit::{BoxError, Env};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::front::Wfe;
use connection::Connections;

/// The pause after `accept` failed, as it does while file descriptors are short.
const BREATHER: Duration = Duration::from_millis(100);

/// A front end that listens and does not answer yet.
pub struct Bound {
    listener: TcpListener,
    connections: Arc<Connections>,
    max_connections: usize,
    drain: Duration,
    env: Env,
}

impl Bound {
    pub(crate) async fn bind(config: &Config, wfe: Wfe, env: Env) -> Result<Self, BoxError> {
        let acceptor = tls::acceptor(&config.https)?;
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|error| format!("listen: {}: {error}", config.listen))?;
        Ok(Self {
            listener,
            connections: Arc::new(Connections::new(acceptor, wfe, env.shutdown.clone())),
            max_connections: config.http.max_connections,
            drain: config.http.drain_timeout,
            env,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until the shutdown; then accepts nothing new, and returns when the requests in flight are
    /// answered or their time is over.
    pub async fn serve(self) {
        let tasks = TaskTracker::new();
        self.env.health.check("https").pass();
        self.accept(&tasks, &self.env.shutdown).await;
        drop(self.listener);
        tasks.close();
        if tokio::time::timeout(self.drain, tasks.wait()).await.is_err() {
            tracing::warn!(connections = tasks.len(), "connections were cut off");
        }
    }

    async fn accept(&self, tasks: &TaskTracker, shutdown: &CancellationToken) {
        let permits = Arc::new(Semaphore::new(self.max_connections));
        loop {
            let next = async {
                // Closed never: the semaphore lives as long as this loop.
                let permit = Arc::clone(&permits).acquire_owned().await.ok();
                (permit, self.listener.accept().await)
            };
            let (permit, accepted) = tokio::select! {
                () = shutdown.cancelled() => return,
                next = next => next,
            };
            match accepted {
                Ok((stream, client)) => {
                    let connections = Arc::clone(&self.connections);
                    tasks.spawn(async move {
                        connections.serve(stream, client.ip()).await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "accept failed");
                    tokio::time::sleep(BREATHER).await;
                }
            }
        }
    }
}
