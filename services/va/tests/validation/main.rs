//! The validation authority over gRPC, against real sockets on the loopback interface.

#![expect(clippy::unwrap_used, reason = "a test fails by it, as it should")]

mod caa;
mod caa_suite;
mod dns_01;
mod dns_account_01;
mod dns_persist_01;
mod dns_server;
mod forgeries;
mod http_01;
mod http_server;
mod http_tricks;
mod lookups;
mod perspectives;
mod redirects;
mod resolvers;
mod service;
mod signed;
mod stage;
mod tls_alpn_01;
mod tls_server;
mod transports;
