//! What people are told about faults of their own: names, servers and certificates that are wrong in the ways of
//! real life, and the explanations, word for word, in `golden/`.
//!
//! `CAIRN_REWRITE_GOLDEN=1 cargo test -p cairn-va --test explanations` rewrites the files; read what has changed.

#![expect(clippy::unwrap_used, reason = "a test fails by it, as it should")]

mod addresses;
mod caa;
mod dns_01;
mod faults;
mod golden;
mod http_01;
mod lookups;
mod redirects;
mod tls_alpn_01;

#[expect(dead_code, reason = "the other tests use all of it")]
#[path = "../validation/dns_server.rs"]
mod dns_server;
#[expect(dead_code, reason = "the other tests use all of it")]
#[path = "../validation/http_server.rs"]
mod http_server;
#[expect(dead_code, reason = "the other tests use all of it")]
#[path = "../validation/stage.rs"]
mod stage;
#[expect(dead_code, reason = "the other tests use all of it")]
#[path = "../validation/tls_server.rs"]
mod tls_server;
