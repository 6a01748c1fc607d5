//! Keeps one connection to one endpoint open, for as long as the endpoint is wanted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::client::conn::http2::{self, Connection, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;

use crate::transport::{Endpoint, Io, Transport};

/// The pause before the first new attempt to connect; it doubles up to the last. Short, so that the
/// restart of a neighbour is over within its own time to start.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LAST_PAUSE: Duration = Duration::from_secs(1);

/// How long a server may be out of reach before that is worth a warning: neighbours start together, and none
/// is up first.
const PATIENCE: Duration = Duration::from_secs(5);

/// What TCP and TLS may take together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// After this much silence a connection is tried by a ping, and given up if no answer comes in time.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// Errors with many subproblems travel in headers; HTTP/2's usual limit of 16 KiB is too small for them.
const MAX_HEADERS: u32 = 512 * 1024;

/// What a server may send ahead of being read, per call and in all.
const CALL_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;

/// The connections on which calls can be sent now, and why the last attempt to connect failed.
#[derive(Default)]
pub(crate) struct Links {
    pub(crate) ready: Vec<Arc<Link>>,
    pub(crate) trouble: Option<String>,
}

/// A connection on which calls can be sent.
pub(crate) struct Link {
    endpoint: Endpoint,
    pub(crate) sender: SendRequest<Body>,
    in_flight: AtomicUsize,
}

impl Link {
    /// The number of calls on it.
    pub(crate) fn load(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }
}

/// A call's place on a connection, until it is dropped.
pub(crate) struct Place(Arc<Link>);

impl Place {
    pub(crate) fn take(link: &Arc<Link>) -> Self {
        link.in_flight.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(link))
    }

    pub(crate) fn sender(&self) -> SendRequest<Body> {
        self.0.sender.clone()
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Connects, reconnects and keeps `links` up to date until `stop`. Calls on the connection may still
/// end after that.
pub(crate) async fn maintain(
    transport: Transport,
    endpoint: Endpoint,
    server_name: Arc<str>,
    links: Arc<watch::Sender<Links>>,
    stop: CancellationToken,
) {
    let mut pause = FIRST_PAUSE;
    let mut outage = Outage::default();
    loop {
        let connected = tokio::select! {
            connected = connect(&transport, &endpoint, &server_name) => connected,
            () = stop.cancelled() => return,
        };
        match connected {
            Ok((sender, connection)) => {
                tracing::debug!(server = &*server_name, %endpoint, "connected");
                let since = Instant::now();
                serve(sender, connection, &endpoint, &links, &stop).await;
                if stop.is_cancelled() {
                    return;
                }
                // A server that turns us away after the handshake counts as one that is down.
                if since.elapsed() > LAST_PAUSE {
                    (pause, outage) = (FIRST_PAUSE, Outage::default());
                }
                tracing::debug!(server = &*server_name, %endpoint, "disconnected");
            }
            Err(trouble) => {
                if outage.is_news(Instant::now()) {
                    tracing::warn!(server = &*server_name, %endpoint, trouble, "cannot connect; will try again");
                } else {
                    tracing::debug!(server = &*server_name, %endpoint, trouble, "cannot connect yet");
                }
                links.send_modify(|links| links.trouble = Some(format!("{endpoint}: {trouble}")));
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(LAST_PAUSE),
            () = stop.cancelled() => return,
        }
    }
}

/// Attempts to connect that failed one after the other.
#[derive(Default)]
struct Outage {
    since: Option<Instant>,
    told: bool,
}

impl Outage {
    /// Notes a failure at `now`. True once: when failures have gone on for too long.
    fn is_news(&mut self, now: Instant) -> bool {
        let since = *self.since.get_or_insert(now);
        let news = !self.told && now.duration_since(since) >= PATIENCE;
        self.told |= news;
        news
    }
}

type Driver = Connection<TokioIo<Io>, Body, TokioExecutor>;

/// Offers the connection until it closes or is no longer wanted, and drives it to its end.
async fn serve(
    sender: SendRequest<Body>,
    connection: Driver,
    endpoint: &Endpoint,
    links: &watch::Sender<Links>,
    stop: &CancellationToken,
) {
    let link = Arc::new(Link {
        endpoint: endpoint.clone(),
        sender,
        in_flight: AtomicUsize::new(0),
    });
    links.send_modify(|links| links.ready.push(Arc::clone(&link)));
    let mut connection = std::pin::pin!(connection);
    let closed = tokio::select! {
        result = &mut connection => Some(result),
        () = stop.cancelled() => None,
    };
    links.send_modify(|links| links.ready.retain(|ready| !Arc::ptr_eq(ready, &link)));
    drop(link);
    // Without senders the connection closes as soon as the calls on it have ended.
    let result = match closed {
        Some(result) => result,
        None => connection.await,
    };
    if let Err(error) = result {
        tracing::debug!(%endpoint, %error, "connection lost");
    }
}

async fn connect(
    transport: &Transport,
    endpoint: &Endpoint,
    server_name: &str,
) -> Result<(SendRequest<Body>, Driver), String> {
    let attempt = async {
        let io = transport
            .connect(endpoint, server_name)
            .await
            .map_err(|error| error.to_string())?;
        http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIMEOUT)
            .keep_alive_while_idle(true)
            .initial_stream_window_size(CALL_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(MAX_HEADERS)
            .handshake(TokioIo::new(io))
            .await
            .map_err(|error| error.to_string())
    };
    tokio::time::timeout(CONNECT_TIMEOUT, attempt)
        .await
        .unwrap_or_else(|_| Err("no answer in time".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_told_once_and_late() {
        let start = Instant::now();
        let mut outage = Outage::default();
        let told = [0, 1, 4, 5, 6, 60].map(|seconds| outage.is_news(start + Duration::from_secs(seconds)));
        assert_eq!(told, [false, false, false, true, false, false]);
    }
}
