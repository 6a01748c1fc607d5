//! The transactions that read a page.
//!
//! By primary key, so that a page costs the same wherever it is; and what its rows refer to by their keys.

use std::collections::{BTreeSet, HashMap, HashSet};

use cairn_types::{AuthorizationStatus, OrderStatus, Serial};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper,
    TextExpressionMethods,
};

use super::dialect::matching;
use super::{Conn, RunQueryDsl};
use crate::db::errors::Result;
use crate::db::schema::{
    accounts as account, audit_entries as trail, authorizations as authz, certificates as certs, key_changes,
    orders as order, receipts, replacements,
};
use crate::inspection::page::{
    AccountPage, AuthorizationPage, CertificatePage, OrderPage, TrailPage, Window, pair,
};
use crate::inspection::rows::{
    AccountRow, AuthorizationRow, CertificateRow, EntryRow, KeyChangeRow, NamedCertificateRow, OrderRow,
    ReceiptRow, named,
};
use crate::maintenance::months::Month;
use crate::trail::chain::Entry;

type Key = Vec<u8>;

pub(crate) async fn accounts(conn: &mut Conn, window: &Window) -> Result<AccountPage> {
    let rows: Vec<AccountRow> = account::table
        .filter(account::id.gt(&window.after))
        .order(account::id)
        .limit(window.rows())
        .select(AccountRow::as_select())
        .load(conn)
        .await?;
    let changes: Vec<KeyChangeRow> = matching!(
        conn,
        key_changes::account_id,
        keys(rows.iter().map(|row| &row.id)).into_iter(),
        key_changes::table.select(KeyChangeRow::as_select())
    );
    // What changes no state is left out: there is no end to it.
    let entries: Vec<EntryRow> = matching!(
        conn,
        trail::subject,
        keys(rows.iter().map(|row| &row.id)).into_iter(),
        trail::table
            .filter(trail::event.ne("account.updated"))
            .filter(trail::event.ne("account.agreed_to_terms"))
            .filter(trail::event.ne("account.key_changed"))
            .select(EntryRow::as_select())
    );
    Ok(AccountPage {
        next: window.next(&rows, |row| row.id.clone()),
        accounts: rows,
        entries: grouped(entries, |entry| &entry.subject),
        key_changes: grouped(changes, |change| &change.account_id),
    })
}

pub(crate) async fn authorizations(conn: &mut Conn, window: &Window) -> Result<AuthorizationPage> {
    let rows: Vec<AuthorizationRow> = authz::table
        .filter(authz::id.gt(&window.after))
        .order(authz::id)
        .limit(window.rows())
        .select(AuthorizationRow::as_select())
        .load(conn)
        .await?;
    let pending = rows
        .iter()
        .filter(|row| row.status == AuthorizationStatus::Pending.as_str());
    let orders: Vec<(Key, Key)> = matching!(
        conn,
        order::id,
        keys(pending.filter_map(|row| row.order_id.as_ref())).into_iter(),
        order::table.select((order::id, order::authorizations))
    );
    let ids = keys(rows.iter().map(|row| &row.id));
    Ok(AuthorizationPage {
        next: window.next(&rows, |row| row.id.clone()),
        receipts: receipts_of(conn, &ids).await?,
        entries: entries_of(conn, &ids, "authorization.%").await?,
        orders: orders.into_iter().collect(),
        authorizations: rows,
    })
}

pub(crate) async fn orders(conn: &mut Conn, window: &Window) -> Result<OrderPage> {
    let rows: Vec<OrderRow> = order::table
        .filter(order::id.gt(&window.after))
        .order(order::id)
        .limit(window.rows())
        .select(OrderRow::as_select())
        .load(conn)
        .await?;
    let is_open = |row: &&OrderRow| {
        [OrderStatus::Pending, OrderStatus::Ready]
            .iter()
            .any(|status| row.status == status.as_str())
    };
    let wanted = rows.iter().filter(is_open).flat_map(named);
    let authorizations = authorizations_of(conn, &wanted.collect()).await?;
    let serials = keys(rows.iter().filter_map(|row| row.serial.as_ref()));
    let (first, last) = days(&serials);
    let certificates: Vec<NamedCertificateRow> = matching!(
        conn,
        certs::serial,
        serials.iter().copied(),
        certs::table
            .filter(certs::day.between(first, last))
            .select(NamedCertificateRow::as_select())
    );
    let replaced = keys(rows.iter().filter_map(|row| row.replaces.as_ref()));
    let (first, last) = days(&replaced);
    let replacements: Vec<(Key, Key)> = matching!(
        conn,
        replacements::serial,
        replaced.iter().copied(),
        replacements::table
            .filter(replacements::day.between(first, last))
            .select((replacements::serial, replacements::order_id))
    );
    let certificates = grouped(certificates, |certificate| &certificate.serial);
    let replacements: HashMap<Key, Key> = replacements.into_iter().collect();
    let unfound = serials
        .iter()
        .filter(|serial| !certificates.contains_key(**serial));
    let unnoted = replaced
        .iter()
        .filter(|serial| !replacements.contains_key(**serial));
    let unfound: BTreeSet<&[u8]> = unfound.chain(unnoted).copied().collect();
    Ok(OrderPage {
        left: left(conn, &unfound).await?,
        next: window.next(&rows, |row| row.id.clone()),
        entries: entries_of(conn, &keys(rows.iter().map(|row| &row.id)), "order.%").await?,
        orders: rows,
        authorizations,
        certificates,
        replacements,
    })
}

