//! Challenge types, and the one table that says which may prove what.

use crate::text_enum::text_enum;
use crate::{Duration, Identifier};

text_enum! {
    /// How control over an identifier is proved.
    pub enum ChallengeType("challenge type") {
        /// RFC 8555 section 8.3.
        Http01 = "http-01",
        /// RFC 8555 section 8.4.
        Dns01 = "dns-01",
        /// RFC 8737.
        TlsAlpn01 = "tls-alpn-01",
        /// draft-ietf-acme-dns-account-label.
        DnsAccount01 = "dns-account-01",
        /// draft-ietf-acme-dns-persist.
        DnsPersist01 = "dns-persist-01",
    }
}

/// What a challenge type may be used for.
#[expect(
    clippy::struct_excessive_bools,
    reason = "it is the row of a table of yes and no"
)]
struct Row {
    method: ChallengeType,
    /// A domain name.
    name: bool,
    /// All names directly below one.
    wildcard: bool,
    /// An IP address.
    address: bool,
    /// For how long a validation may be used, where the method itself bounds that.
    reuse: Option<Duration>,
    /// Whether clients get a token to answer with.
    token: bool,
    /// Whether profiles that name no methods have it.
    default: bool,
}

const DAY: u64 = 86_400;

/// Registration authority (offers), validation authority (requests) and certificate authority (evidence) all go by
/// this table, each together with the methods of the profile.
///
/// Only a change of the zone proves control over all names below it (CA/B BR 3.2.2.4.7, .21 and .22 against .19 and
/// .20); an address has no zone of its own (RFC 8738 section 7). A record that stays proves less the longer ago it was
/// read: ten days (BR 3.2.2.4.22).
#[rustfmt::skip]
const TABLE: [Row; 5] = [
    Row { method: ChallengeType::Http01,       name: true, wildcard: false, address: true,  reuse: None, token: true, default: true },
    Row { method: ChallengeType::Dns01,        name: true, wildcard: true,  address: false, reuse: None, token: true, default: true },
    Row { method: ChallengeType::TlsAlpn01,    name: true, wildcard: false, address: true,  reuse: None, token: true, default: true },
    Row { method: ChallengeType::DnsAccount01, name: true, wildcard: true,  address: false, reuse: None, token: true, default: true },
    Row { method: ChallengeType::DnsPersist01, name: true, wildcard: true,  address: false, reuse: Some(Duration::from_secs(10 * DAY)), token: false, default: false },
];

impl ChallengeType {
    /// The types are the places of the table's rows; a test holds them together.
    const fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// Whether it may prove control over an identifier as it was ordered, `*.` included.
    pub fn may_prove(self, identifier: &Identifier) -> bool {
        let row = self.row();
        match identifier {
            Identifier::Dns(name) if name.is_wildcard() => row.wildcard,
            Identifier::Dns(_) => row.name,
            Identifier::Ip(_) => row.address,
        }
    }

    /// The longest time for which a validation may be used, whatever a profile says; none if profiles decide.
    pub const fn max_reuse(self) -> Option<Duration> {
        self.row().reuse
    }

    /// Whether clients get a token to build the answer from. A type without one is answered by a record that names
    /// the account.
    pub const fn has_token(self) -> bool {
        self.row().token
    }

    /// The types of a profile that names none: all but those that an operator has to decide for, because a record
    /// once made goes on granting certificates.
    pub fn defaults() -> Vec<Self> {
        let chosen = TABLE.iter().filter(|row| row.default);
        chosen.map(|row| row.method).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        let identifier = |kind, value| Identifier::parse(kind, value).unwrap();
        let columns = [
            identifier("dns", "example.org"),
            identifier("dns", "*.example.org"),
            identifier("ip", "192.0.2.1"),
            identifier("ip", "2001:db8::1"),
        ];
        let yes = |is: bool| if is { "yes" } else { "-" };
        let mut table =
            vec!["               | name | wildcard | IPv4 | IPv6 | reuse | token | default".to_owned()];
        for method in ChallengeType::ALL {
            assert_eq!(
                method.row().method,
                *method,
                "the rows are in the order of the types"
            );
            let [name, wildcard, four, six] = columns.each_ref().map(|column| yes(method.may_prove(column)));
            let reuse = method
                .max_reuse()
                .map_or("-".to_owned(), |reuse| format!("{} d", reuse.as_secs() / DAY));
            let token = yes(method.has_token());
            let default = yes(ChallengeType::defaults().contains(method));
            let method = method.as_str();
            table.push(format!(
                "{method:<14} | {name:<4} | {wildcard:<8} | {four:<4} | {six:<4} | {reuse:<5} | {token:<5} | {default}"
            ));
        }
        let table = table.join("\n");
        println!("{table}");
        assert_eq!(
            table,
            "               | name | wildcard | IPv4 | IPv6 | reuse | token | default\n\
             http-01        | yes  | -        | yes  | yes  | -     | yes   | yes\n\
             dns-01         | yes  | yes      | -    | -    | -     | yes   | yes\n\
             tls-alpn-01    | yes  | -        | yes  | yes  | -     | yes   | yes\n\
             dns-account-01 | yes  | yes      | -    | -    | -     | yes   | yes\n\
             dns-persist-01 | yes  | yes      | -    | -    | 10 d  | -     | -"
        );
    }
}
