//! A whole process, `examples/minimal.rs`: its arguments, its signals, its end, its traces.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::convert::Infallible;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

struct Process {
    child: Child,
    log: BufReader<std::process::ChildStderr>,
    _dir: TempDir,
}

impl Process {
    fn start(config: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("minimal.toml");
        std::fs::write(&path, format!("{config}\n[log]\nformat = \"json\"\n")).unwrap();
        let mut child = Command::new(example())
            .arg("--config")
            .arg(&path)
            .arg("--supervised")
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        Self {
            child,
            log,
            _dir: dir,
        }
    }

    /// Reads the log up to the line with that message, and returns that line.
    fn logged(&mut self, message: &str) -> Value {
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(
                self.log.read_line(&mut line).unwrap(),
                0,
                "the log ended before `{message}`"
            );
            let value: Value = serde_json::from_str(&line).unwrap();
            if value["message"] == message || value["event"] == message {
                return value;
            }
        }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// Waits for the end; returns the rest of standard error.
    fn end(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        self.log.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap(), rest)
    }
}

/// `cargo test` builds examples beside the tests (but not with `--test process`).
fn example() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().parent().unwrap().join("examples/minimal")
}

#[test]
fn the_first_signal_drains() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut process = Process::start("finishing = \"10ms\"");
        let audit = process.logged("work.begun");
        assert_eq!(
            (&audit["target"], &audit["to"]),
            (&Value::from("audit"), &Value::from("running"))
        );
        process.logged("ready");
        process.signal(signal);
        assert_eq!(process.logged("draining")["signal"], signal.as_str());
        let (status, rest) = process.end();
        assert!(status.success(), "{rest}");
        assert!(rest.contains("\"stopped\""), "{rest}");
    }
}

#[test]
fn the_second_signal_ends_at_once() {
    let mut process = Process::start("finishing = \"1h\"");
    process.logged("ready");
    process.signal(Signal::SIGTERM);
    process.logged("draining");
    process.signal(Signal::SIGINT);
    let (status, rest) = process.end();
    assert_eq!(status.code(), Some(1));
    assert_eq!(rest, "minimal: stopped by a second signal, SIGINT\n");
}

#[test]
fn a_service_ends_with_its_supervisor() {
    let mut process = Process::start("finishing = \"1ms\"");
    process.logged("ready");
    drop(process.child.stdin.take());
    assert_eq!(process.logged("draining")["signal"], "end of standard input");
    assert!(process.end().0.success());
}

#[test]
fn a_supervisor_that_was_killed_reads_no_more() {
    let mut process = Process::start("finishing = \"1ms\"");
    process.logged("ready");
    let Process { mut child, log, _dir } = process;
    drop((log, child.stdin.take()));
    assert!(child.wait().unwrap().success());
}

#[test]
fn draining_has_an_end() {
    let mut process = Process::start("finishing = \"1h\"\n[runtime]\nworkers = 1\ndrain = \"10ms\"");
    process.logged("ready");
    process.signal(Signal::SIGTERM);
    process.logged("draining");
    let (status, rest) = process.end();
    assert_eq!(status.code(), Some(1));
    assert_eq!(
        rest,
        "minimal: requests were still in flight after 10ms of draining\n"
    );
}

#[test]
fn a_bad_configuration_is_one_line() {
    let (status, rest) = Process::start("finishing = \"1s\"\nfishing = \"1s\"").end();
    assert_eq!(status.code(), Some(1));
    assert!(
        rest.ends_with("/minimal.toml:2:1: unknown field `fishing`, expected `finishing`\n"),
        "{rest}"
    );
    assert_eq!(rest.lines().count(), 1, "{rest}");
}

#[test]
fn spans_reach_the_collector() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .unwrap();
    let endpoint = listener.local_addr().unwrap();
    let exported = runtime.spawn(one_export(listener));

    let mut process = Process::start(&format!(
        "finishing = \"1ms\"\n[tracing]\nendpoint = \"http://{endpoint}\"\nratio = 1.0"
    ));
    process.logged("ready");
    process.signal(Signal::SIGTERM);
    let (status, rest) = process.end();
    assert!(status.success(), "{rest}");

    let (path, body) = runtime.block_on(exported).unwrap();
    assert_eq!(
        path,
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
    );
    for text in [b"service.name".as_slice(), b"minimal", b"serve"] {
        assert!(body.windows(text.len()).any(|window| window == text));
    }
}

/// A collector, as far as one call to it: answers with an empty message, returns path and body.
async fn one_export(listener: tokio::net::TcpListener) -> (String, Vec<u8>) {
    let (sender, mut calls) = tokio::sync::mpsc::channel(1);
    let (stream, _) = listener.accept().await.unwrap();
    let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let sender = sender.clone();
        async move {
            let path = request.uri().path().to_owned();
            let body = request.into_body().collect().await.unwrap().to_bytes().to_vec();
            sender.send((path, body)).await.unwrap();
            let response = http::Response::builder()
                .header("content-type", "application/grpc")
                .header("grpc-status", "0")
                .body(Full::new(bytes::Bytes::from_static(&[0; 5])));
            Ok::<_, Infallible>(response.unwrap())
        }
    });
    tokio::spawn(
        hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(stream), service),
    );
    calls.recv().await.unwrap()
}