pub(crate) async fn certificates(conn: &mut Conn, window: &Window) -> Result<CertificatePage> {
    let (serial, day) = window.after_pair();
    let rows: Vec<CertificateRow> = certs::table
        .filter(certs::serial.ge(serial))
        .filter(certs::serial.gt(serial).or(certs::day.gt(day)))
        .order((certs::serial, certs::day))
        .limit(window.rows())
        .select(CertificateRow::as_select())
        .load(conn)
        .await?;
    let ids = keys(rows.iter().map(|row| &row.order_id));
    let orders: Vec<OrderRow> = matching!(
        conn,
        order::id,
        ids.iter().copied(),
        order::table.select(OrderRow::as_select())
    );
    let wanted: BTreeSet<&[u8]> = orders.iter().flat_map(named).collect();
    Ok(CertificatePage {
        next: window.next(&rows, |row| pair(&row.serial, row.day)),
        entries: entries_of(conn, &ids, "certificate.%").await?,
        certificates: rows,
        authorizations: authorizations_of(conn, &wanted).await?,
        receipts: receipts_of(conn, &wanted).await?,
        orders: by_key(orders, |order| &order.id),
    })
}

/// Entries of the audit trail, chain by chain.
pub(crate) async fn trail(conn: &mut Conn, window: &Window) -> Result<TrailPage> {
    let (subject, position) = window.after_pair();
    let before: Option<Entry> = trail::table
        .find((subject, position))
        .select(Entry::as_select())
        .first(conn)
        .await
        .optional()?;
    let entries: Vec<Entry> = trail::table
        .filter(trail::subject.ge(subject))
        .filter(trail::subject.gt(subject).or(trail::position.gt(position)))
        .order((trail::subject, trail::position))
        .limit(window.rows())
        .select(Entry::as_select())
        .load(conn)
        .await?;
    Ok(TrailPage {
        next: window.next(&entries, |entry| pair(&entry.subject, entry.position)),
        before,
        entries,
    })
}

async fn entries_of(
    conn: &mut Conn,
    subjects: &BTreeSet<&[u8]>,
    events: &str,
) -> Result<HashMap<Key, Vec<EntryRow>>> {
    let rows: Vec<EntryRow> = matching!(
        conn,
        trail::subject,
        subjects.iter().copied(),
        trail::table
            .filter(trail::event.like(events))
            .select(EntryRow::as_select())
    );
    Ok(grouped(rows, |row| &row.subject))
}

async fn authorizations_of(conn: &mut Conn, ids: &BTreeSet<&[u8]>) -> Result<HashMap<Key, AuthorizationRow>> {
    let rows: Vec<AuthorizationRow> = matching!(
        conn,
        authz::id,
        ids.iter().copied(),
        authz::table.select(AuthorizationRow::as_select())
    );
    Ok(by_key(rows, |row| &row.id))
}

async fn receipts_of(conn: &mut Conn, ids: &BTreeSet<&[u8]>) -> Result<HashMap<Key, Vec<ReceiptRow>>> {
    let rows: Vec<ReceiptRow> = matching!(
        conn,
        receipts::authorization_id,
        ids.iter().copied(),
        receipts::table.select(ReceiptRow::as_select())
    );
    Ok(grouped(rows, |row| &row.authorization_id))
}

/// Which of some serials are of months that have left: no certificate of the month, by the same instance, is there.
async fn left(conn: &mut Conn, serials: &BTreeSet<&[u8]>) -> Result<HashSet<Key>> {
    let mut kept: HashMap<(u8, Month), bool> = HashMap::new();
    let mut left = HashSet::new();
    for octets in serials {
        let Ok(serial) = Serial::from_slice(octets) else {
            continue;
        };
        let (prefix, month) = (serial.as_bytes()[0], Month::of_day(serial.day_number()));
        let is_kept = match kept.get(&(prefix, month)) {
            Some(is_kept) => *is_kept,
            None => has_certificates(conn, prefix, month).await?,
        };
        kept.insert((prefix, month), is_kept);
        if !is_kept {
            left.insert(octets.to_vec());
        }
    }
    Ok(left)
}

async fn has_certificates(conn: &mut Conn, prefix: u8, month: Month) -> Result<bool> {
    let (first, end) = (month.first_day(), month.next().first_day());
    // Serials begin with the prefix and the day.
    let lowest = |day: i64| {
        let [high, low] = u16::try_from(day).unwrap_or(u16::MAX).to_be_bytes();
        vec![prefix, high, low]
    };
    let any: Option<Key> = certs::table
        .filter(certs::serial.ge(lowest(first)))
        .filter(certs::serial.lt(lowest(end)))
        .filter(certs::day.ge(first))
        .filter(certs::day.lt(end))
        .order(certs::serial)
        .limit(1)
        .select(certs::serial)
        .first(conn)
        .await
        .optional()?;
    Ok(any.is_some())
}

/// The first and the last of the days in some serials: which partitions they can be in.
fn days(serials: &BTreeSet<&[u8]>) -> (i64, i64) {
    let days = || {
        serials
            .iter()
            .filter_map(|serial| Serial::from_slice(serial).ok())
    };
    let first = days().map(|serial| serial.day_number()).min();
    let last = days().map(|serial| serial.day_number()).max();
    (first.unwrap_or(0), last.unwrap_or(0))
}

/// Each key once.
fn keys<'a>(keys: impl Iterator<Item = &'a Key>) -> BTreeSet<&'a [u8]> {
    keys.map(Vec::as_slice).collect()
}

fn by_key<T>(rows: Vec<T>, key: impl Fn(&T) -> &Key) -> HashMap<Key, T> {
    rows.into_iter().map(|row| (key(&row).clone(), row)).collect()
}

fn grouped<T>(rows: Vec<T>, key: impl Fn(&T) -> &Key) -> HashMap<Key, Vec<T>> {
    let mut groups: HashMap<Key, Vec<T>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row).clone()).or_default().push(row);
    }
    groups
}
