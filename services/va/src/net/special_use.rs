//! The special-purpose address registries of IANA, with entries up to RFC 9780 (2025).
//!
//! <https://www.iana.org/assignments/iana-ipv4-special-registry/> and
//! <https://www.iana.org/assignments/iana-ipv6-special-registry/>, with the multicast blocks and, for IPv6,
//! everything outside global unicast space added.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::AddressClass;

/// A block of addresses that no validation may contact, unless its class is allowed.
pub(super) struct Block<A> {
    first: A,
    prefix: u32,
    pub(super) name: &'static str,
    /// The class that an operator may allow; none if the block is never contacted.
    pub(super) class: Option<AddressClass>,
}

const fn v4(
    octets: [u8; 4],
    prefix: u32,
    name: &'static str,
    class: Option<AddressClass>,
) -> Block<Ipv4Addr> {
    let [a, b, c, d] = octets;
    Block {
        first: Ipv4Addr::new(a, b, c, d),
        prefix,
        name,
        class,
    }
}

const fn v6(
    groups: [u16; 8],
    prefix: u32,
    name: &'static str,
    class: Option<AddressClass>,
) -> Block<Ipv6Addr> {
    let mut bits = 0;
    let mut index = 0;
    while index < groups.len() {
        bits = bits << 16 | groups[index] as u128;
        index += 1;
    }
    Block {
        first: Ipv6Addr::from_bits(bits),
        prefix,
        name,
        class,
    }
}

const LOOPBACK: Option<AddressClass> = Some(AddressClass::Loopback);
const PRIVATE: Option<AddressClass> = Some(AddressClass::Private);
const SHARED: Option<AddressClass> = Some(AddressClass::Shared);

const IPV4: &[Block<Ipv4Addr>] = &[
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
];

const IPV6: &[Block<Ipv6Addr>] = &[
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128, "loopback", LOOPBACK),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128, "unspecified", None),
    v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, "IPv4-mapped", None),
    v6(
        [0x64, 0xff9b, 0, 0, 0, 0, 0, 0],
        96,
        "IPv4-IPv6 translation",
        None,
    ),
    v6(
        [0x64, 0xff9b, 1, 0, 0, 0, 0, 0],
        48,
        "IPv4-IPv6 translation",
        None,
    ),
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "discard only", None),
    v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64, "dummy prefix", None),
    v6(
        [0x2001, 0, 0, 0, 0, 0, 0, 0],
        23,
        "IETF protocol assignments",
        None,
    ),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "documentation", None),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "6to4", None),
    v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48, "AS112", None),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "documentation", None),
    v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, "segment routing SIDs", None),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "unique local", PRIVATE),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link local", None),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast", None),
];

/// The name and class of the special block that an address is in; none for an ordinary address.
pub(super) fn block_of(address: IpAddr) -> Option<(&'static str, Option<AddressClass>)> {
    match address {
        IpAddr::V4(address) => IPV4
            .iter()
            .find(|block| (u32::from(address) ^ u32::from(block.first)) >> (32 - block.prefix) == 0)
            .map(|block| (block.name, block.class)),
        IpAddr::V6(address) => {
            let within = |block: &&Block<Ipv6Addr>| {
                (u128::from(address) ^ u128::from(block.first)) >> (128 - block.prefix) == 0
            };
            let global_unicast = address.segments()[0] >> 13 == 1;
            IPV6.iter()
                .find(within)
                .map(|block| (block.name, block.class))
                .or((!global_unicast).then_some(("not global unicast", None)))
        }
    }
}

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
            ("169.254.169.254", "link local"),
            ("172.31.255.255", "private use"),
            ("192.168.0.1", "private use"),
            ("224.0.0.1", "multicast"),
            ("255.255.255.255", "reserved"),
            ("::", "unspecified"),
            ("::1", "loopback"),
            ("::ffff:127.0.0.1", "IPv4-mapped"),
            ("::127.0.0.1", "not global unicast"),
            ("64:ff9b::7f00:1", "IPv4-IPv6 translation"),
            ("2001::1", "IETF protocol assignments"),
            ("2001:1ff:ffff::1", "IETF protocol assignments"),
            ("2001:db8::1", "documentation"),
            ("2002:7f00:1::", "6to4"),
            ("fd00::1", "unique local"),
            ("fe80::1", "link local"),
            ("ff02::1", "multicast"),
            ("4000::1", "not global unicast"),
        ] {
            let found = block_of(address.parse().unwrap()).map(|(name, _)| name);
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
            "223.255.255.255",
            "2001:200::1",
            "2606:4700::1111",
            "2a00::1",
            "3ffe::1",
        ] {
            assert_eq!(block_of(address.parse().unwrap()), None, "{address}");
        }
    }
}
