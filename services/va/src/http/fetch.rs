//! One HTTP/1.1 exchange on a connection of its own.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;

use bytes::Bytes;
use cairn_types::ErrorKind;
use http::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, HOST, LOCATION, TRANSFER_ENCODING, USER_AGENT,
};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use openssl::ssl::{Ssl, SslContext};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_openssl::SslStream;

use super::Target;
use crate::net::{Bounded, Host, TlsContexts, TooMuch, reason};
use crate::refusal::Refusal;
use crate::text::{clean, clean_bytes};
use crate::trace::Trace;

/// The most that is read of a body, in octets. A key authorization has about 90.
pub(crate) const MAX_BODY: usize = 1024;
/// The most that the status line and headers may hold, in octets, and the most headers.
const MAX_HEAD: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;
/// What it may mean that a connection ends before the answer begins, and within it.
const NO_ANSWER: &str =
    "the connection was closed before it came, as by servers that expect TLS there, and by some firewalls";
const INCOMPLETE: &str = "the connection was closed before it was complete";

/// An answer.
#[derive(Debug)]
pub(crate) enum Reply {
    /// 301, 302, 307 or 308, and where it leads.
    Redirect(String),
    /// 2xx, and the body.
    Body(Vec<u8>),
    /// Any other status, and the beginning of the body.
    Status(StatusCode, Vec<u8>),
}

/// Requests a target over a connection to its host.
pub(crate) async fn fetch(
    stream: Bounded,
    target: &Target,
    user_agent: &HeaderValue,
    tls: &TlsContexts,
    trace: &mut Trace,
) -> Result<Reply, Refusal> {
    if !target.tls {
        return exchange(stream, target, user_agent, trace).await;
    }
    trace.doing(format!(
        "waiting for the TLS handshake with {}",
        target.authority()
    ));
    let stream = handshake(stream, &target.host, &tls.https).await.map_err(|why| {
        let authority = target.authority();
        Refusal::transient(
            ErrorKind::Tls,
            format!("the TLS handshake with {authority} failed: {why}"),
        )
        .remedy(|| {
            format!("Let {authority} speak TLS 1.2 or 1.3, with any certificate, or do not redirect to it")
        })
    })?;
    exchange(stream, target, user_agent, trace).await
}

async fn handshake(stream: Bounded, host: &Host, context: &SslContext) -> Result<SslStream<Bounded>, String> {
    let mut ssl = Ssl::new(context).map_err(|error| error.to_string())?;
    if let Host::Name(name) = host {
        ssl.set_hostname(name.as_str())
            .map_err(|error| error.to_string())?;
    }
    let mut stream = SslStream::new(ssl, stream).map_err(|error| error.to_string())?;
    Pin::new(&mut stream)
        .connect()
        .await
        .map_err(|error| reason(&error))?;
    Ok(stream)
}

/// Requests a target over a stream that leads to its host.
pub(super) async fn exchange<S>(
    stream: S,
    target: &Target,
    user_agent: &HeaderValue,
    trace: &mut Trace,
) -> Result<Reply, Refusal>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let request = request(target, user_agent)?;
    trace.doing(format!("waiting for the answer of {target}"));
    let (sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failure(target, &error, NO_ANSWER))?;
    // The connection hands its errors to the request, and its end does not end the reading of what arrived.
    let driver = async {
        let _ = connection.await;
        std::future::pending::<Infallible>().await
    };
    tokio::select! {
        reply = converse(sender, request, target, trace) => reply,
        never = driver => match never {},
    }
}

async fn converse(
    mut sender: http1::SendRequest<Empty<Bytes>>,
    request: Request<Empty<Bytes>>,
    target: &Target,
    trace: &mut Trace,
) -> Result<Reply, Refusal> {
    let response = sender
        .send_request(request)
        .await
        .map_err(|error| failure(target, &error, NO_ANSWER))?;
    let (head, mut body) = response.into_parts();
    trace.step(format!("requested {target}: status {}", head.status.as_u16()));
    if let Some(location) = redirect(head.status, &head.headers, target)? {
        return Ok(Reply::Redirect(location));
    }
    check_framing(&head.headers, target)?;
    check_encoding(&head.headers, target)?;
    trace.doing(format!("reading the answer of {target}"));
    let mut read = Vec::new();
    while read.len() <= MAX_BODY
        && let Some(frame) = body.frame().await
    {
        let frame = frame.map_err(|error| failure(target, &error, INCOMPLETE))?;
        if let Some(data) = frame.data_ref() {
            let room = MAX_BODY + 1 - read.len();
            read.extend_from_slice(&data[..data.len().min(room)]);
        }
    }
    trace.done();
    finish(head.status, read, target)
}

