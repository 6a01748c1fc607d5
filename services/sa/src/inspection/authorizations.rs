//! The rules about authorizations.

use cairn_types::{AuthorizationStatus, Identifier};

use super::accounts::gap;
use super::lease::Lease;
use super::page::AuthorizationPage;
use super::report::{Report, shown};
use super::rows::{AuthorizationRow, ReceiptRow};
use super::trail::check_trail;
use super::{Rule, Terms, in_order};

/// Tries the rules on a page; returns where the next one starts.
pub(super) fn check(page: AuthorizationPage, terms: Terms, report: &mut Report) -> Option<Vec<u8>> {
    for row in &page.authorizations {
        let id = shown(&row.id);
        report.row();
        if Identifier::parse(&row.identifier_type, &row.identifier).is_err() {
            let finding = format!("it is for {} {:?}", row.identifier_type, row.identifier);
            report.broken(Rule::Damaged, &id, finding);
        }
        let receipts = page.receipts.get(&row.id).map_or(&[][..], Vec::as_slice);
        report.add("receipts", receipts.len());
        check_times(row, &id, report);
        check_receipts(row, receipts, &id, report);
        let entries = page.entries.get(&row.id).map_or(&[][..], Vec::as_slice);
        // That of one that was made with its order is not entered.
        let is_first = row.order_id.is_some() && row.status == AuthorizationStatus::Pending.as_str();
        if !(is_first && entries.is_empty()) {
            check_trail(entries, "authorization.", &row.status, &id, report);
        }
        match row.status.parse() {
            Ok(status) => {
                check_state(row, status, &id, report);
                check_order(row, status, &page, terms, &id, report);
                check_lease(row, status, terms, &id, report);
                report.count(match status {
                    AuthorizationStatus::Pending if row.lease.deadline.is_some() => "processing",
                    status => status.as_str(),
                });
            }
            Err(_) => report.broken(Rule::Damaged, &id, format!("its status is {:?}", row.status)),
        }
    }
    page.next
}

fn check_state(row: &AuthorizationRow, status: AuthorizationStatus, id: &str, report: &mut Report) {
    let proved = row.validated.is_some();
    let fits = match status {
        AuthorizationStatus::Pending | AuthorizationStatus::Invalid => !proved,
        AuthorizationStatus::Valid | AuthorizationStatus::Revoked => proved,
        AuthorizationStatus::Deactivated => true,
        // What time makes of a valid one is not stored.
        AuthorizationStatus::Expired => false,
    };
    if !fits {
        let was = if proved { "validated" } else { "never validated" };
        report.broken(
            Rule::AuthorizationState,
            id,
            format!("it is {status} and was {was}"),
        );
    }
    if row.caa_checked.is_some() != proved {
        report.broken(
            Rule::AuthorizationState,
            id,
            "it was either validated or checked for CAA, not both",
        );
    }
    if proved && (row.answered.is_none() || row.thumbprint.is_none()) {
        report.broken(
            Rule::AuthorizationState,
            id,
            "it was validated by no challenge, or with no key",
        );
    }
}

fn check_order(
    row: &AuthorizationRow,
    status: AuthorizationStatus,
    page: &AuthorizationPage,
    terms: Terms,
    id: &str,
    report: &mut Report,
) {
    let Some(order) = row
        .order_id
        .as_ref()
        .filter(|_| status == AuthorizationStatus::Pending)
    else {
        return;
    };
    let finding = match page.orders.get(order) {
        Some(named) if named.chunks(16).any(|named| named == row.id) => return,
        Some(_) => "does not name it",
        // Its time may be over.
        None if row.expires <= terms.now.as_millis() => return,
        None => "does not exist",
    };
    report.broken(
        Rule::AuthorizationOrder,
        id,
        format!("its order {} {finding}", shown(order)),
    );
}

fn check_times(row: &AuthorizationRow, id: &str, report: &mut Report) {
    let Some(validated) = row.validated else {
        return;
    };
    let caa_checked = row.caa_checked.unwrap_or(validated);
    if !in_order(row.created, validated) || !in_order(validated, caa_checked) || validated >= row.expires {
        let finding = format!(
            "it was made at {}, validated at {validated}, checked for CAA at {caa_checked}, and expires at {} (milliseconds since 1970)",
            row.created, row.expires
        );
        report.broken(Rule::AuthorizationTimes, id, finding);
    }
}

fn check_lease(
    row: &AuthorizationRow,
    status: AuthorizationStatus,
    terms: Terms,
    id: &str,
    report: &mut Report,
) {
    let processing = status == AuthorizationStatus::Pending && row.answered.is_some();
    let lease = Lease::of_authorization(&row.lease);
    if let Some(finding) = lease.misfit(processing) {
        report.broken(
            Rule::AuthorizationLease,
            id,
            format!("it is {status} and {finding}"),
        );
    }
    if let Some(finding) = lease.overdue(terms) {
        report.broken(Rule::AuthorizationOverdue, id, finding);
    }
}

fn check_receipts(row: &AuthorizationRow, receipts: &[ReceiptRow], id: &str, report: &mut Report) {
    if let Some(missing) = gap(receipts, |receipt| receipt.position) {
        report.broken(
            Rule::AuthorizationReceipts,
            id,
            format!("there is no receipt numbered {missing}"),
        );
    }
    if row.validated.is_some() && !has_proof(row, receipts) {
        report.broken(
            Rule::AuthorizationReceipts,
            id,
            "there is no receipt of its validation",
        );
    }
}

/// Whether a receipt arrived with the validation, and not with a later check of CAA.
pub(super) fn has_proof(row: &AuthorizationRow, receipts: &[ReceiptRow]) -> bool {
    row.validated
        .is_some_and(|validated| receipts.iter().any(|receipt| receipt.created <= validated))
}
