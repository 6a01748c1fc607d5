//! Asks a service's debug port whether it is ready.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How often to ask.
const INTERVAL: Duration = Duration::from_millis(10);

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Waits until the process whose debug port that is says it is ready.
pub(crate) async fn ready(debug: SocketAddr) {
    while !report(debug).await.is_some_and(|answer| answer.is_ready) {
        tokio::time::sleep(INTERVAL).await;
    }
}

/// What a service says of its readiness.
pub(crate) struct Report {
    is_ready: bool,
    /// Its checks and their state.
    pub(crate) text: String,
}

/// Asks once. `None` if there is no answer.
pub(crate) async fn report(debug: SocketAddr) -> Option<Report> {
    let ask = async {
        let mut stream = TcpStream::connect(debug).await?;
        stream
            .write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .await?;
        let mut answer = String::new();
        stream.take(64 * 1024).read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = tokio::time::timeout(PATIENCE, ask).await.ok()?.ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some(Report {
        is_ready: head.starts_with("HTTP/1.1 200 "),
        text: body.trim().replace('\n', ", "),
    })
}
