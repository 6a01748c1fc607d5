//! Which addresses a validation may contact.

use std::net::IpAddr;

use serde::Deserialize;

use super::special_use::block_of;

/// A class of special-use addresses that an operator may allow. Link-local addresses, under which clouds
/// serve their metadata, and all other special blocks can never be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressClass {
    /// `127.0.0.0/8` and `::1`; for a stack that validates its own machine only.
    Loopback,
    /// RFC 1918 and `fc00::/7`, for an internal CA.
    Private,
    /// `100.64.0.0/10`.
    Shared,
}

/// The special-use addresses that may be contacted all the same.
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
        match block_of(address) {
            None => Ok(()),
            Some((_, Some(class))) if self.allowed.contains(&class) => Ok(()),
            Some((name, _)) => Err(name),
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
        assert_eq!(check(&all, "169.254.169.254"), Err("link local"));
        assert_eq!(check(&all, "::ffff:10.0.0.1"), Err("IPv4-mapped"));
    }
}
