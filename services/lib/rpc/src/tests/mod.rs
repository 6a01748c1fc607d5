//! The whole way of a call, from a channel to a handler and back.

mod allow;
mod balance;
mod certificates;
mod deadline;
mod echo;
mod errors;
mod lifecycle;
mod tls;
mod traces;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cairn_kit::SystemRng;
use cairn_types::Error;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{Channel, ClientConfig, Context, Hub, Server, ServerConfig, Target, Transport};
use echo::Echo;

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

const SA: Target = Target {
    name: "sa.cairn",
    timeout: PATIENCE,
};

fn context() -> Context {
    Context::new(&SystemRng, PATIENCE)
}

fn configuration() -> ServerConfig {
    ServerConfig::loopback([(Echo::NAME, ["ra.cairn"].as_slice())])
}

/// A server that runs, and ends abruptly when dropped.
struct Running {
    address: Option<SocketAddr>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
    _abort: DropGuard,
}

async fn start(transport: &Transport, config: ServerConfig, echo: Echo) -> Running {
    let server = Server::new(config).service(echo).bind(transport).await.unwrap();
    let (shutdown, abort) = (CancellationToken::new(), CancellationToken::new());
    let address = server.address();
    let serving = server.serve(shutdown.clone());
    let aborted = abort.clone();
    let task = tokio::spawn(async move {
        aborted.run_until_cancelled(serving).await;
    });
    Running {
        address,
        shutdown,
        task,
        _abort: abort.drop_guard(),
    }
}

impl Running {
    fn client(&self) -> ClientConfig {
        ClientConfig::new(self.address.map(|address| address.to_string()))
    }

    /// An orderly end.
    async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }
}

/// The answer to one call.
async fn say(channel: &Channel, text: &str) -> Result<String, Error> {
    echo::say(channel, context().request(text.to_owned())).await
}

/// A channel of `caller` to `sa.cairn` within the process.
fn memory_channel(hub: &Hub, caller: &str) -> Channel {
    hub.transport(caller)
        .channel(SA, &ClientConfig::new(["unused:1"]))
        .unwrap()
}

/// Calls `check` again and again until it is true.
async fn eventually(mut check: impl AsyncFnMut() -> bool) {
    let attempts = async {
        while !check().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, attempts)
        .await
        .expect("it should have come true by now");
}

/// A handler that answers with a fixed text.
fn answering(text: &'static str) -> Echo {
    Echo::new(move |_| async move { Ok(text.to_owned()) })
}

fn shared<T>(value: T) -> (Arc<T>, Arc<T>) {
    let value = Arc::new(value);
    (Arc::clone(&value), value)
}
