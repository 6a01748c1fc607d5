//! Identifiers: DNS names and IP addresses (RFC 8555 section 9.7.7, RFC 8738).

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The most identifiers one order may have.
pub const MAX_IDENTIFIERS: usize = 100;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// Neither `dns` nor `ip`.
    #[error("identifier type {0:?} is not supported; use \"dns\" or \"ip\"")]
    UnsupportedType(String),
    /// Not a domain name.
    #[error("{name:?} is not a domain name: {reason}")]
    Name {
        /// The text.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Not an IP address in its canonical form.
    #[error("{0:?} is not an IP address in canonical form (RFC 5952)")]
    Address(String),
}

/// A domain name in lower case, in A-labels, without a trailing dot, perhaps with a leading `*.`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DnsName(String);

impl DnsName {
    /// Parses a name. Letters become lower case; everything else must already be as it will stand in
    /// the certificate: LDH labels of 1 to 63 octets, 253 octets in all, A-labels that decode and
    /// re-encode to themselves, `*` only as the whole first label.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let name = text.to_ascii_lowercase();
        let base = name.strip_prefix("*.").unwrap_or(&name);
        match fault(base) {
            None if name.len() <= 253 => Ok(Self(name)),
            fault => Err(IdentifierError::Name {
                name: text.chars().take(300).collect(),
                reason: fault.unwrap_or("it is longer than 253 characters"),
            }),
        }
    }

    /// The text, with `*.` if it is a wildcard.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it starts with `*.`.
    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with("*.")
    }

    /// The text without `*.`.
    pub fn base(&self) -> &str {
        self.0.strip_prefix("*.").unwrap_or(&self.0)
    }

    /// Whether the name is `suffix` or ends in `.suffix`.
    pub fn is_under(&self, suffix: &str) -> bool {
        self.base()
            .strip_suffix(suffix)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

fn fault(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it is empty");
    }
    if name.ends_with('.') {
        return Some("it ends in a dot");
    }
    let mut last = "";
    for label in name.split('.') {
        if let Some(fault) = label_fault(label) {
            return Some(fault);
        }
        last = label;
    }
    last.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some("its last label is a number")
}

fn label_fault(label: &str) -> Option<&'static str> {
    let ldh = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if label.is_empty() {
        Some("a label is empty")
    } else if label.len() > 63 {
        Some("a label is longer than 63 characters")
    } else if !label.is_ascii() {
        Some("it has characters outside ASCII; encode it as A-labels (xn--)")
    } else if !label.bytes().all(ldh) {
        Some("a label has a character other than letters, digits and hyphens")
    } else if label.starts_with('-') || label.ends_with('-') {
        Some("a label starts or ends with a hyphen")
    } else if label.as_bytes().get(2..4) == Some(b"--") {
        a_label_fault(label)
    } else {
        None
    }
}

/// Reserved LDH labels (`??--`) are for A-labels alone, and an A-label must be the encoding of what it decodes to.
fn a_label_fault(label: &str) -> Option<&'static str> {
    if !label.starts_with("xn--") {
        return Some("a label has hyphens at its third and fourth place and is not an A-label");
    }
    let (unicode, decoded) = idna::domain_to_unicode(label);
    let same = decoded.is_ok() && idna::domain_to_ascii_strict(&unicode).is_ok_and(|ascii| ascii == label);
    (!same || unicode.is_ascii()).then_some("a label starting in xn-- is not a valid A-label")
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a certificate is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub enum Identifier {
    /// A domain name.
    Dns(DnsName),
    /// An IP address (RFC 8738).
    Ip(IpAddr),
}

#[derive(Serialize, Deserialize)]
struct Raw {
    #[serde(rename = "type")]
    kind: String,
    value: String,
}

impl Identifier {
    /// Parses an identifier object's two members.
    pub fn parse(kind: &str, value: &str) -> Result<Self, IdentifierError> {
        match kind {
            "dns" => DnsName::parse(value).map(Self::Dns),
            "ip" => value
                .parse::<IpAddr>()
                .ok()
                .filter(|address| address.to_string() == value)
                .map(Self::Ip)
                .ok_or_else(|| IdentifierError::Address(value.chars().take(100).collect())),
            other => Err(IdentifierError::UnsupportedType(other.chars().take(64).collect())),
        }
    }

