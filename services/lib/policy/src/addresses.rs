//! Ranges of IP addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Why a text is not a range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a range of addresses such as \"10.0.0.0/8\" or \"fd00::/8\", with no bits set beyond its length"
)]
pub struct NetworkError(String);

/// A range of addresses: those that share the first bits with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    length: u8,
}

impl Network {
    const fn v4(a: u8, b: u8, c: u8, length: u8) -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::new(a, b, c, 0)),
            length,
        }
    }

    const fn v6(a: u16, b: u16, c: u16, length: u8) -> Self {
        Self {
            address: IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)),
            length,
        }
    }

    /// Whether the address is in the range. An IPv4 range has no IPv6 addresses, mapped ones included.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let differing = u32::from(base) ^ u32::from(address);
                differing.checked_shr(32 - u32::from(self.length)).unwrap_or(0) == 0
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let differing = u128::from(base) ^ u128::from(address);
                differing.checked_shr(128 - u32::from(self.length)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let fault = || NetworkError(text.to_owned());
        let (address, length) = text.split_once('/').ok_or_else(fault)?;
        let address = address.parse::<IpAddr>().map_err(|_| fault())?;
        let length = length.parse::<u8>().map_err(|_| fault())?;
        let beyond = match address {
            IpAddr::V4(base) if length <= 32 => u32::from(base).checked_shl(length.into()).unwrap_or(0) != 0,
            IpAddr::V6(base) if length <= 128 => {
                u128::from(base).checked_shl(length.into()).unwrap_or(0) != 0
            }
            _ => true,
        };
        if beyond {
            Err(fault())
        } else {
            Ok(Self { address, length })
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

impl<'de> serde::Deserialize<'de> for Network {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// The ranges of the IANA special-purpose registry (RFC 6890) that are not globally reachable, and multicast.
const SPECIAL_V4: [Network; 15] = [
    Network::v4(0, 0, 0, 8),
    Network::v4(10, 0, 0, 8),
    Network::v4(100, 64, 0, 10),
    Network::v4(127, 0, 0, 8),
    Network::v4(169, 254, 0, 16),
    Network::v4(172, 16, 0, 12),
    Network::v4(192, 0, 0, 24),
    Network::v4(192, 0, 2, 24),
    Network::v4(192, 88, 99, 24),
    Network::v4(192, 168, 0, 16),
    Network::v4(198, 18, 0, 15),
    Network::v4(198, 51, 100, 24),
    Network::v4(203, 0, 113, 24),
    Network::v4(224, 0, 0, 4),
    Network::v4(240, 0, 0, 4),
];

/// The only IPv6 addresses that are allocated to hosts of the Internet (RFC 4291 section 2.4).
const GLOBAL_V6: Network = Network::v6(0x2000, 0, 0, 3);

/// The special-purpose ranges within [`GLOBAL_V6`].
const SPECIAL_V6: [Network; 4] = [
    Network::v6(0x2001, 0, 0, 23),
    Network::v6(0x2001, 0xdb8, 0, 32),
    Network::v6(0x2002, 0, 0, 16),
    Network::v6(0x3fff, 0, 0, 20),
];

/// Whether the address is not an ordinary address of the Internet: private, loopback, documentation,
/// multicast or reserved in any other way (CA/B BR 4.2.2 forbids certificates for these).
pub fn is_special_purpose(address: IpAddr) -> bool {
    let within = |networks: &[Network]| networks.iter().any(|network| network.contains(address));
    match address {
        IpAddr::V4(_) => within(&SPECIAL_V4),
        IpAddr::V6(_) => !GLOBAL_V6.contains(address) || within(&SPECIAL_V6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_addresses() {
        for (text, special) in [
            ("127.0.0.1", true),
            ("10.255.255.255", true),
            ("11.0.0.0", false),
            ("172.31.255.255", true),
            ("172.32.0.0", false),
            ("255.255.255.255", true),
            ("8.8.8.8", false),
            ("::1", true),
            ("::ffff:8.8.8.8", true),
            ("fe80::1", true),
            ("fd00::1", true),
            ("ff02::1", true),
            ("2001:db8::1", true),
            ("2001:4860:4860::8888", false),
        ] {
            assert_eq!(is_special_purpose(text.parse().unwrap()), special, "{text}");
        }
    }

    #[test]
    fn ranges() {
        for (range, inside, outside) in [
            ("10.0.0.0/8", "10.1.2.3", "11.0.0.0"),
            ("192.0.2.7/32", "192.0.2.7", "192.0.2.6"),
            ("0.0.0.0/0", "255.0.0.1", "::"),
            ("::/0", "ff::", "0.0.0.0"),
            ("fd00::/8", "fdff::1", "fe00::"),
            ("::1/128", "::1", "::2"),
        ] {
            let network: Network = range.parse().unwrap();
            assert_eq!(network.to_string(), range);
            assert!(network.contains(inside.parse().unwrap()), "{range} {inside}");
            assert!(!network.contains(outside.parse().unwrap()), "{range} {outside}");
        }
        for text in [
            "",
            "10.0.0.0",
            "10.0.0.1/8",
            "10.0.0.0/33",
            "::/129",
            "::1/64",
            "x/8",
            "10.0.0.0/-1",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
