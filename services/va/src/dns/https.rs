//! Resolvers over HTTPS (RFC 8484), that is over HTTP/2.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::sync::Mutex;

use super::LookupError;
use super::query::Query;
use super::tls::TlsClient;

/// What the protocol is called in the handshake.
pub(super) const ALPN: &[u8] = b"\x02h2";

/// The type of queries and replies.
const MESSAGE: HeaderValue = HeaderValue::from_static("application/dns-message");

/// The largest reply: what DNS itself allows.
const MAX_REPLY: usize = 65_535;

/// Asks one resolver over HTTPS. All queries share a connection.
pub(super) struct OverHttps {
    client: TlsClient,
    url: Uri,
    connection: Mutex<Option<SendRequest<Full<Bytes>>>>,
}

impl OverHttps {
    pub(super) fn new(client: TlsClient, url: Uri) -> Self {
        Self {
            client,
            url,
            connection: Mutex::default(),
        }
    }

    pub(super) async fn ask(&self, query: &Query) -> Result<Vec<u8>, LookupError> {
        let mut request = Request::new(Full::from(Bytes::copy_from_slice(query.octets())));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.clone();
        for name in [CONTENT_TYPE, ACCEPT] {
            request.headers_mut().insert(name, MESSAGE);
        }
        let mut connection = self.connection().await?;
        match connection.send_request(request).await {
            Ok(response) => message(response).await,
            Err(error) => {
                self.connection.lock().await.take();
                Err(broken(&error))
            }
        }
    }

    async fn connection(&self) -> Result<SendRequest<Full<Bytes>>, LookupError> {
        let mut current = self.connection.lock().await;
        if let Some(connection) = current.as_ref().filter(|connection| !connection.is_closed()) {
            return Ok(connection.clone());
        }
        let stream = TokioIo::new(self.client.connect().await?);
        let (connection, driver) = http2::handshake(TokioExecutor::new(), stream)
            .await
            .map_err(|error| broken(&error))?;
        // Ends with the last sender; what it says by then was said to a request already.
        tokio::spawn(driver);
        *current = Some(connection.clone());
        Ok(connection)
    }
}

async fn message(response: Response<Incoming>) -> Result<Vec<u8>, LookupError> {
    if response.status() != StatusCode::OK {
        return Err(LookupError::Io(format!(
            "HTTP status {}",
            response.status().as_u16()
        )));
    }
    if response.headers().get(CONTENT_TYPE) != Some(&MESSAGE) {
        return Err(LookupError::Malformed);
    }
    let body = Limited::new(response.into_body(), MAX_REPLY);
    let body = body.collect().await.map_err(|error| broken(&*error))?;
    Ok(body.to_bytes().to_vec())
}

fn broken(error: &(dyn std::error::Error + 'static)) -> LookupError {
    LookupError::Io(format!("HTTP/2: {error}"))
}
