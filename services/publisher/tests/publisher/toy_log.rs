//! A log that signs as RFC 6962 section 3.2 says, written from that text and not with the code under test.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use cairn_kit::SystemClock;
use cairn_types::Clock;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::sha::sha256;
use openssl::sign::Signer;
use openssl::ssl::{Ssl, SslAcceptor, SslContext, SslMethod};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

use crate::certificates::{Pair, certificate, key};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    Sign,
    /// Signs and closes the connection, without saying that it will.
    CloseAfterAnswer,
    WrongSignature,
    OtherLogId,
    FutureTimestamp,
    Garbage,
    Endless,
    Status(u16),
    /// Closes the connection instead of an answer.
    Hangup,
    Silence,
}

pub(crate) struct ToyLog {
    pub(crate) url: String,
    state: Arc<State>,
}

struct State {
    key: PKey<Private>,
    /// What is expected, and the signed part that follows from it.
    chain: Value,
    issuer_key_hash: [u8; 32],
    tbs: Vec<u8>,
    behaviour: Mutex<Behaviour>,
    submissions: AtomicUsize,
    connections: AtomicUsize,
    root_pem: Vec<u8>,
}

impl ToyLog {
    pub(crate) async fn start(pair: &Pair) -> Self {
        Self::listen(pair, None).await
    }

    pub(crate) async fn start_https(pair: &Pair) -> Self {
        let key = key();
        let public = PKey::public_key_from_der(&key.public_key_to_der().unwrap()).unwrap();
        let root = certificate("issuer", &public, &key, true, false);
        let leaf = certificate("log", &public, &key, false, false);
        let mut acceptor = SslAcceptor::mozilla_modern_v5(SslMethod::tls_server()).unwrap();
        acceptor.set_certificate(&leaf).unwrap();
        acceptor.set_private_key(&key).unwrap();
        let tls = acceptor.build().into_context();
        Self::listen(pair, Some((tls, root.to_pem().unwrap()))).await
    }

    async fn listen(pair: &Pair, tls: Option<(SslContext, Vec<u8>)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}/2027/", listener.local_addr().unwrap());
        let (tls, root_pem) = tls.map_or((None, Vec::new()), |(tls, pem)| (Some(tls), pem));
        let base64 = openssl::base64::encode_block;
        let state = Arc::new(State {
            key: key(),
            chain: json!({ "chain": [base64(&pair.precertificate), base64(&pair.issuer)] }),
            issuer_key_hash: sha256(&pair.issuer_spki),
            tbs: pair.clean_tbs().to_vec(),
            behaviour: Mutex::new(Behaviour::Sign),
            submissions: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            root_pem,
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(connection(Arc::clone(&shared), stream, tls.clone()));
            }
        });
        Self { url, state }
    }

    pub(crate) fn behave(&self, behaviour: Behaviour) {
        *self.state.behaviour.lock().unwrap() = behaviour;
    }

    pub(crate) fn spki(&self) -> Vec<u8> {
        self.state.key.public_key_to_der().unwrap()
    }

    pub(crate) fn root_pem(&self) -> &[u8] {
        &self.state.root_pem
    }

    pub(crate) fn submissions(&self) -> usize {
        self.state.submissions.load(Ordering::SeqCst)
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

async fn connection(state: Arc<State>, stream: TcpStream, tls: Option<SslContext>) {
    state.connections.fetch_add(1, Ordering::SeqCst);
    match tls {
        None => converse(state, stream).await,
        Some(tls) => {
            let mut stream = tokio_openssl::SslStream::new(Ssl::new(&tls).unwrap(), stream).unwrap();
            if std::pin::Pin::new(&mut stream).accept().await.is_ok() {
                converse(state, stream).await;
            }
        }
    }
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(state: Arc<State>, stream: S) {
    let (hangup, mut hung_up) = tokio::sync::mpsc::unbounded_channel::<()>();
    let service = service_fn(move |request| {
        let (state, hangup) = (Arc::clone(&state), hangup.clone());
        async move {
            let behaviour = *state.behaviour.lock().unwrap();
            if behaviour == Behaviour::Hangup {
                hangup.send(()).unwrap();
                std::future::pending::<()>().await;
            }
            let response = state.answer(request, behaviour).await;
            Ok::<_, Infallible>(response)
        }
    });
    let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = serving => {}
        _ = hung_up.recv() => {}
    }
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

fn whole(text: impl Into<Bytes>) -> Body {
    Full::new(text.into()).boxed_unsync()
}

impl State {
    async fn answer(&self, request: Request<Incoming>, behaviour: Behaviour) -> Response<Body> {
        assert_eq!(request.method(), http::Method::POST);
        assert_eq!(request.uri().path(), "/2027/ct/v1/add-pre-chain");
        let body = request.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), self.chain);
        self.submissions.fetch_add(1, Ordering::SeqCst);
        match behaviour {
            Behaviour::Silence => std::future::pending().await,
            Behaviour::Garbage => Response::new(whole("<html>welcome</html>")),
            Behaviour::Endless => Response::new(whole(vec![b' '; 1 << 20])),
            Behaviour::Status(status) => Response::builder()
                .status(status)
                .header("retry-after", "17")
                .header("location", "/elsewhere")
                .body(whole("no"))
                .unwrap(),
            _ => {
                let mut response = Response::new(whole(self.promise(behaviour).to_string()));
                if behaviour == Behaviour::CloseAfterAnswer {
                    let close = http::HeaderValue::from_static("close");
                    response.headers_mut().insert("connection", close);
                }
                response
            }
        }
    }

    /// An answer with an SCT (RFC 6962 sections 3.2 and 4.2).
    fn promise(&self, behaviour: Behaviour) -> Value {
        let mut now = SystemClock.now();
        if behaviour == Behaviour::FutureTimestamp {
            now = now + Duration::from_secs(3600);
        }
        let timestamp = u64::try_from(now.as_millis()).unwrap();
        let extensions = [1, 2, 3];
        let mut octets = vec![0, 0]; // v1, certificate_timestamp
        octets.extend(timestamp.to_be_bytes());
        octets.extend([0, 1]); // precert_entry
        octets.extend(self.issuer_key_hash);
        octets.extend(&u32::try_from(self.tbs.len()).unwrap().to_be_bytes()[1..]);
        octets.extend(&self.tbs);
        octets.extend([0, 3]);
        octets.extend(extensions);
        if behaviour == Behaviour::WrongSignature {
            octets.push(0);
        }
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key).unwrap();
        let signature = signer.sign_oneshot_to_vec(&octets).unwrap();
        let mut digitally_signed = vec![4, 3]; // SHA-256, ECDSA
        digitally_signed.extend(u16::try_from(signature.len()).unwrap().to_be_bytes());
        digitally_signed.extend(signature);
        let mut id = sha256(&self.key.public_key_to_der().unwrap());
        if behaviour == Behaviour::OtherLogId {
            id[0] ^= 1;
        }
        let base64 = openssl::base64::encode_block;
        json!({
            "sct_version": 0,
            "id": base64(&id),
            "timestamp": timestamp,
            "extensions": base64(&extensions),
            "signature": base64(&digitally_signed),
        })
    }
}
