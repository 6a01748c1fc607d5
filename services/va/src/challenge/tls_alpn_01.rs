//! tls-alpn-01 (RFC 8737, RFC 8738 section 4): a certificate made for the challenge, in a TLS handshake.

mod certificate;

use std::net::IpAddr;
use std::pin::Pin;

use cairn_types::{ErrorKind, Identifier};
use openssl::ssl::Ssl;
use tokio_openssl::SslStream;

use super::{Challenges, Claim};
use crate::net::reason;
use crate::refusal::Refusal;
use crate::trace::Trace;

/// The only protocol that may be agreed upon.
const PROTOCOL: &str = "acme-tls/1";

pub(super) async fn perform(
    challenges: &Challenges,
    claim: &Claim<'_>,
    trace: &mut Trace,
) -> Result<(), Refusal> {
    let (host, port) = (claim.host(), challenges.tls_alpn_port);
    let remedy = || {
        format!(
            "Let port {port} of {host} answer a TLS handshake for the protocol {PROTOCOL} with a self-signed certificate \
             whose only subjectAltName is {} and whose critical extension 1.3.6.1.5.5.7.1.31 has the value `0420{}` in hexadecimal",
            claim.identifier,
            hex::encode(claim.digest())
        )
    };
    let stream = challenges
        .dialer
        .connect(&host, port, trace)
        .await
        .map_err(|refusal| refusal.remedy(remedy))?;
    let sni = server_name(claim.identifier);
    let peer = stream.peer_addr().ok();
    trace.doing(format!("waiting for the TLS handshake with {host}:{port}"));
    let internal = |error| Refusal::transient(ErrorKind::Tls, format!("TLS could not be prepared: {error}"));
    let mut ssl = Ssl::new(&challenges.tls.acme).map_err(internal)?;
    ssl.set_hostname(&sni).map_err(internal)?;
    let mut stream = SslStream::new(ssl, stream).map_err(internal)?;
    Pin::new(&mut stream).connect().await.map_err(|error| {
        let why = reason(&error);
        trace.step(format!(
            "TLS handshake for {sni}, offering the protocol {PROTOCOL}: {why}"
        ));
        Refusal::transient(
            ErrorKind::Tls,
            format!("the TLS handshake with {host}:{port} for the protocol {PROTOCOL} failed: {why}"),
        )
        .remedy(remedy)
    })?;
    let session = stream.ssl();
    trace.step(format!(
        "TLS handshake for {sni}, offering the protocol {PROTOCOL}: {}",
        session.version_str()
    ));
    if session.selected_alpn_protocol() != Some(PROTOCOL.as_bytes()) {
        return Err(Refusal::new(
            ErrorKind::Tls,
            format!("the server at {host}:{port} did not agree to the protocol {PROTOCOL}, which it seems not to know"),
        )
        .remedy(remedy));
    }
    let certificate = session.peer_certificate().ok_or_else(|| {
        Refusal::new(
            ErrorKind::Tls,
            format!("the server at {host}:{port} showed no certificate"),
        )
    })?;
    certificate::check(&certificate, claim.identifier, &claim.digest()).map_err(|fault| {
        let refusal = Refusal::new(
            ErrorKind::Unauthorized,
            format!(
                "the certificate that {host}:{port} showed does not prove control over {}: {fault}",
                claim.identifier
            ),
        )
        .remedy(remedy);
        match fault.difference() {
            Some((expected, found)) => refusal.expected(expected).found(found),
            None => refusal,
        }
    })?;
    trace.matched(match peer {
        Some(peer) => format!("{sni} at {peer}"),
        None => sni,
    });
    Ok(())
}

/// The name that the handshake asks for: of an address, its reverse mapping (RFC 8738 section 6).
fn server_name(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Dns(name) => name.base().to_owned(),
        Identifier::Ip(IpAddr::V4(address)) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        Identifier::Ip(IpAddr::V6(address)) => {
            let nibbles = address
                .octets()
                .into_iter()
                .rev()
                .map(|octet| format!("{:x}.{:x}.", octet & 15, octet >> 4));
            format!("{}ip6.arpa", nibbles.collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_asked_for_by_their_reverse_names() {
        let name = |address: &str| server_name(&Identifier::Ip(address.parse().unwrap()));
        assert_eq!(name("192.0.2.1"), "1.2.0.192.in-addr.arpa");
        assert_eq!(
            name("2001:db8::567:89ab"),
            "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
        );
    }
}
