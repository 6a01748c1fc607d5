//! Time runs out, at either end.

use cairn_types::ErrorKind;
use tokio::sync::{Notify, mpsc};
use tonic::Code;

use super::*;

/// Enough for a call to reach its handler.
const SHORT: Duration = Duration::from_millis(300);

/// Sends when dropped.
struct Tell(mpsc::UnboundedSender<()>);
impl Drop for Tell {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

#[tokio::test]
async fn the_server_ends_a_handler_at_the_deadline() {
    let hub = Hub::new();
    let (ended, mut end) = mpsc::unbounded_channel();
    let echo = Echo::new(move |_| {
        let tell = Tell(ended.clone());
        async move {
            let _tell = tell;
            std::future::pending().await
        }
    });
    let _server = start(&hub.transport("sa.cairn"), configuration(), echo).await;
    let channel = memory_channel(&hub, "ra.cairn");
    eventually(async || {
        let request = context().at_most(SHORT).request("hello".to_owned());
        echo::say(&channel, request).await.unwrap_err();
        end.try_recv().is_ok()
    })
    .await;
}

#[tokio::test]
async fn the_client_does_not_wait_for_a_silent_server() {
    let hub = Hub::new();
    let mut silent = hub.listen("sa.cairn").unwrap();
    let channel = memory_channel(&hub, "ra.cairn");
    let request = context().at_most(SHORT).request("hello".to_owned());
    let (_connection, status) = tokio::join!(
        silent.recv(),
        echo::raw(&channel, request, "/cairn.test.v1.Echo/Say")
    );
    assert_eq!(status.unwrap_err().code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn the_configured_timeout_bounds_calls_without_a_context() {
    let hub = Hub::new();
    let _silent = hub.listen("sa.cairn").unwrap();
    let mut config = ClientConfig::new(["unused:1"]);
    config.timeout = Some(SHORT);
    let channel = hub.transport("ra.cairn").channel(SA, &config).unwrap();
    let error = echo::say(&channel, tonic::Request::new(String::new()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn without_a_server_the_deadline_names_the_trouble() {
    let hub = Hub::new();
    let channel = memory_channel(&hub, "ra.cairn");
    let error = echo::say(&channel, context().at_most(SHORT).request(String::new()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let internal = error.internal.unwrap();
    assert!(
        internal.contains("no connection to sa.cairn: sa.cairn: connection refused"),
        "{internal}"
    );
}

#[tokio::test]
async fn a_call_without_time_is_not_begun() {
    let hub = Hub::new();
    let echo = Echo::new(|_| async { panic!("must not be called") });
    let _server = start(&hub.transport("sa.cairn"), configuration(), echo).await;
    let channel = memory_channel(&hub, "ra.cairn");
    let context = context().at_most(Duration::from_millis(9));
    let error = echo::say(&channel, context.request(String::new()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_stop_the_work() {
    let hub = Hub::new();
    let (reached, mut arrivals) = mpsc::unbounded_channel();
    let (finished, mut finish) = mpsc::unbounded_channel();
    let (go, gate) = shared(Notify::new());
    let echo = Echo::new(move |_| {
        reached.send(()).unwrap();
        let (gate, finished) = (Arc::clone(&gate), finished.clone());
        async move {
            gate.notified().await;
            finished.send(()).unwrap();
            Ok(String::new())
        }
    });
    let _server = start(&hub.transport("sa.cairn"), configuration(), echo).await;
    let channel = memory_channel(&hub, "ra.cairn");
    tokio::select! {
        _ = say(&channel, "hello") => panic!("there is no answer yet"),
        _ = arrivals.recv() => {}
    }
    drop(channel);
    go.notify_one();
    finish.recv().await.unwrap();
}
