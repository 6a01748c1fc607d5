//! What callers learn of errors, and what the log does.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cairn_types::{ErrorKind, Identifier, Subproblem};
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

#[tokio::test]
async fn only_idempotent_calls_are_repeated_and_only_once() {
    let hub = Hub::new();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let echo = Echo::new(move |request| {
        let number = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            match request.get_ref().as_str() {
                "second" if number == 1 => Ok("here".to_owned()),
                "refused" => Err(Error::conflict("no")),
                _ => Err(Error::unavailable("not now")),
            }
        }
    });
    let _server = start(&hub.transport("sa.cairn"), configuration(), echo).await;
    let channel = memory_channel(&hub, "ra.cairn");
    let idempotent = async |text: &str| {
        calls.store(0, Ordering::SeqCst);
        let answer = echo::say(&channel, context().idempotent(text.to_owned())).await;
        (answer.map_err(|error| error.kind()), calls.load(Ordering::SeqCst))
    };
    assert_eq!(idempotent("second").await, (Ok("here".to_owned()), 2));
    assert_eq!(idempotent("never").await, (Err(ErrorKind::Unavailable), 2));
    assert_eq!(idempotent("refused").await, (Err(ErrorKind::Conflict), 1));

    calls.store(0, Ordering::SeqCst);
    let error = say(&channel, "second").await.unwrap_err();
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
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let _default = tracing::subscriber::set_default(subscriber);
    let hub = Hub::new();
    let echo = Echo::new(|_| async { Err(Error::internal("the disk is full")) });
    let _server = start(&hub.transport("sa.cairn"), configuration(), echo).await;
    let channel = memory_channel(&hub, "ra.cairn");
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
