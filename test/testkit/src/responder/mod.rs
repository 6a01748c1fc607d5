//! Whoever answers the CA's challenges.

mod http01;
mod listen;
mod tls_alpn01;

pub use http01::{Http01, Reply};
pub use tls_alpn01::{AlpnCertificate, TlsAlpn01, server_name};
