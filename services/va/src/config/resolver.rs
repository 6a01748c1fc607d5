//! Resolvers as texts: `192.0.2.53:53`, or `SCHEME://[NAME@]ADDRESS[:PORT][/PATH]`.
//!
//! The address is always given: who asks resolvers cannot look them up. Where there is TLS, the name before it is the
//! one that the certificate must be for.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use cairn_types::DnsName;
use serde::Deserialize;

/// The path of queries over HTTPS, if none is given: what most resolvers have.
const PATH: &str = "/dns-query";

/// A recursive resolver.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Resolver {
    /// Where it is.
    pub address: SocketAddr,
    /// How it is asked.
    pub transport: Transport,
}

/// How a resolver is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// Over UDP, and over TCP where an answer is truncated or doubtful: `udp://ADDRESS:PORT`, or without scheme.
    Udp,
    /// Over TCP alone: `tcp://ADDRESS:PORT`.
    Tcp,
    /// Over TLS (RFC 7858): `tls://NAME@ADDRESS:PORT`.
    Tls {
        /// The name, or the address, that the certificate must be for.
        name: String,
    },
    /// Over HTTP/2 and TLS (RFC 8484): `https://NAME@ADDRESS:PORT/PATH`.
    Https {
        /// The name, or the address, that the certificate must be for.
        name: String,
        /// The path that queries are posted to.
        path: String,
    },
}

impl Transport {
    const fn default_port(&self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => 53,
            Self::Tls { .. } => 853,
            Self::Https { .. } => 443,
        }
    }
}

impl From<SocketAddr> for Resolver {
    /// Over UDP.
    fn from(address: SocketAddr) -> Self {
        Self {
            address,
            transport: Transport::Udp,
        }
    }
}

impl fmt::Display for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.transport {
            Transport::Udp => write!(f, "{}", self.address),
            Transport::Tcp => write!(f, "tcp://{}", self.address),
            Transport::Tls { name } => write!(f, "tls://{name}@{}", self.address),
            Transport::Https { name, path } => write!(f, "https://{name}@{}{path}", self.address),
        }
    }
}

impl FromStr for Resolver {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("{text:?} is no resolver: {why}");
        let (scheme, rest) = text.split_once("://").unwrap_or(("udp", text));
        let (transport, rest) = match scheme {
            "udp" => (Transport::Udp, rest),
            "tcp" => (Transport::Tcp, rest),
            "tls" => {
                let (name, rest) = named(rest).ok_or_else(|| wrong(NAME_MISSING))?;
                (Transport::Tls { name }, rest)
            }
            "https" => {
                let (rest, path) = rest.find('/').map_or((rest, PATH), |at| rest.split_at(at));
                if !path.bytes().all(|byte| byte.is_ascii_graphic()) || path.contains(['?', '#', '{']) {
                    return Err(wrong("its path must be a plain one, such as /dns-query"));
                }
                let (name, rest) = named(rest).ok_or_else(|| wrong(NAME_MISSING))?;
                let path = path.to_owned();
                (Transport::Https { name, path }, rest)
            }
            _ => return Err(wrong("the scheme must be udp, tcp, tls or https")),
        };
        let address = address(rest, transport.default_port()).ok_or_else(|| {
            wrong("it needs an address, perhaps with a port, such as 192.0.2.53:53 or [2001:db8::53]:53")
        })?;
        Ok(Self { address, transport })
    }
}

const NAME_MISSING: &str = "it needs the name that its certificate must be for, in lower case and before the address, \
     such as tls://dns.example@192.0.2.53:853";

/// The name before an address.
fn named(text: &str) -> Option<(String, &str)> {
    let (name, address) = text.split_once('@')?;
    let is_name = DnsName::parse(name).is_ok_and(|known| known.as_str() == name && !known.is_wildcard());
    (is_name || name.parse::<IpAddr>().is_ok()).then(|| (name.to_owned(), address))
}

/// An address with or without port.
fn address(text: &str, default: u16) -> Option<SocketAddr> {
    let bare = || {
        let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let address: IpAddr = inner.unwrap_or(text).parse().ok()?;
        // Without brackets nobody could tell the port from the last group.
        (address.is_ipv4() != inner.is_some()).then(|| SocketAddr::new(address, default))
    };
    text.parse()
        .ok()
        .or_else(bare)
        .filter(|address| address.port() > 0)
}

impl TryFrom<String> for Resolver {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests;
