//! The special-purpose address registries of IANA (RFC 6890), as of [`REGISTRY_DATE`].
//!
//! <https://www.iana.org/assignments/iana-ipv4-special-registry/> and
//! <https://www.iana.org/assignments/iana-ipv6-special-registry/>, with the multicast blocks and, for IPv6,
//! everything outside global unicast space (RFC 4291 section 2.4) added. Addresses that carry an IPv4 address within
//! (mapped, translated, 6to4, Teredo) are special whatever they carry. Before all of them come the addresses at which
//! clouds serve metadata, and with it the credentials of the machine that asks.

use std::net::IpAddr;

use serde::Deserialize;

use crate::Network;

/// The day as of which the registries are embedded. Their newest entries then: `100:0:0:1::/64` (RFC 9780),
/// `3fff::/20` (RFC 9637), `5f00::/16` (RFC 9602) and `2001:30::/28` (RFC 9374).
pub const REGISTRY_DATE: &str = "2026-11-23";

/// A class of special-purpose addresses that a private network may use among its own hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressClass {
    /// `127.0.0.0/8` and `::1`.
    Loopback,
    /// RFC 1918 and `fc00::/7`.
    Private,
    /// `100.64.0.0/10`.
    Shared,
}

/// A block of addresses that are not ordinary addresses of the Internet: private, loopback, documentation,
/// multicast or reserved in any other way. CA/B BR 4.2.2 forbids certificates for these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpecialBlock {
    network: Network,
    name: &'static str,
    class: Option<AddressClass>,
}

impl SpecialBlock {
    /// The block that the address is in; none for an ordinary address.
    pub fn of(address: IpAddr) -> Option<&'static Self> {
        BLOCKS.iter().find(|block| block.network.contains(address))
    }

    /// What the block is for, in a few words.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The class that a private network may use; none for a block that is nobody's.
    pub const fn class(&self) -> Option<AddressClass> {
        self.class
    }
}

const fn v4(octets: [u8; 4], length: u8, name: &'static str, class: Option<AddressClass>) -> SpecialBlock {
    SpecialBlock {
        network: Network::v4(octets, length),
        name,
        class,
    }
}

const fn v6(groups: [u16; 8], length: u8, name: &'static str, class: Option<AddressClass>) -> SpecialBlock {
    SpecialBlock {
        network: Network::v6(groups, length),
        name,
        class,
    }
}

const LOOPBACK: Option<AddressClass> = Some(AddressClass::Loopback);
const PRIVATE: Option<AddressClass> = Some(AddressClass::Private);
const SHARED: Option<AddressClass> = Some(AddressClass::Shared);

const METADATA: &str = "cloud metadata";