/// An answer says in one way where its body ends, by one length or by plain chunks: what can be read in two ways is
/// read otherwise by whoever stands between.
fn check_framing(headers: &HeaderMap, target: &Target) -> Result<(), Refusal> {
    let (lengths, encodings) = (
        headers.get_all(CONTENT_LENGTH).iter().count(),
        headers.get_all(TRANSFER_ENCODING).iter().count(),
    );
    let is_chunked = |encoding: &HeaderValue| encoding.as_bytes().eq_ignore_ascii_case(b"chunked");
    let is_number = |length: &HeaderValue| length.as_bytes().iter().all(u8::is_ascii_digit);
    if lengths + encodings <= 1
        && headers.get(CONTENT_LENGTH).is_none_or(is_number)
        && headers.get(TRANSFER_ENCODING).is_none_or(is_chunked)
    {
        return Ok(());
    }
    let what =
        format!("the answer of {target} has a transfer encoding other than chunked, or more than one length");
    let remedy = "Serve the file with its length and without any encoding".to_owned();
    Err(Refusal::new(ErrorKind::IncorrectResponse, what).remedy(|| remedy))
}

fn check_encoding(headers: &HeaderMap, target: &Target) -> Result<(), Refusal> {
    let identity = |encoding: &HeaderValue| encoding.as_bytes().eq_ignore_ascii_case(b"identity");
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    let Some(other) = encodings.find(|encoding| !identity(encoding)) else {
        return Ok(());
    };
    let what = format!("the answer of {target} has a content encoding, which was not asked for");
    let found = format!("Content-Encoding: {}", clean_bytes(other.as_bytes(), 50));
    Err(Refusal::new(ErrorKind::IncorrectResponse, what)
        .found(found)
        .remedy(|| format!("Serve {target} without compression")))
}

fn finish(status: StatusCode, read: Vec<u8>, target: &Target) -> Result<Reply, Refusal> {
    if !status.is_success() {
        return Ok(Reply::Status(status, read));
    }
    if read.len() > MAX_BODY {
        return Err(Refusal::new(
            ErrorKind::IncorrectResponse,
            format!("the answer of {target} is longer than {MAX_BODY} octets"),
        )
        .found(format!("\"{}…\"", clean_bytes(&read, 100).trim_end_matches('…'))));
    }
    Ok(Reply::Body(read))
}

fn request(target: &Target, user_agent: &HeaderValue) -> Result<Request<Empty<Bytes>>, Refusal> {
    Request::get(&target.path)
        .header(HOST, target.authority())
        .header(USER_AGENT, user_agent)
        .header(CONNECTION, "close")
        .body(Empty::new())
        .map_err(|_| Refusal::new(ErrorKind::Connection, format!("{target} cannot be requested")))
}

/// Where a redirect leads; none if the answer is not one.
fn redirect(status: StatusCode, headers: &HeaderMap, target: &Target) -> Result<Option<String>, Refusal> {
    if !matches!(status.as_u16(), 301 | 302 | 307 | 308) {
        return Ok(None);
    }
    let mut locations = headers.get_all(LOCATION).iter();
    match (locations.next().map(HeaderValue::to_str), locations.next()) {
        (Some(Ok(location)), None) => Ok(Some(location.to_owned())),
        _ => Err(Refusal::new(
            ErrorKind::Connection,
            format!("{target} redirects without exactly one readable Location header"),
        )),
    }
}

/// Why an exchange failed, in words.
fn failure(target: &Target, error: &hyper::Error, closed: &str) -> Refusal {
    let too_much = is_too_much(error);
    let why = if too_much {
        TooMuch.to_string()
    } else if error.is_parse_too_large() {
        "its headers are too large".to_owned()
    } else if error.is_parse() {
        "it is not HTTP/1.1".to_owned()
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() || is_cut_short(error)
    {
        closed.to_owned()
    } else {
        let mut text = error.to_string();
        if let Some(source) = std::error::Error::source(error) {
            text = format!("{text}: {source}");
        }
        clean(&text, 200)
    };
    let what = format!("the answer of {target} could not be read: {why}");
    if error.is_parse() || too_much || is_malformed(error) {
        Refusal::new(ErrorKind::Connection, what)
    } else {
        Refusal::transient(ErrorKind::Connection, what)
    }
}

/// Whether the connection was given up because of its amount.
fn is_too_much(error: &hyper::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if inner.and_then(|inner| inner.downcast_ref::<TooMuch>()).is_some() {
            return true;
        }
        source = error.source();
    }
    false
}

/// Whether a body does not follow the grammar of chunks.
fn is_malformed(error: &hyper::Error) -> bool {
    std::error::Error::source(error)
        .and_then(|source| source.downcast_ref::<io::Error>())
        .is_some_and(|error| {
            matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData
            )
        })
}

/// Whether the connection ended within a body.
fn is_cut_short(error: &hyper::Error) -> bool {
    std::error::Error::source(error)
        .and_then(|source| source.downcast_ref::<io::Error>())
        .is_some_and(|error| {
            matches!(
                error.kind(),
                io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset
            )
        })
}
