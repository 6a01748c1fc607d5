//! Resolvers as texts: `192.0.2.53:53`, or `SCHEME://ADDRESS:PORT`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use serde::Deserialize;

/// The port of queries without TLS.
const PLAIN_PORT: u16 = 53;

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
        }
    }
}

impl FromStr for Resolver {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("{text:?} is no resolver: {why}");
        let (scheme, rest) = text.split_once("://").unwrap_or(("udp", text));
        let transport = match scheme {
            "udp" => Transport::Udp,
            "tcp" => Transport::Tcp,
            _ => return Err(wrong("the scheme must be udp or tcp")),
        };
        let address = address(rest, PLAIN_PORT).ok_or_else(|| {
            wrong("it needs an address with a port, such as 192.0.2.53:53 or [2001:db8::53]:53")
        })?;
        Ok(Self { address, transport })
    }
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
