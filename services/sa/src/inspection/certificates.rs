//! The rules about certificates.

use std::borrow::Cow;
use std::collections::BTreeSet;

use cairn_types::{Identifier, OrderStatus, RevocationReason, Serial};
use cairn_x509::{TbsView, signed_part};
use openssl::sha::sha256;

use super::authorizations::has_proof;
use super::orders::is_for;
use super::page::CertificatePage;
use super::report::{Report, hexadecimal, shown};
use super::rows::{AuthorizationRow, CertificateRow, OrderRow, named};
use super::trail::check_trail;
use super::{Rule, in_order};
use crate::certificates::rows::NOTHING;
use crate::recovery::by_operator;

/// Tries the rules on a page; returns where the next one starts.
pub(super) fn check(page: CertificatePage, report: &mut Report) -> Option<Vec<u8>> {
    for row in &page.certificates {
        let id = hexadecimal(&row.serial);
        report.row();
        report.count(if row.der.is_some() { "signed" } else { "unsigned" });
        check_serial(row, &id, report);
        check_times(row, &id, report);
        check_revocation(row, &id, report);
        let octets = check_bytes(row, &id, report);
        check_entries(row, &page, &id, report);
        let identifiers: Vec<Identifier> = match serde_json::from_str(&row.identifiers) {
            Ok(identifiers) => identifiers,
            Err(error) => {
                report.broken(Rule::Damaged, &id, format!("its identifiers: {error}"));
                continue;
            }
        };
        if let Some(octets) = octets {
            check_content(row, &octets, &identifiers, &id, report);
        }
        match page.orders.get(&row.order_id) {
            // Order and proof may be lost.
            _ if is_recovered(row, &page) => report.count("recovered"),
            Some(order) => {
                check_order(row, order, &id, report);
                check_coverage(row, &identifiers, order, &page, &id, report);
            }
            None => report.broken(
                Rule::CertificateOrder,
                &id,
                format!("its order {} does not exist", shown(&row.order_id)),
            ),
        }
    }
    page.next
}

/// Whether it was stored by a recovery, after the database it was in was lost.
fn is_recovered(row: &CertificateRow, page: &CertificatePage) -> bool {
    let entries = page.entries.get(&row.order_id).map_or(&[][..], Vec::as_slice);
    let prepared = entries.iter().find(|entry| entry.event == "certificate.prepared");
    prepared.is_some_and(|entry| entry.actor == Some(by_operator().to_string()))
}

/// That a serial is stored under its own day makes it one of a kind: serial and day are the key of the table.
fn check_serial(row: &CertificateRow, id: &str, report: &mut Report) {
    match Serial::from_slice(&row.serial) {
        Ok(serial) if serial.day_number() == row.day => {}
        Ok(_) => report.broken(
            Rule::CertificateSerial,
            id,
            format!("it is stored under day {}", row.day),
        ),
        Err(_) => report.broken(Rule::Damaged, id, "it is no serial"),
    }
}

fn check_times(row: &CertificateRow, id: &str, report: &mut Report) {
    if row.not_before >= row.not_after {
        report.broken(Rule::CertificateTimes, id, "it ends before it begins");
    }
    let issued = row.issued.unwrap_or(row.created);
    let revoked = row.revoked.unwrap_or(issued);
    if !in_order(row.created, issued) || !in_order(issued, revoked) {
        let finding = format!(
            "it was prepared at {}, issued at {issued}, and revoked at {revoked} (milliseconds since 1970)",
            row.created
        );
        report.broken(Rule::CertificateTimes, id, finding);
    }
}

fn check_revocation(row: &CertificateRow, id: &str, report: &mut Report) {
    let told = [
        row.revoked.is_some(),
        row.revocation_reason.is_some(),
        row.revoked_by.is_some(),
    ];
    if told == [false; 3] {
        return;
    }
    report.count("revoked");
    if told != [true; 3] {
        report.broken(
            Rule::CertificateRevocation,
            id,
            "it is revoked without time, reason or revoker",
        );
    }
    if row.der.is_none() {
        report.broken(
            Rule::CertificateRevocation,
            id,
            "it is revoked and was never signed",
        );
    }
    if row
        .revocation_reason
        .is_some_and(|code| RevocationReason::from_code(code).is_none())
    {
        report.broken(
            Rule::CertificateRevocation,
            id,
            "it is revoked for a reason that there is not",
        );
    }
}

/// Returns the octets that were, or are to be, signed: once they are in a certificate, they are nowhere else.
fn check_bytes<'a>(row: &'a CertificateRow, id: &str, report: &mut Report) -> Option<Cow<'a, [u8]>> {
    let mut broken = |finding: String| report.broken(Rule::CertificateBytes, id, finding);
    if row.der.is_some() != row.issued.is_some() {
        broken("it is either signed or issued, not both".to_owned());
    }
    let apart = Cow::Borrowed(row.tbs.as_slice());
    match row.der.as_deref().map(signed_part) {
        None => Some(apart),
        Some(Ok(signed)) if row.tbs == NOTHING => Some(Cow::Owned(signed)),
        Some(Ok(signed)) => {
            if signed != row.tbs {
                broken("what was signed is not what was to be signed".to_owned());
            }
            Some(apart)
        }
        Some(Err(error)) => {
            broken(format!("it cannot be decoded: {error}"));
            (row.tbs != NOTHING).then_some(apart)
        }
    }
}

