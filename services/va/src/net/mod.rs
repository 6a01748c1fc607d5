//! Connections to strangers: which addresses may be contacted, dialing, TLS without trust.

mod addresses;
mod bounded;
mod dial;
mod tls;
mod tls_failure;

pub(crate) use addresses::AddressPolicy;
pub(crate) use bounded::{Bounded, TooMuch};
pub(crate) use dial::{Dialer, Host};
pub(crate) use tls::TlsContexts;
pub(crate) use tls_failure::reason;
