//! A small hierarchy for the tests of this crate.

use cairn_types::{Clock, Duration, Identifier, KeyType, Rng, Serial, Timestamp};

use crate::authority::{self, Authority, AuthorityName};
use crate::{Issuer, IssuerUrls, Sign, SoftwareKey, Validity};

pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

/// Stands still at [`NOW`] and fills with a constant.
pub(crate) struct Fixed(pub(crate) u8);

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        NOW
    }
}

impl Rng for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

pub(crate) fn serial(seed: u8) -> Serial {
    Serial::new(0x11, &Fixed(seed), &Fixed(seed)).unwrap()
}

pub(crate) fn years(count: u64) -> Validity {
    Validity {
        not_before: NOW - Duration::from_secs(3600),
        not_after: NOW + Duration::from_secs(count * 365 * 86_400),
    }
}

pub(crate) fn name(common_name: &str) -> AuthorityName {
    AuthorityName {
        country: Some("IS".to_owned()),
        organization: "Stones & Sons".to_owned(),
        common_name: common_name.to_owned(),
    }
}

pub(crate) struct Hierarchy {
    pub(crate) root: Vec<u8>,
    pub(crate) issuer: Issuer,
}

pub(crate) fn urls() -> IssuerUrls {
    IssuerUrls {
        ca_issuers: Some("http://ca.test/issuer/1".to_owned()),
        crl: Some("http://ca.test/crl/1".to_owned()),
    }
}

pub(crate) fn hierarchy(kind: KeyType) -> Hierarchy {
    let root_key = SoftwareKey::generate(kind).unwrap();
    let root = authority::root(&name("Root"), &root_key, serial(1), years(30)).unwrap();
    let key = SoftwareKey::generate(kind).unwrap();
    let parent = Authority {
        certificate: &root,
        key: &root_key,
    };
    let certificate = authority::intermediate(
        &name("Issuing"),
        key.public_key(),
        parent,
        serial(2),
        years(5),
        &urls(),
    )
    .unwrap();
    let issuer = Issuer::new(&certificate, Box::new(key), urls()).unwrap();
    Hierarchy { root, issuer }
}

pub(crate) fn identifiers(values: &[&str]) -> Vec<Identifier> {
    let parse = |value: &&str| {
        let kind = if value.parse::<std::net::IpAddr>().is_ok() {
            "ip"
        } else {
            "dns"
        };
        Identifier::parse(kind, value).unwrap()
    };
    let mut list = values.iter().map(parse).collect::<Vec<_>>();
    list.sort();
    list
}
