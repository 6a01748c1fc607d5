//! TLS towards clients: 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN.

use openssl::pkey::PKey;
use openssl::ssl::{AlpnError, SslAcceptor, SslMethod, SslSessionCacheMode, select_next_proto};
use openssl::x509::X509;

use crate::config::Https;

/// Our protocols in the order of our liking, as an ALPN list.
const PROTOCOLS: &[u8] = b"\x02h2\x08http/1.1";

/// Why the certificate cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("https.{key}: {path}: {why}")]
pub(super) struct TlsError {
    key: &'static str,
    path: String,
    why: String,
}

/// What accepts connections.
pub(super) fn acceptor(config: &Https) -> Result<SslAcceptor, TlsError> {
    let certificate = |why: String| TlsError {
        key: "certificate",
        path: config.certificate.as_path().display().to_string(),
        why,
    };
    let key = |why: String| TlsError {
        key: "key",
        path: config.key.path().display().to_string(),
        why,
    };
    let pem = config
        .certificate
        .read()
        .map_err(|error| certificate(error.kind().to_string()))?;
    let chain = X509::stack_from_pem(&pem).map_err(|error| certificate(error.to_string()))?;
    let (leaf, above) = chain
        .split_first()
        .ok_or_else(|| certificate("holds no certificate".to_owned()))?;
    let private = PKey::private_key_from_pem(config.key.expose()).map_err(|error| key(error.to_string()))?;
    let build = || {
        // Mozilla's "intermediate" list: TLS 1.2 and 1.3 with forward secrecy.
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
        builder.set_certificate(leaf)?;
        for issuer in above {
            builder.add_extra_chain_cert(issuer.clone())?;
        }
        builder.set_private_key(&private)?;
        builder.set_session_id_context(b"cairn-wfe")?;
        // Sessions are resumed by tickets; nothing is kept here. One ticket for each connection will do: those who
        // come again do so one connection at a time.
        builder.set_session_cache_mode(SslSessionCacheMode::OFF);
        builder.set_num_tickets(1)?;
        builder.set_alpn_select_callback(|_, offered| {
            select_next_proto(PROTOCOLS, offered).ok_or(AlpnError::NOACK)
        });
        builder.check_private_key()?;
        Ok(builder.build())
    };
    build().map_err(|error: openssl::error::ErrorStack| key(error.to_string()))
}