/// The first that an address is in counts.
#[rustfmt::skip]
const BLOCKS: &[SpecialBlock] = &[
    v4([168, 63, 129, 16], 32, METADATA, None),
    v4([169, 254, 169, 254], 32, METADATA, None),
    v4([100, 100, 100, 200], 32, METADATA, None),
    v4([192, 0, 0, 192], 32, METADATA, None),
    v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0], 32, METADATA, None),
    v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0], 32, METADATA, None),
    v6([0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0], 112, METADATA, None),
    v6([0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42], 128, METADATA, None),
    v4([0, 0, 0, 0], 8, "this network", None),
    v4([10, 0, 0, 0], 8, "private use", PRIVATE),
    v4([100, 64, 0, 0], 10, "shared address space", SHARED),
    v4([127, 0, 0, 0], 8, "loopback", LOOPBACK),
    v4([169, 254, 0, 0], 16, "link local", None),
    v4([172, 16, 0, 0], 12, "private use", PRIVATE),
    v4([192, 0, 0, 0], 24, "IETF protocol assignments", None),
    v4([192, 0, 2, 0], 24, "documentation", None),
    v4([192, 31, 196, 0], 24, "AS112", None),
    v4([192, 52, 193, 0], 24, "AMT", None),
    v4([192, 88, 99, 0], 24, "6to4 relay anycast", None),
    v4([192, 168, 0, 0], 16, "private use", PRIVATE),
    v4([192, 175, 48, 0], 24, "AS112", None),
    v4([198, 18, 0, 0], 15, "benchmarking", None),
    v4([198, 51, 100, 0], 24, "documentation", None),
    v4([203, 0, 113, 0], 24, "documentation", None),
    v4([224, 0, 0, 0], 4, "multicast", None),
    v4([240, 0, 0, 0], 4, "reserved", None),
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128, "loopback", LOOPBACK),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128, "unspecified", None),
    v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, "IPv4-mapped", None),
    v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, "IPv4-IPv6 translation", None),
    v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, "IPv4-IPv6 translation", None),
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "discard only", None),
    v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64, "dummy prefix", None),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, "Teredo", None),
    v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48, "benchmarking", None),
    v6([0x2001, 0x10, 0, 0, 0, 0, 0, 0], 28, "ORCHID", None),
    v6([0x2001, 0x20, 0, 0, 0, 0, 0, 0], 28, "ORCHIDv2", None),
    v6([0x2001, 0x30, 0, 0, 0, 0, 0, 0], 28, "drone remote id", None),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "IETF protocol assignments", None),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "documentation", None),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "6to4", None),
    v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48, "AS112", None),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "documentation", None),
    v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, "segment routing SIDs", None),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "unique local", PRIVATE),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link local", None),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast", None),
    // All that is not in 2000::/3.
    v6([0, 0, 0, 0, 0, 0, 0, 0], 3, "not global unicast", None),
    v6([0x4000, 0, 0, 0, 0, 0, 0, 0], 2, "not global unicast", None),
    v6([0x8000, 0, 0, 0, 0, 0, 0, 0], 1, "not global unicast", None),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_their_blocks() {
        for (address, name) in [
            ("0.0.0.0", "this network"),
            ("10.255.255.255", "private use"),
            ("100.64.0.1", "shared address space"),
            ("127.255.0.1", "loopback"),
            ("169.254.169.254", "cloud metadata"),
            ("169.254.0.1", "link local"),
            ("168.63.129.16", "cloud metadata"),
            ("100.100.100.200", "cloud metadata"),
            ("192.0.0.192", "cloud metadata"),
            ("fd00:ec2::254", "cloud metadata"),
            ("fd00:ec2::23", "cloud metadata"),
            ("fd20:ce::254", "cloud metadata"),
            ("fd00:c1::a9fe:a9fe", "cloud metadata"),
            ("fd00:42::42", "cloud metadata"),
            ("192.0.0.9", "IETF protocol assignments"),
            ("192.88.99.2", "6to4 relay anycast"),
            ("198.19.255.255", "benchmarking"),
            ("203.0.113.1", "documentation"),
            ("172.31.255.255", "private use"),
            ("192.168.0.1", "private use"),
            ("192.31.196.1", "AS112"),
            ("192.52.193.1", "AMT"),
            ("192.175.48.1", "AS112"),
            ("224.0.0.1", "multicast"),
            ("255.255.255.255", "reserved"),
            ("::", "unspecified"),
            ("::1", "loopback"),
            ("::ffff:127.0.0.1", "IPv4-mapped"),
            ("::127.0.0.1", "not global unicast"),
            ("64:ff9b::7f00:1", "IPv4-IPv6 translation"),
            ("64:ff9b:1::7f00:1", "IPv4-IPv6 translation"),
            ("100::1", "discard only"),
            ("100:0:0:1::1", "dummy prefix"),
            ("2001::1", "Teredo"),
            ("2001:0:7f00:1::", "Teredo"),
            ("2001:1::1", "IETF protocol assignments"),
            ("2001:2::1", "benchmarking"),
            ("2001:10::1", "ORCHID"),
            ("2001:2f:ffff::1", "ORCHIDv2"),
            ("2001:30::1", "drone remote id"),
            ("2620:4f:8000::1", "AS112"),
            ("3fff:fff::1", "documentation"),
            ("fec0::1", "not global unicast"),
            ("2001:1ff:ffff::1", "IETF protocol assignments"),
            ("2001:db8::1", "documentation"),
            ("2002:7f00:1::", "6to4"),
            ("fd00::1", "unique local"),
            ("fe80::1", "link local"),
            ("ff02::1", "multicast"),
            ("1fff:ffff::1", "not global unicast"),
            ("4000::1", "not global unicast"),
            ("5f00::1", "segment routing SIDs"),
            ("8000::1", "not global unicast"),
        ] {
            let found = SpecialBlock::of(address.parse().unwrap()).map(SpecialBlock::name);
            assert_eq!(found, Some(name), "{address}");
        }
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "172.32.0.0",
            "168.63.129.15",
            "168.63.129.17",
            "223.255.255.255",
            "2000::1",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00::1",
            "3ffe::1",
            "3fff:1000::1",
        ] {
            assert_eq!(SpecialBlock::of(address.parse().unwrap()), None, "{address}");
        }
    }

    #[test]
    fn only_networks_of_ones_own_have_a_class() {
        for (address, class) in [
            ("127.0.0.1", LOOPBACK),
            ("::1", LOOPBACK),
            ("172.16.0.1", PRIVATE),
            ("fd00::1", PRIVATE),
            ("100.64.0.1", SHARED),
            ("169.254.169.254", None),
            ("168.63.129.16", None),
            ("100.100.100.200", None),
            ("fd00:ec2::254", None),
            ("fe80::1", None),
            ("::ffff:127.0.0.1", None),
        ] {
            let block = SpecialBlock::of(address.parse().unwrap()).unwrap();
            assert_eq!(block.class(), class, "{address}");
        }
    }
}
