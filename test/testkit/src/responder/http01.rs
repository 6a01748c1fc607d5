//! http-01 (RFC 8555 section 8.3).

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use cairn_acme::key_authorization;
use cairn_acme::objects::AuthorizationObject;
use cairn_types::{ChallengeType, Thumbprint, Token};
use http::header::{HOST, LOCATION};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::listen;
use crate::client::Prover;

/// What comes before the token in a path.
pub(super) const PREFIX: &str = "/.well-known/acme-challenge/";

/// How a request for a token is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// 200 with this body.
    Text(String),
    /// This status, with a body that a careless validator might show.
    Status(u16),
    /// A redirect to this URL.
    Redirect(u16, String),
    /// 200 with this many octets.
    Large(usize),
    /// No answer, while the connection stays open.
    Silence,
}

#[derive(Debug)]
struct Entry {
    reply: Reply,
    hosts: Vec<String>,
}

type Entries = Arc<Mutex<HashMap<String, Entry>>>;

/// A web server that knows the answers to http-01 challenges, for every name that leads to it. Clones share them.
#[derive(Debug, Clone)]
pub struct Http01 {
    port: u16,
    entries: Entries,
}

impl Http01 {
    /// Starts on a free loopback port, within the current runtime.
    pub async fn start() -> io::Result<Self> {
        let (port, listeners) = listen::on_loopback().await?;
        let entries = Entries::default();
        for listener in listeners {
            tokio::spawn(accept(listener, entries.clone()));
        }
        Ok(Self { port, entries })
    }

    /// Starts at an address that was agreed upon, within the current runtime.
    pub async fn start_on(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let port = listener.local_addr()?.port();
        let entries = Entries::default();
        tokio::spawn(accept(listener, entries.clone()));
        Ok(Self { port, entries })
    }

    /// The port on which it listens.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Sets the reply for a token, or for any other text after the prefix.
    pub fn set(&self, token: &str, reply: Reply) {
        let hosts = Vec::new();
        self.lock().insert(token.to_owned(), Entry { reply, hosts });
    }

    /// Forgets a token.
    pub fn remove(&self, token: &str) {
        self.lock().remove(token);
    }

    /// The Host headers of the requests for a token so far.
    pub fn hosts(&self, token: &str) -> Vec<String> {
        self.lock()
            .get(token)
            .map_or_else(Vec::new, |entry| entry.hosts.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Prover for Http01 {
    fn challenge_type(&self) -> ChallengeType {
        ChallengeType::Http01
    }

    fn prove(&self, _: &AuthorizationObject, token: &Token, thumbprint: &Thumbprint) {
        self.set(token.as_str(), Reply::Text(key_authorization(token, thumbprint)));
    }
}

async fn accept(listener: TcpListener, entries: Entries) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, entries.clone()));
    }
}

async fn serve(stream: TcpStream, entries: Entries) {
    let service = service_fn(move |request: Request<Incoming>| {
        let reply = look_up(&request, &entries);
        async move {
            if reply == Some(Reply::Silence) {
                std::future::pending::<()>().await;
            }
            Ok::<_, Infallible>(respond(reply))
        }
    });
    // Validators close connections as they like.
    drop(
        http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .await,
    );
}

fn look_up(request: &Request<Incoming>, entries: &Entries) -> Option<Reply> {
    let token = request.uri().path().strip_prefix(PREFIX)?;
    let mut entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = entries.get_mut(token)?;
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    entry.hosts.extend(host.map(str::to_owned));
    Some(entry.reply.clone())
}

fn respond(reply: Option<Reply>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    let (status, body) = match reply {
        Some(Reply::Text(text)) => (200, text),
        Some(Reply::Status(status)) => (status, "<b>some page</b>".to_owned()),
        Some(Reply::Large(size)) => (200, "x".repeat(size)),
        Some(Reply::Redirect(status, target)) => {
            let target = target.parse().unwrap_or(http::HeaderValue::from_static("/"));
            response.headers_mut().insert(LOCATION, target);
            (status, String::new())
        }
        Some(Reply::Silence) | None => (404, "not found".to_owned()),
    };
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.body_mut() = Full::from(body);
    response
}
