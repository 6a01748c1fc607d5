//! One keep-alive HTTPS (or HTTP) connection.

use std::pin::Pin;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use openssl::error::ErrorStack;
use openssl::ssl::{SslConnector, SslMethod, SslVersion};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use super::{Answer, ClientError, Result};

/// The largest response body that is read, in octets.
const MAX_BODY: usize = 4 << 20;

/// Whose HTTPS certificates a client believes. Clones share the TLS settings.
#[derive(Debug, Clone)]
pub struct Trust(SslConnector);

impl Trust {
    /// Believes certificates below these PEM roots, and no others.
    pub fn roots(pem: &[u8]) -> std::result::Result<Self, ErrorStack> {
        let mut store = X509StoreBuilder::new()?;
        for root in X509::stack_from_pem(pem)? {
            store.add_cert(root)?;
        }
        let mut connector = SslConnector::builder(SslMethod::tls_client())?;
        connector.set_min_proto_version(Some(SslVersion::TLS1_2))?;
        connector.set_cert_store(store.build());
        connector.set_alpn_protos(b"\x08http/1.1")?;
        Ok(Self(connector.build()))
    }

    /// A TLS connection to `authority`, checked.
    pub async fn connect(&self, authority: &Authority) -> std::io::Result<SslStream<TcpStream>> {
        let stream = TcpStream::connect((bare_host(authority), authority.port_u16().unwrap_or(443))).await?;
        stream.set_nodelay(true)?;
        let ssl = self.0.configure()?.into_ssl(bare_host(authority))?;
        let mut stream = SslStream::new(ssl, stream)?;
        Pin::new(&mut stream)
            .connect()
            .await
            .map_err(std::io::Error::other)?;
        Ok(stream)
    }
}

/// The host without the brackets of an IPv6 address.
fn bare_host(authority: &Authority) -> &str {
    let host = authority.host();
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

type Sender = SendRequest<Full<Bytes>>;

/// A connection that is made when needed, kept while the server keeps it, and made anew when it is gone.
pub struct Connection {
    trust: Trust,
    open: Option<(Authority, Sender)>,
}

impl Connection {
    /// A connection that believes `trust`. Nothing is sent yet.
    pub const fn new(trust: Trust) -> Self {
        Self { trust, open: None }
    }

    /// GET.
    pub async fn get(&mut self, url: &str) -> Result<Answer> {
        self.send(url, Request::get(url).body(Bytes::new())).await
    }

    /// HEAD.
    pub async fn head(&mut self, url: &str) -> Result<Answer> {
        self.send(url, Request::head(url).body(Bytes::new())).await
    }

    /// POST of `body` as that media type.
    pub async fn post(&mut self, url: &str, media_type: &'static str, body: Bytes) -> Result<Answer> {
        let request = Request::post(url)
            .header(CONTENT_TYPE, HeaderValue::from_static(media_type))
            .body(body);
        self.send(url, request).await
    }

    /// A request of any method.
    pub async fn request(&mut self, method: Method, url: &str) -> Result<Answer> {
        let request = Request::builder().method(method).uri(url).body(Bytes::new());
        self.send(url, request).await
    }

    /// Sends any request with an absolute URL, and reads the whole response. The Host header is added.
    pub async fn send(
        &mut self,
        url: &str,
        request: std::result::Result<Request<Bytes>, http::Error>,
    ) -> Result<Answer> {
        let failed = |error: &dyn std::fmt::Display| ClientError::connection(url, error);
        let mut request = request.map_err(|error| failed(&error))?.map(Full::new);
        let (scheme, authority) = split(request.uri()).ok_or_else(|| failed(&"not an absolute URL"))?;
        let host = HeaderValue::from_str(authority.as_str()).map_err(|error| failed(&error))?;
        request.headers_mut().entry(HOST).or_insert(host);
        request
            .headers_mut()
            .insert(USER_AGENT, HeaderValue::from_static("cairn-testkit"));
        let origin = request.uri().path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = origin.parse().map_err(|error| failed(&error))?;
        loop {
            let (mut sender, reused) = match self.reusable(&authority).await {
                Some(sender) => (sender, true),
                None => (
                    self.connect(&scheme, &authority)
                        .await
                        .map_err(|error| failed(&error))?,
                    false,
                ),
            };
            match sender.try_send_request(request).await {
                Ok(response) => {
                    let (head, body) = response.into_parts();
                    let body = Limited::new(body, MAX_BODY).collect().await;
                    let body = body.map_err(|error| failed(&error))?.to_bytes();
                    self.open = Some((authority, sender));
                    return Ok(Answer {
                        url: url.to_owned(),
                        status: head.status,
                        headers: head.headers,
                        body,
                    });
                }
                Err(mut error) => match error.take_message() {
                    // The server closed the connection while nobody used it: nothing was sent.
                    Some(unsent) if reused => request = unsent,
                    _ => return Err(failed(&error.into_error())),
                },
            }
        }
    }

    async fn reusable(&mut self, authority: &Authority) -> Option<Sender> {
        let (open_to, mut sender) = self.open.take()?;
        // The task that reads may not have had its turn to see that the server is gone.
        tokio::task::yield_now().await;
        (open_to == *authority && sender.ready().await.is_ok()).then_some(sender)
    }

    async fn connect(&self, scheme: &Scheme, authority: &Authority) -> std::io::Result<Sender> {
        if *scheme == Scheme::HTTPS {
            return speak_http(self.trust.connect(authority).await?).await;
        }
        let port = authority.port_u16().unwrap_or(80);
        speak_http(TcpStream::connect((bare_host(authority), port)).await?).await
    }
}

fn split(uri: &Uri) -> Option<(Scheme, Authority)> {
    Some((uri.scheme()?.clone(), uri.authority()?.clone()))
}

async fn speak_http<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
) -> std::io::Result<Sender> {
    let (sender, connection) = handshake(TokioIo::new(stream))
        .await
        .map_err(std::io::Error::other)?;
    // How it ends is seen at the sender.
    tokio::spawn(async { drop(connection.await) });
    Ok(sender)
}
