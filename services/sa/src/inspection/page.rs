//! A page of rows, with what the rules need to know about those that they refer to.

use std::collections::{HashMap, HashSet};

use super::rows::{
    AccountRow, AuthorizationRow, CertificateRow, EntryRow, KeyChangeRow, NamedCertificateRow, OrderRow,
    ReceiptRow,
};
use crate::trail::chain::Entry;

/// How many rows are read at once, unless told.
const USUAL: u32 = 500;

/// How many rows are read at once at the most.
const MOST: u32 = 1000;

/// Which rows to read: the first `limit` by their keys, or those after a key.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    /// The key of the last row of the page before; empty before the first page.
    pub(crate) after: Vec<u8>,
    /// How many rows.
    pub(crate) limit: usize,
}

impl Window {
    pub(super) fn new(after: Option<Vec<u8>>, limit: u32) -> Self {
        let limit = if limit == 0 { USUAL } else { limit.min(MOST) };
        Self {
            after: after.unwrap_or_default(),
            limit: limit as usize,
        }
    }

    /// The same where keys have two parts: of certificates serial and day, of the trail subject and position.
    pub(crate) fn after_pair(&self) -> (&[u8], i64) {
        let (first, second) = self.after.split_at(self.after.len().min(16));
        (first, second.try_into().map_or(i64::MIN, i64::from_be_bytes))
    }

    /// The limit for a query.
    pub(crate) fn rows(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX)
    }

    /// Where the next page starts: after this row, if there was room for no more.
    pub(crate) fn next<R>(&self, rows: &[R], key: impl Fn(&R) -> Vec<u8>) -> Option<Vec<u8>> {
        rows.last().filter(|_| rows.len() >= self.limit).map(key)
    }
}

/// A key of two parts as [`Window::after_pair`] reads it.
pub(crate) fn pair(first: &[u8], second: i64) -> Vec<u8> {
    [first, &second.to_be_bytes()].concat()
}

pub(crate) struct AccountPage {
    pub(crate) accounts: Vec<AccountRow>,
    pub(crate) key_changes: HashMap<Vec<u8>, Vec<KeyChangeRow>>,
    /// What the trail tells of their states.
    pub(crate) entries: HashMap<Vec<u8>, Vec<EntryRow>>,
    pub(crate) next: Option<Vec<u8>>,
}

pub(crate) struct AuthorizationPage {
    pub(crate) authorizations: Vec<AuthorizationRow>,
    pub(crate) receipts: HashMap<Vec<u8>, Vec<ReceiptRow>>,
    /// Those that pending ones were made with, by id: the authorizations that they name.
    pub(crate) orders: HashMap<Vec<u8>, Vec<u8>>,
    /// What the trail tells of their states.
    pub(crate) entries: HashMap<Vec<u8>, Vec<EntryRow>>,
    pub(crate) next: Option<Vec<u8>>,
}

pub(crate) struct OrderPage {
    pub(crate) orders: Vec<OrderRow>,
    /// Those of open orders, by id.
    pub(crate) authorizations: HashMap<Vec<u8>, AuthorizationRow>,
    /// Those that orders name, by serial.
    pub(crate) certificates: HashMap<Vec<u8>, Vec<NamedCertificateRow>>,
    /// The serials that neither of these knows because the month of the certificate has left.
    pub(crate) left: HashSet<Vec<u8>>,
    /// Which order is said to replace a certificate, by its serial.
    pub(crate) replacements: HashMap<Vec<u8>, Vec<u8>>,
    /// What the trail tells of their states.
    pub(crate) entries: HashMap<Vec<u8>, Vec<EntryRow>>,
    pub(crate) next: Option<Vec<u8>>,
}

pub(crate) struct CertificatePage {
    pub(crate) certificates: Vec<CertificateRow>,
    /// By id.
    pub(crate) orders: HashMap<Vec<u8>, OrderRow>,
    /// By id.
    pub(crate) authorizations: HashMap<Vec<u8>, AuthorizationRow>,
    /// By the id of their authorization.
    pub(crate) receipts: HashMap<Vec<u8>, Vec<ReceiptRow>>,
    /// What the trail tells of certificates, by the id of their order.
    pub(crate) entries: HashMap<Vec<u8>, Vec<EntryRow>>,
    pub(crate) next: Option<Vec<u8>>,
}

pub(crate) struct TrailPage {
    /// The last entry of the page before, which the first of this one may follow.
    pub(crate) before: Option<Entry>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) next: Option<Vec<u8>>,
}
