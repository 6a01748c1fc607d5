//! TLS towards strangers: nothing is trusted, certificates are only looked at.

use openssl::error::ErrorStack;
use openssl::ssl::{SslContext, SslContextBuilder, SslMethod, SslVerifyMode, SslVersion};

/// The ALPN protocol of RFC 8737, as a list.
const ACME_TLS_1: &[u8] = b"\x0aacme-tls/1";

/// The settings of outgoing TLS connections, made once.
#[derive(Clone)]
pub(crate) struct TlsContexts {
    /// For redirects of http-01 to https.
    pub(crate) https: SslContext,
    /// For tls-alpn-01.
    pub(crate) acme: SslContext,
}

impl TlsContexts {
    pub(crate) fn new() -> Result<Self, ErrorStack> {
        let mut https = untrusting()?;
        https.set_alpn_protos(b"\x08http/1.1")?;
        let mut acme = untrusting()?;
        acme.set_alpn_protos(ACME_TLS_1)?;
        Ok(Self {
            https: https.build(),
            acme: acme.build(),
        })
    }
}

/// TLS 1.2 or newer, with any certificate: that of a redirect's target proves nothing that http-01 needs,
/// and that of tls-alpn-01 is self-signed and checked after the handshake.
fn untrusting() -> Result<SslContextBuilder, ErrorStack> {
    let mut builder = SslContext::builder(SslMethod::tls_client())?;
    builder.set_verify(SslVerifyMode::NONE);
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    Ok(builder)
}
