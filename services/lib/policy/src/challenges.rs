//! Which challenges are offered for which identifier.

use cairn_types::{ChallengeType, Identifier};

/// The challenge types that are offered for an identifier as it was ordered, `*.` included.
pub fn offered(identifier: &Identifier) -> Vec<ChallengeType> {
    ChallengeType::ALL
        .iter()
        .copied()
        .filter(|method| method.may_prove(identifier))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        use ChallengeType::{Dns01, DnsAccount01, DnsPersist01, Http01, TlsAlpn01};
        for (kind, value, methods) in [
            (
                "dns",
                "example.org",
                &[Http01, Dns01, TlsAlpn01, DnsAccount01, DnsPersist01][..],
            ),
            ("dns", "*.example.org", &[Dns01, DnsAccount01, DnsPersist01]),
            ("ip", "192.0.2.1", &[Http01, TlsAlpn01]),
            ("ip", "2001:db8::1", &[Http01, TlsAlpn01]),
        ] {
            assert_eq!(
                offered(&Identifier::parse(kind, value).unwrap()),
                methods,
                "{value}"
            );
        }
    }
}
