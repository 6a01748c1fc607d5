//! What callers learn of errors, and what the log does.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cairn_types::{ErrorKind, Identifier, Subproblem};
use tokio::sync::mpsc;
use tracing_subscriber::fmt::MakeWriter;

use super::*;

async fn caught(echo: Echo) -> Error {
    let hub = Hub::new();
    let _server = start(&hub.transport("sa.cairn"), configuration(), echo).await;
    say(&memory_channel(&hub, "ra.cairn"), "hello").await.unwrap_err()
}

#[tokio::test]
async fn an_error_with_a_hundred_subproblems_crosses() {
    let subproblem = |number: usize| Subproblem {
        kind: ErrorKind::Caa,
        detail: "é".repeat(300),
        identifier: Some(
            Identifier::parse("dns", &format!("{}.{number}.test", ["a"; 60].join("."))).unwrap(),
        ),
    };
    let error = Error::new(ErrorKind::Compound, "many\nthings")
        .with_subproblems((0..100).map(subproblem).collect())
        .retry_after(Duration::from_millis(1234))
        .at("https://example.org/");
    let sent = error.clone();
    let echo = Echo::new(move |_| std::future::ready(Err(sent.clone())));
    assert_eq!(caught(echo).await, error);
}

#[tokio::test]
async fn a_panic_is_an_internal_error_and_the_server_goes_on() {
    let hub = Hub::new();
    let echo = Echo::new(|request| async move {
        assert_ne!(request.get_ref(), "panic");
        Ok("fine".to_owned())
    });
    let _server = start(&hub.transport("sa.cairn"), configuration(), echo).await;
    let channel = memory_channel(&hub, "ra.cairn");
    let error = say(&channel, "panic").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ServerInternal);
    assert_eq!(say(&channel, "hello").await, Ok("fine".to_owned()));
}

/// Calls a server that ends abruptly while it handles the call; another one takes its place.
async fn lost_on_the_way(request: impl Fn(String) -> tonic::Request<String>) -> Result<String, Error> {
    let hub = Hub::new();
    let transport = hub.transport("sa.cairn");
    let (reached, mut arrivals) = mpsc::unbounded_channel();
    let stuck = Echo::new(move |_| {
        reached.send(()).unwrap();
        std::future::pending()
    });
    let first = start(&transport, configuration(), stuck).await;
    let channel = memory_channel(&hub, "ra.cairn");
    let call = echo::say(&channel, request("hello".to_owned()));
    let replacement = async {
        arrivals.recv().await.unwrap();
        drop(first);
        eventually(async || hub.listen("sa.cairn").is_ok()).await;
        start(&transport, configuration(), answering("here")).await
    };
    let (answer, _second) = tokio::join!(call, replacement);
    answer
}

#[tokio::test]
async fn only_idempotent_calls_are_repeated_when_the_server_is_lost() {
    let answer = lost_on_the_way(|text| context().idempotent(text)).await;
    assert_eq!(answer, Ok("here".to_owned()));
    let answer = lost_on_the_way(|text| context().request(text)).await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn an_answer_is_never_asked_for_twice() {
    let hub = Hub::new();
    let (counted, calls) = shared(AtomicUsize::new(0));
    let echo = Echo::new(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Err(Error::unavailable("the database is away")) }
    });
    let _server = start(&hub.transport("sa.cairn"), configuration(), echo).await;
    let channel = memory_channel(&hub, "ra.cairn");
    let error = echo::say(&channel, context().idempotent(String::new()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn the_internal_text_is_logged_with_the_request_id_and_stays_there() {
    let log = Log::default();
    let hub = Hub::new();
    let echo = Echo::new(|_| async { Err(Error::internal("the disk is full")) });
    let _server = start(&hub.transport("sa.cairn"), configuration(), echo).await;
    let channel = memory_channel(&hub, "ra.cairn");
    // Another test's thread may be the first at a span or event, and decide that nobody listens, while this test
    // begins to: what a first call has passed is asked anew when the subscriber is set.
    let _ = echo::say(&channel, context().request(String::new())).await;
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let _default = tracing::subscriber::set_default(subscriber);
    let context = context();
    let error = echo::say(&channel, context.request(String::new()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ServerInternal);
    assert!(!format!("{error:?}").contains("disk"));
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let line = log
        .lines()
        .find(|line| line.contains("the disk is full"))
        .unwrap();
    assert!(line.contains(&context.request_id().to_string()), "{line}");
    assert!(line.contains("ra.cairn"), "{line}");
}
