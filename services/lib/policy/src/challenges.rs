//! Which challenge may prove control over which identifier.

use cairn_types::{ChallengeType, Identifier};

/// The challenge types that are offered for an identifier as it was ordered, `*.` included.
pub fn offered(identifier: &Identifier) -> Vec<ChallengeType> {
    ChallengeType::ALL
        .iter()
        .copied()
        .filter(|method| may_prove(*method, identifier))
        .collect()
}

/// Whether a challenge of this type may prove control over an identifier as it was ordered. Only a
/// change of the zone proves control over all names below it (CA/B BR 3.2.2.4.7, .19 and .20); an
/// address has no zone of its own (RFC 8738 section 7).
pub fn may_prove(method: ChallengeType, identifier: &Identifier) -> bool {
    match (method, identifier) {
        (ChallengeType::Dns01, Identifier::Dns(_))
        | (ChallengeType::Http01 | ChallengeType::TlsAlpn01, Identifier::Ip(_)) => true,
        (ChallengeType::Http01 | ChallengeType::TlsAlpn01, Identifier::Dns(name)) => !name.is_wildcard(),
        (ChallengeType::Dns01, Identifier::Ip(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        use ChallengeType::{Dns01, Http01, TlsAlpn01};
        for (kind, value, methods) in [
            ("dns", "example.org", &[Http01, Dns01, TlsAlpn01][..]),
            ("dns", "*.example.org", &[Dns01]),
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
