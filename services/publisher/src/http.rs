//! One HTTP exchange with a log, over connections that are kept.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use cairn_kit::{BoxError, FilePath};
use http::header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use openssl::ssl::{SslConnector, SslMethod, SslVersion};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

/// An SCT takes a few hundred octets, an error page a few thousand.
const MAX_ANSWER: usize = 64 * 1024;

/// Connections that are kept for later, to one log.
const MAX_IDLE: usize = 8;

/// How requests name their sender.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("cairn-publisher/", env!("CARGO_PKG_VERSION")));

type Connection = SendRequest<Full<Bytes>>;

/// Speaks HTTP/1.1 to logs.
pub(crate) struct Client {
    tls: SslConnector,
    idle: Mutex<HashMap<(bool, Authority), Vec<Connection>>>,
}

/// What a log answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// The seconds of a `Retry-After` header.
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("cannot connect: {0}")]
    Connect(#[from] io::Error),
    #[error("HTTP failed: {0}")]
    Http(#[from] hyper::Error),
    #[error("the answer was cut off or is longer than {MAX_ANSWER} octets: {0}")]
    Body(BoxError),
    #[error("not a URL that can be asked")]
    Url,
}

impl Client {
    /// A client that trusts these roots, or those of the system.
    pub(crate) fn new(roots: Option<&FilePath>) -> Result<Self, BoxError> {
        let mut builder = SslConnector::builder(SslMethod::tls_client())?;
        builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
        if let Some(file) = roots {
            let mut store = X509StoreBuilder::new()?;
            for root in X509::stack_from_pem(&file.read()?)? {
                store.add_cert(root)?;
            }
            builder.set_cert_store(store.build());
        }
        Ok(Self {
            tls: builder.build(),
            idle: Mutex::default(),
        })
    }

    /// Posts JSON. May do so twice: what logs are sent can be repeated.
    pub(crate) async fn post(&self, url: &Uri, json: Bytes) -> Result<Answer, HttpError> {
        let authority = url.authority().ok_or(HttpError::Url)?.clone();
        let key = (url.scheme() == Some(&Scheme::HTTPS), authority);
        loop {
            let (mut connection, kept) = match self.take(&key) {
                Some(connection) => (connection, true),
                None => (self.connect(&key).await?, false),
            };
            let request = request(url, &key.1, json.clone())?;
            match connection.send_request(request).await {
                Ok(response) => {
                    let answer = read(response).await?;
                    self.keep(key, connection).await;
                    return Ok(answer);
                }
                // Logs close connections that were idle for long, and may do so at this moment.
                Err(error) if kept => tracing::debug!(%error, "a kept connection was closed"),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn take(&self, key: &(bool, Authority)) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let connections = idle.get_mut(key)?;
        connections.retain(|connection| !connection.is_closed());
        connections.pop()
    }

    async fn keep(&self, key: (bool, Authority), mut connection: Connection) {
        if connection.ready().await.is_err() {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let connections = idle.entry(key).or_default();
        if connections.len() < MAX_IDLE {
            connections.push(connection);
        }
    }

    async fn connect(&self, (secure, authority): &(bool, Authority)) -> Result<Connection, HttpError> {
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let port = authority.port_u16().unwrap_or(if *secure { 443 } else { 80 });
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        if *secure {
            start(self.handshake(host, stream).await?).await
        } else {
            start(stream).await
        }
    }

    async fn handshake(&self, host: &str, stream: TcpStream) -> io::Result<SslStream<TcpStream>> {
        let ssl = self.tls.configure()?.into_ssl(host)?;
        let mut stream = SslStream::new(ssl, stream)?;
        Pin::new(&mut stream).connect().await.map_err(io::Error::other)?;
        Ok(stream)
    }
}

fn request(url: &Uri, authority: &Authority, json: Bytes) -> Result<Request<Full<Bytes>>, HttpError> {
    Request::post(url.path())
        .header(HOST, authority.as_str())
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, AGENT)
        .body(Full::new(json))
        .map_err(|_| HttpError::Url)
}

/// HTTP/1.1 over a stream, driven by a task that ends with the connection.
async fn start<S>(stream: S) -> Result<Connection, HttpError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection to a log ended");
        }
    });
    Ok(sender)
}

async fn read(response: Response<hyper::body::Incoming>) -> Result<Answer, HttpError> {
    let (head, body) = response.into_parts();
    let body = Limited::new(body, MAX_ANSWER)
        .collect()
        .await
        .map_err(HttpError::Body)?;
    let retry_after = head.headers.get(RETRY_AFTER);
    Ok(Answer {
        status: head.status,
        retry_after: retry_after.and_then(|value| value.to_str().ok()?.parse().ok()),
        body: body.to_bytes(),
    })
}
