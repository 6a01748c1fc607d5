//! The limits, and whom each counts.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use cairn_types::{AccountId, Identifier};
use serde::Deserialize;

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LimitName {
    /// New accounts from one IPv4 address or one IPv6 /64, which is what one subscriber line has.
    NewAccountsPerAddress,
    /// New orders of one account.
    NewOrdersPerAccount,
    /// Authorizations that one account asked for ahead of orders (RFC 8555 section 7.4.1).
    NewAuthorizationsPerAccount,
    /// Failed validations of one identifier by one account.
    FailedValidationsPerAccountAndName,
}

impl LimitName {
    /// Every limit.
    pub const ALL: [Self; 4] = [
        Self::NewAccountsPerAddress,
        Self::NewOrdersPerAccount,
        Self::NewAuthorizationsPerAccount,
        Self::FailedValidationsPerAccountAndName,
    ];

    /// The name in configurations, metrics and stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NewAccountsPerAddress => "newAccountsPerAddress",
            Self::NewOrdersPerAccount => "newOrdersPerAccount",
            Self::NewAuthorizationsPerAccount => "newAuthorizationsPerAccount",
            Self::FailedValidationsPerAccountAndName => "failedValidationsPerAccountAndName",
        }
    }

    /// What there was too much of, for the client.
    pub(crate) const fn excess(self) -> &'static str {
        match self {
            Self::NewAccountsPerAddress => "too many new accounts from this address",
            Self::NewOrdersPerAccount => "too many new orders by this account",
            Self::NewAuthorizationsPerAccount => "too many new authorizations by this account",
            Self::FailedValidationsPerAccountAndName => {
                "too many failed validations of an identifier by this account"
            }
        }
    }
}

/// One limit for one subject.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket {
    name: LimitName,
    subject: String,
}

impl Bucket {
    /// New accounts from an address.
    pub fn new_accounts(address: IpAddr) -> Self {
        let subject = match subscriber(address) {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(network) => format!("{network}/64"),
        };
        Self {
            name: LimitName::NewAccountsPerAddress,
            subject,
        }
    }

    /// New orders of an account.
    pub fn new_orders(account: AccountId) -> Self {
        Self {
            name: LimitName::NewOrdersPerAccount,
            subject: account.to_string(),
        }
    }

    /// Authorizations that an account asked for ahead of orders.
    pub fn new_authorizations(account: AccountId) -> Self {
        Self {
            name: LimitName::NewAuthorizationsPerAccount,
            subject: account.to_string(),
        }
    }

    /// Failed validations of an identifier, or of its wildcard, by an account.
    pub fn failed_validations(account: AccountId, identifier: &Identifier) -> Self {
        Self {
            name: LimitName::FailedValidationsPerAccountAndName,
            subject: format!("{account}:{}", identifier.base()),
        }
    }

    /// The limit.
    pub const fn name(&self) -> LimitName {
        self.name
    }
}

/// What stands for all addresses of one subscriber line: an IPv4 address itself, the /64 of an IPv6 address.
pub fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// The key in stores that are shared: `LIMIT:SUBJECT`.
impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name.as_str(), self.subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_they_are_read() {
        #[derive(Deserialize)]
        struct File {
            name: LimitName,
        }
        for name in LimitName::ALL {
            let file: File = toml::from_str(&format!("name = {:?}", name.as_str())).unwrap();
            assert_eq!(file.name, name);
        }
    }

    #[test]
    fn subjects_are_what_a_subscriber_holds() {
        for (address, key) in [
            ("192.0.2.1", "newAccountsPerAddress:192.0.2.1"),
            ("::ffff:192.0.2.1", "newAccountsPerAddress:192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "newAccountsPerAddress:2001:db8:1:2::/64"),
        ] {
            assert_eq!(Bucket::new_accounts(address.parse().unwrap()).to_string(), key);
        }
        let account: AccountId = "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap();
        let name = Identifier::parse("dns", "*.example.org").unwrap();
        assert_eq!(
            Bucket::failed_validations(account, &name).to_string(),
            "failedValidationsPerAccountAndName:0192f0c1-2345-7abc-8def-0123456789ab:example.org"
        );
        assert_eq!(
            Bucket::new_authorizations(account).to_string(),
            "newAuthorizationsPerAccount:0192f0c1-2345-7abc-8def-0123456789ab"
        );
        assert_eq!(
            Bucket::new_orders(account).to_string(),
            "newOrdersPerAccount:0192f0c1-2345-7abc-8def-0123456789ab"
        );
    }
}