/// That what the trail of its order tells of certificates fits this one.
fn check_entries(row: &CertificateRow, page: &CertificatePage, id: &str, report: &mut Report) {
    let entries = page.entries.get(&row.order_id).map_or(&[][..], Vec::as_slice);
    let state = match (&row.der, row.revoked) {
        (None, _) => "prepared",
        (Some(_), None) => "issued",
        (Some(_), Some(_)) => "revoked",
    };
    check_trail(entries, "certificate.", state, id, report);
    let entered = |event: &str| {
        let entry = entries.iter().find(|entry| entry.event == event);
        entry.and_then(|entry| entry.detail.as_deref())
    };
    if entered("certificate.prepared").is_some_and(|serial| serial != id) {
        report.broken(Rule::TrailState, id, "another serial was entered in the trail");
    }
    let digest = row.der.as_deref().map(|der| hexadecimal(&sha256(der)));
    if entered("certificate.issued").is_some_and(|entered| Some(entered) != digest.as_deref()) {
        report.broken(
            Rule::TrailState,
            id,
            "another certificate was entered in the trail",
        );
    }
}

fn check_content(
    row: &CertificateRow,
    octets: &[u8],
    identifiers: &[Identifier],
    id: &str,
    report: &mut Report,
) {
    let mut broken = |finding: String| report.broken(Rule::CertificateContent, id, finding);
    let view = match TbsView::from_der(octets) {
        Ok(view) => view,
        Err(error) => return broken(format!("it cannot be decoded: {error}")),
    };
    if view.serial != row.serial {
        broken(format!("the serial in it is {}", hexadecimal(&view.serial)));
    }
    if !same(&view.identifiers, identifiers) {
        broken(format!(
            "the names in it are {:?}, not {}",
            view.identifiers, row.identifiers
        ));
    }
    if view.spki.0.as_slice() != row.spki {
        broken("the key in it is another".to_owned());
    }
    let stored = [row.not_before, row.not_after];
    if [view.not_before.as_millis(), view.not_after.as_millis()] != stored {
        broken(format!(
            "the validity in it is from {} to {}",
            view.not_before.to_rfc3339(),
            view.not_after.to_rfc3339()
        ));
    }
}

/// Whether both lists have the same identifiers, in whatever order.
fn same(one: &[Identifier], other: &[Identifier]) -> bool {
    one.iter().collect::<BTreeSet<_>>() == other.iter().collect::<BTreeSet<_>>()
}

fn check_order(row: &CertificateRow, order: &OrderRow, id: &str, report: &mut Report) {
    let order_id = shown(&order.id);
    let mut broken = |finding: String| report.broken(Rule::CertificateOrder, id, finding);
    match &order.serial {
        Some(serial) if *serial == row.serial => {}
        Some(serial) => broken(format!("its order {order_id} names {}", hexadecimal(serial))),
        None => broken(format!("its order {order_id} names no certificate")),
    }
    if order.account_id != row.account_id {
        broken(format!("its order {order_id} is another account's"));
    }
    if order.profile != row.profile {
        broken(format!(
            "its profile is {}, that of its order {order_id} {}",
            row.profile, order.profile
        ));
    }
    if row.der.is_some() && order.status == OrderStatus::Invalid.as_str() {
        report.count("late");
    }
}

fn check_coverage(
    row: &CertificateRow,
    identifiers: &[Identifier],
    order: &OrderRow,
    page: &CertificatePage,
    id: &str,
    report: &mut Report,
) {
    let ordered: Vec<Identifier> = serde_json::from_str(&order.identifiers).unwrap_or_default();
    if !same(&ordered, identifiers) {
        let finding = format!(
            "it is for {}, its order for {}",
            row.identifiers, order.identifiers
        );
        report.broken(Rule::CertificateOrder, id, finding);
    }
    for identifier in identifiers {
        let candidates: Vec<_> = named(order)
            .filter_map(|id| page.authorizations.get(id))
            .filter(|authorization| is_for(authorization, identifier))
            .collect();
        let why = candidates
            .iter()
            .map(|authorization| gap(row, authorization, page));
        // One that covers it is enough; else the first tells why.
        let why = why.reduce(|first, next| first.and_then(|first| next.map(|_| first)));
        match why {
            Some(None) => {}
            Some(Some(why)) => report.broken(Rule::CertificateCoverage, id, format!("{identifier}: {why}")),
            None => report.broken(
                Rule::CertificateCoverage,
                id,
                format!("{identifier}: its order has no authorization for it"),
            ),
        }
    }
}

/// Why an authorization does not cover a certificate, if it does not.
fn gap(row: &CertificateRow, authorization: &AuthorizationRow, page: &CertificatePage) -> Option<String> {
    let shown_id = shown(&authorization.id);
    let receipts = page
        .receipts
        .get(&authorization.id)
        .map_or(&[][..], Vec::as_slice);
    let why = if authorization.account_id != row.account_id {
        "is another account's"
    } else if !authorization
        .validated
        .is_some_and(|validated| in_order(validated, row.created))
    {
        "was not validated before"
    } else if !in_order(row.created, authorization.expires) {
        "had expired"
    } else if !has_proof(authorization, receipts) {
        "has no receipt of its validation"
    } else {
        return None;
    };
    Some(format!("the authorization {shown_id} {why}"))
}
