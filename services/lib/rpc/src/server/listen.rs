//! Accepts connections until told to stop, then lets what runs come to its end.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::BoundServer;
use super::call::{Shared, answer};
use crate::Peer;
use crate::transport::{Arrival, Io};

/// Handshakes at the same time; further connections wait to be accepted. Handshakes are costly, and
/// whoever can connect can cause them.
const HANDSHAKES: usize = 64;

/// What a handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// The pause after a failed accept, which is usually a want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Calls at the same time on one connection.
const CALLS_PER_CONNECTION: u32 = 1024;

/// What a client may send ahead of being read, per call and in all.
const CALL_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;

/// A client that stays silent for longer is tried by a ping, and given up if no answer comes in time.
const PING_INTERVAL: Duration = Duration::from_secs(60);
const PING_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) async fn serve(server: BoundServer, shutdown: CancellationToken) {
    let BoundServer {
        mut listener,
        router,
        stopping,
        drain_timeout,
        metrics,
    } = server;
    let shared = Shared {
        router: Arc::new(router),
        metrics,
        tasks: TaskTracker::new(),
        abort: CancellationToken::new(),
    };
    // If this future is dropped instead of told to stop, everything it started ends with it.
    let _abort = shared.abort.clone().drop_guard();
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        let accepted = tokio::select! {
            accepted = async {
                let permit = Arc::clone(&handshakes).acquire_owned().await;
                (permit, listener.accept().await)
            } => accepted,
            () = shutdown.cancelled() => break,
        };
        match accepted {
            (permit, Ok(arrival)) => {
                let (shared, stopping) = (shared.clone(), stopping.clone());
                shared.tasks.clone().spawn(async move {
                    let Some((io, peer)) = handshake(arrival).await else {
                        return;
                    };
                    drop(permit);
                    converse(shared, io, peer, stopping).await;
                });
            }
            (_, Err(error)) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    stopping.cancel();
    shared.tasks.close();
    if tokio::time::timeout(drain_timeout, shared.tasks.wait())
        .await
        .is_err()
    {
        tracing::warn!(
            left = shared.tasks.len(),
            "not all calls ended in time; giving them up"
        );
        shared.abort.cancel();
        shared.tasks.wait().await;
    }
}

async fn handshake(arrival: Arrival) -> Option<(Io, Peer)> {
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, arrival.handshake()).await {
        Ok(Ok(connection)) => Some(connection),
        Ok(Err(error)) => {
            tracing::info!(%error, "handshake failed");
            None
        }
        Err(_) => {
            tracing::info!("handshake not finished in time");
            None
        }
    }
}

/// Serves one connection until it closes; once `stopping`, until the calls on it have ended.
async fn converse(shared: Shared, io: Io, peer: Peer, stopping: CancellationToken) {
    let abort = shared.abort.clone();
    let service = service_fn(move |request| answer(shared.clone(), peer.clone(), request));
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT)
        .max_concurrent_streams(CALLS_PER_CONNECTION)
        .initial_stream_window_size(CALL_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .serve_connection(TokioIo::new(io), service);
    let mut connection = std::pin::pin!(connection);
    let mut told = false;
    let result = loop {
        tokio::select! {
            result = &mut connection => break result,
            () = stopping.cancelled(), if !told => {
                told = true;
                connection.as_mut().graceful_shutdown();
            }
            () = abort.cancelled() => return,
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "connection ended");
    }
}
