//! An HTTP server that says exactly what a test wants, well-formed or not.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::stage::KEY_AUTHORIZATION;

/// What to answer a request with.
pub(crate) enum Answer {
    /// These octets, and then the end of the connection.
    Bytes(Vec<u8>),
    /// These octets, and then silence.
    Hang(Vec<u8>),
    /// These octets, and then an endless repetition of one.
    Drip(Vec<u8>),
    /// These octets, and then an endless repetition of a text, in large pieces.
    Repeat(Vec<u8>, &'static str),
}

pub(crate) fn reply(status: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    Answer::Bytes(
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n{body}").into_bytes(),
    )
}

pub(crate) fn ok(body: &str) -> Answer {
    reply("200 OK", "", body)
}

pub(crate) fn good() -> Answer {
    ok(KEY_AUTHORIZATION)
}

pub(crate) fn redirect(status: &str, location: &str) -> Answer {
    reply(status, &format!("Location: {location}\r\n"), "")
}

/// A port that refuses connections for as long as the socket is kept.
pub(crate) fn closed_port() -> (TcpSocket, u16) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}

pub(crate) struct HttpServer {
    pub(crate) port: u16,
    /// The heads of all requests so far.
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
}

impl HttpServer {
    /// Serves on a free port of 127.0.0.1; `answer` gets the head of each request.
    pub(crate) async fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1:0", answer).await
    }

    pub(crate) async fn at(address: &str, answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let port = listener
            .local_addr()
            .map(|address: SocketAddr| address.port())
            .unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let heads = Arc::clone(&requests);
        let answer = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, heads) = (Arc::clone(&answer), Arc::clone(&heads));
                tokio::spawn(async move { converse(stream, &*answer, &heads).await });
            }
        });
        Self { port, requests }
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn converse(
    mut stream: TcpStream,
    answer: &(dyn Fn(&str) -> Answer + Send + Sync),
    heads: &Mutex<Vec<String>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    heads.lock().unwrap().push(head.clone());
    // The client may hang up at any time; that is its right.
    match answer(&head) {
        Answer::Bytes(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Answer::Hang(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.read_u8().await;
        }
        Answer::Repeat(bytes, text) => {
            let _ = stream.write_all(&bytes).await;
            let piece = text.repeat(4096 / text.len() + 1);
            while stream.write_all(piece.as_bytes()).await.is_ok() {}
        }
        Answer::Drip(bytes) => {
            let _ = stream.write_all(&bytes).await;
            while stream.write_all(b"x").await.is_ok() {
                tokio::task::yield_now().await;
            }
        }
    }
}
