//! The tables that grow, and what tells the month of a row.

use std::collections::BTreeSet;
use std::fmt;

use cairn_types::Timestamp;

use super::months::Month;
use crate::db::column::lowest_id;

/// A table whose rows leave by the month. On PostgreSQL it is partitioned by that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Table {
    Orders,
    Authorizations,
    Receipts,
    Certificates,
    Replacements,
    AuditEntries,
}

/// What tells the month of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// A column with a UUIDv7.
    Id(&'static str),
    /// The column `day`: days since 1970.
    Day,
}

impl Table {
    pub(crate) const ALL: [Self; 6] = [
        Self::Orders,
        Self::Authorizations,
        Self::Receipts,
        Self::Certificates,
        Self::Replacements,
        Self::AuditEntries,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Authorizations => "authorizations",
            Self::Receipts => "receipts",
            Self::Certificates => "certificates",
            Self::Replacements => "replacements",
            Self::AuditEntries => "audit_entries",
        }
    }

    pub(crate) const fn key(self) -> Key {
        match self {
            Self::Orders | Self::Authorizations => Key::Id("id"),
            Self::Receipts => Key::Id("authorization_id"),
            Self::AuditEntries => Key::Id("subject"),
            Self::Certificates | Self::Replacements => Key::Day,
        }
    }

    /// The column that [`Key`] is about.
    pub(crate) const fn column(self) -> &'static str {
        match self.key() {
            Key::Id(column) => column,
            Key::Day => "day",
        }
    }

    /// Whether its rows name an account, which a foreign key sees to.
    pub(crate) const fn refers_to_accounts(self) -> bool {
        matches!(self, Self::Orders | Self::Authorizations | Self::Certificates)
    }

    /// The partition of a month on PostgreSQL.
    pub(crate) fn partition(self, month: Month) -> String {
        format!("{self}_{month}")
    }

    /// The months in names of partitions on PostgreSQL, of this table and of others.
    pub(crate) fn months_of(self, partitions: &[String]) -> BTreeSet<Month> {
        let prefix = format!("{self}_");
        partitions
            .iter()
            .filter_map(|name| name.strip_prefix(&prefix)?.parse().ok())
            .collect()
    }

    /// The partition on PostgreSQL of the rows that no other one takes.
    pub(crate) fn default_partition(self) -> String {
        format!("{self}_default")
    }

    /// The least value of its key in a month, as SQL. `octets` writes octets.
    pub(crate) fn least(self, month: Month, octets: impl Fn(&[u8]) -> String) -> String {
        match self.key() {
            Key::Id(_) => octets(&lowest_id(month.start())),
            Key::Day => month.first_day().to_string(),
        }
    }

    /// The condition for rows of a month, as SQL.
    pub(crate) fn within(self, month: Month, octets: impl Fn(&[u8]) -> String) -> String {
        let column = self.column();
        let (from, to) = (self.least(month, &octets), self.least(month.next(), &octets));
        format!("{column} >= {from} AND {column} < {to}")
    }

    /// The first column of the primary key.
    pub(crate) const fn leading_column(self) -> &'static str {
        match self.key() {
            Key::Id(column) => column,
            Key::Day => "serial",
        }
    }
}

/// The condition for ids of a month in any column, as SQL.
pub(crate) fn ids_within(column: &str, month: Month, octets: impl Fn(&[u8]) -> String) -> String {
    let (from, to) = (octets(&lowest_id(month.start())), octets(&lowest_id(month.end())));
    format!("{column} >= {from} AND {column} < {to}")
}

/// The month that a UUIDv7 was made in.
pub(crate) fn month_of_id(id: &[u8]) -> Month {
    let millis = id
        .iter()
        .take(6)
        .fold(0, |millis, octet| millis << 8 | i64::from(*octet));
    Month::of(Timestamp::from_millis(millis))
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
