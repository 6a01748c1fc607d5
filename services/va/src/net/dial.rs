//! Connecting: resolve, check, connect to exactly the address that was checked.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use cairn_types::{DnsName, ErrorKind};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{AddressPolicy, Bounded};
use crate::dns::Dns;
use crate::refusal::Refusal;
use crate::trace::Trace;

/// Whom to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    Name(DnsName),
    Address(IpAddr),
}

impl fmt::Display for Host {
    /// As in a URL: an IPv6 address in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// Makes every connection that a validation needs, so that none escapes the address check.
pub(crate) struct Dialer {
    dns: Dns,
    policy: AddressPolicy,
    connect_timeout: Duration,
}

impl Dialer {
    pub(crate) fn new(dns: Dns, policy: AddressPolicy, connect_timeout: Duration) -> Self {
        Self {
            dns,
            policy,
            connect_timeout,
        }
    }

    pub(crate) fn dns(&self) -> &Dns {
        &self.dns
    }

    /// Connects to the host's first IPv6 address, or, if there is none or it does not answer, to its
    /// first IPv4 address.
    pub(crate) async fn connect(
        &self,
        host: &Host,
        port: u16,
        trace: &mut Trace,
    ) -> Result<Bounded, Refusal> {
        let addresses = match host {
            Host::Address(address) => vec![*address],
            Host::Name(name) => self.dns.addresses(name, trace).await?,
        };
        trace.resolved(&addresses);
        let permitted = self.permitted(&addresses, host, trace)?;
        let first = |wanted: fn(&IpAddr) -> bool| permitted.iter().copied().find(wanted);
        let candidates = [first(IpAddr::is_ipv6), first(IpAddr::is_ipv4)];
        let mut failures = Vec::new();
        for address in candidates.into_iter().flatten() {
            let target = SocketAddr::new(address, port);
            trace.contacted(target);
            trace.doing(format!("connecting to {target}"));
            let failure = match timeout(self.connect_timeout, TcpStream::connect(target)).await {
                Ok(Ok(stream)) => {
                    trace.step(format!("connected to {target}"));
                    // Requests are one segment each; a failure costs only speed.
                    let _ = stream.set_nodelay(true);
                    return Ok(Bounded::new(stream));
                }
                Ok(Err(error)) => cause(&error),
                Err(_) => format!("no answer within {:?}", self.connect_timeout),
            };
            trace.step(format!("could not connect to {target}: {failure}"));
            failures.push(format!("{target}: {failure}"));
        }
        Err(Refusal::transient(
            ErrorKind::Connection,
            format!("no connection to {host} ({})", failures.join(", ")),
        )
        .remedy(|| {
            let six = matches!(host, Host::Name(_)) && permitted.iter().any(IpAddr::is_ipv6);
            let or = if six {
                "; take its AAAA record away if IPv6 does not work there"
            } else {
                ""
            };
            format!(
                "Make a server for {host} reachable from the CA on TCP port {port}, and look for firewalls between{or}"
            )
        }))
    }

    fn permitted(
        &self,
        addresses: &[IpAddr],
        host: &Host,
        trace: &mut Trace,
    ) -> Result<Vec<IpAddr>, Refusal> {
        let mut permitted = Vec::new();
        let mut refused = Vec::new();
        for address in addresses {
            match self.policy.check(*address) {
                Ok(()) => permitted.push(*address),
                Err(block) => refused.push(format!("{address} ({block})")),
            }
        }
        if !refused.is_empty() {
            trace.step(format!("left out special-use addresses {}", refused.join(", ")));
        }
        if permitted.is_empty() {
            let refused = crate::text::clean(&refused.join(", "), 300);
            let refuse = |what| Refusal::new(ErrorKind::Connection, what);
            return Err(match host {
                Host::Name(name) => refuse(format!(
                    "{name} has only addresses that this CA does not contact: {refused}"
                ))
                .remedy(|| {
                    format!(
                        "Give {name} an address that the CA may reach, or use dns-01, which contacts none"
                    )
                }),
                Host::Address(_) => refuse(format!("this CA does not contact addresses such as {refused}"))
                    .remedy(|| {
                        "Only the operator of this CA could allow some of them, in its configuration"
                            .to_owned()
                    }),
            });
        }
        Ok(permitted)
    }
}

/// The reason of a connection failure in words, without the operating system's error number.
fn cause(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        std::io::ErrorKind::ConnectionReset => "connection reset".to_owned(),
        std::io::ErrorKind::HostUnreachable => "host unreachable".to_owned(),
        std::io::ErrorKind::NetworkUnreachable => "network unreachable".to_owned(),
        kind => kind.to_string(),
    }
}
