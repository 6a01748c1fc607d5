//! Where a server is, and the URLs that say so.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Postgres;
use crate::tls::tls;

#[derive(Clone, Debug)]
pub(crate) struct Address {
    port: u16,
    socket: PathBuf,
    /// The certificate of the CA that the server's certificate is from.
    pub(super) ca: PathBuf,
}

impl Postgres {
    pub(super) fn address(&self) -> Result<Address> {
        Address::new(self.port(), self.socket())
    }
}

impl Address {
    pub(crate) fn new(port: u16, socket: PathBuf) -> Result<Self> {
        Ok(Self {
            port,
            socket,
            ca: tls()?.ca.clone(),
        })
    }

    /// Over TLS.
    pub(crate) fn url(&self, user: &str, database: &str) -> String {
        self.url_at(&format!("127.0.0.1:{}", self.port), user, database)
    }

    /// Over TLS, at one or more hosts with their ports.
    pub(super) fn url_at(&self, hosts: &str, user: &str, database: &str) -> String {
        let ca = percent_encoded(&self.ca);
        format!("postgres://{user}@{hosts}/{database}?sslmode=verify-full&sslrootcert={ca}")
    }

    pub(crate) fn socket_url(&self, user: &str, database: &str) -> String {
        let socket = percent_encoded(&self.socket);
        format!("postgres://{user}@{socket}:{}/{database}", self.port)
    }
}

/// A path as a part of a URL.
fn percent_encoded(path: &Path) -> String {
    let octets = path.as_os_str().as_encoded_bytes().iter();
    let parts = octets.map(|octet| {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(octet) {
            char::from(*octet).to_string()
        } else {
            format!("%{octet:02X}")
        }
    });
    parts.collect()
}