    /// The `type` member.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Dns(_) => "dns",
            Self::Ip(_) => "ip",
        }
    }

    /// The `value` member.
    pub fn value(&self) -> String {
        match self {
            Self::Dns(name) => name.as_str().to_owned(),
            Self::Ip(address) => address.to_string(),
        }
    }

    /// Whether it is a wildcard name.
    pub fn is_wildcard(&self) -> bool {
        matches!(self, Self::Dns(name) if name.is_wildcard())
    }

    /// The identifier without `*.`, as authorizations hold it.
    #[must_use]
    pub fn base(&self) -> Self {
        match self {
            Self::Dns(name) => Self::Dns(DnsName(name.base().to_owned())),
            Self::Ip(address) => Self::Ip(*address),
        }
    }

    /// The identifier with `*.`; an address stays as it is.
    #[must_use]
    pub fn to_wildcard(&self) -> Self {
        match self {
            Self::Dns(name) => Self::Dns(DnsName(format!("*.{}", name.base()))),
            Self::Ip(address) => Self::Ip(*address),
        }
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value())
    }
}

impl TryFrom<Raw> for Identifier {
    type Error = IdentifierError;

    fn try_from(raw: Raw) -> Result<Self, IdentifierError> {
        Self::parse(&raw.kind, &raw.value)
    }
}

impl From<Identifier> for Raw {
    fn from(identifier: Identifier) -> Self {
        Self {
            kind: identifier.kind().to_owned(),
            value: identifier.value(),
        }
    }
}

impl From<IdentifierError> for crate::Error {
    fn from(error: IdentifierError) -> Self {
        let kind = match error {
            IdentifierError::UnsupportedType(_) => crate::ErrorKind::UnsupportedIdentifier,
            IdentifierError::Name { .. } | IdentifierError::Address(_) => crate::ErrorKind::Malformed,
        };
        Self::new(kind, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn good_names() {
        for (text, kept) in [
            ("example.org", "example.org"),
            ("EXAMPLE.org", "example.org"),
            ("*.Example.org", "*.example.org"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("localhost", "localhost"),
            ("1.2.3.example", "1.2.3.example"),
        ] {
            assert_eq!(DnsName::parse(text).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn bad_names() {
        let long_label = format!("{}.org", "a".repeat(64));
        let long_name = format!("{}org", "abcdefghi.".repeat(26));
        for text in [
            "",
            ".",
            "a..b",
            "example.org.",
            "-a.org",
            "a-.org",
            "a_b.org",
            "*",
            "*.",
            "a.*.org",
            "**.org",
            "*.*.org",
            "bücher.example",
            "xn--.org",
            "xn--a.org",
            "xn--bcher-kvA9.example",
            "ab--cd.org",
            "1.2.3.4",
            "example.123",
            "exa mple.org",
            "a\0.org",
            "example.org\n",
            "[::1]",
            &long_label,
            &long_name,
        ] {
            assert!(DnsName::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn addresses_are_canonical_only() {
        for text in ["127.0.0.1", "::1", "2001:db8::1"] {
            assert_eq!(Identifier::parse("ip", text).unwrap().value(), text);
        }
        for text in [
            "127.0.0.01",
            "127.1",
            "2001:DB8::1",
            "2001:db8:0::1",
            "::ffff:1.2.3.4%1",
            "",
        ] {
            assert!(Identifier::parse("ip", text).is_err(), "{text}");
        }
        assert!(matches!(
            Identifier::parse("email", "a@b"),
            Err(IdentifierError::UnsupportedType(_))
        ));
    }

    #[test]
    fn suffixes_end_at_dots() {
        let name = DnsName::parse("*.shop.test").unwrap();
        assert!(name.is_under("test") && name.is_under("shop.test"));
        assert!(!name.is_under("op.test") && !name.is_under("x.shop.test"));
    }

    proptest! {
        #[test]
        fn whatever_parses_is_stable(text in "\\PC{0,40}") {
            if let Ok(name) = DnsName::parse(&text) {
                prop_assert_eq!(DnsName::parse(name.as_str()).unwrap(), name);
            }
        }
    }
}
