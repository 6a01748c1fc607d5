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
    pub(crate) const fn v4([a, b, c, d]: [u8; 4], length: u8) -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
            length,
        }
    }

    pub(crate) const fn v6(groups: [u16; 8], length: u8) -> Self {
        let mut bits = 0;
        let mut index = 0;
        while index < groups.len() {
            bits = bits << 16 | groups[index] as u128;
            index += 1;
        }
        Self {
            address: IpAddr::V6(Ipv6Addr::from_bits(bits)),
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

#[cfg(test)]
mod tests {
    use super::*;

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
