//! Which addresses a validation may contact.

use std::net::IpAddr;

use cairn_policy::{AddressClass, SpecialBlock};

/// The special-purpose addresses that may be contacted all the same, by class. Link-local addresses, under which
/// clouds serve their metadata, and all others without a class are never contacted.
#[derive(Debug, Clone, Default)]
pub(crate) struct AddressPolicy {
    allowed: Vec<AddressClass>,
}

impl AddressPolicy {
    pub(crate) fn new(allowed: Vec<AddressClass>) -> Self {
        Self { allowed }
    }

    /// Whether the address may be contacted; if not, the error says in which block it is.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), &'static str> {
        let Some(block) = SpecialBlock::of(address) else {
            return Ok(());
        };
        match block.class() {
            Some(class) if self.allowed.contains(&class) => Ok(()),
            _ => Err(block.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_allowed_and_never_link_local() {
        let check = |allowed: &[AddressClass], address: &str| {
            AddressPolicy::new(allowed.to_vec()).check(address.parse().unwrap())
        };
        let all = [
            AddressClass::Loopback,
            AddressClass::Private,
            AddressClass::Shared,
        ];
        assert_eq!(check(&[], "8.8.8.8"), Ok(()));
        assert_eq!(check(&[], "127.0.0.1"), Err("loopback"));
        assert_eq!(check(&[AddressClass::Loopback], "::1"), Ok(()));
        assert_eq!(check(&[AddressClass::Loopback], "10.0.0.1"), Err("private use"));
        assert_eq!(check(&all, "10.0.0.1"), Ok(()));
        assert_eq!(check(&all, "100.64.0.1"), Ok(()));
        for address in [
            "169.254.169.254",
            "168.63.129.16",
            "100.100.100.200",
            "fd00:ec2::254",
        ] {
            assert_eq!(check(&all, address), Err("cloud metadata"), "{address}");
        }
        assert_eq!(check(&all, "169.254.0.1"), Err("link local"));
        assert_eq!(check(&all, "fd00:ec2:1::1"), Err("cloud metadata"));
        assert_eq!(check(&all, "fd00:ec3::254"), Ok(()));
        assert_eq!(check(&all, "::ffff:10.0.0.1"), Err("IPv4-mapped"));
    }
}
