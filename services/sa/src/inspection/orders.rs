//! The rules about orders.

use cairn_types::{Identifier, OrderStatus};

use super::lease::Lease;
use super::page::OrderPage;
use super::report::{Report, hexadecimal, shown};
use super::rows::{AuthorizationRow, NamedCertificateRow, OrderRow, named};
use super::trail::check_trail;
use super::{Rule, Terms};

const PENDING: &str = cairn_types::AuthorizationStatus::Pending.as_str();
const VALID: &str = cairn_types::AuthorizationStatus::Valid.as_str();

/// Tries the rules on a page; returns where the next one starts.
pub(super) fn check(page: OrderPage, terms: Terms, report: &mut Report) -> Option<Vec<u8>> {
    for order in &page.orders {
        let id = shown(&order.id);
        report.row();
        check_times(order, &id, report);
        let entries = page.entries.get(&order.id).map_or(&[][..], Vec::as_slice);
        check_trail(entries, "order.", &order.status, &id, report);
        let Ok(status) = order.status.parse::<OrderStatus>() else {
            report.broken(Rule::Damaged, &id, format!("its status is {:?}", order.status));
            continue;
        };
        report.count(status.as_str());
        check_state(order, status, &id, report);
        check_lease(order, status, terms, &id, report);
        check_certificate(order, status, &page, &id, report);
        check_replacement(order, status, &page, &id, report);
        match serde_json::from_str::<Vec<Identifier>>(&order.identifiers) {
            Ok(identifiers) if matches!(status, OrderStatus::Pending | OrderStatus::Ready) => {
                check_authorizations(order, &identifiers, &page, &id, report);
            }
            Ok(_) => {}
            Err(error) => report.broken(Rule::Damaged, &id, format!("its identifiers: {error}")),
        }
    }
    page.next
}

fn check_state(order: &OrderRow, status: OrderStatus, id: &str, report: &mut Report) {
    let finalized = match status {
        OrderStatus::Pending | OrderStatus::Ready => Some(false),
        OrderStatus::Processing | OrderStatus::Valid => Some(true),
        OrderStatus::Invalid => None,
    };
    if finalized.is_some_and(|finalized| finalized != order.has_request) {
        let has = if order.has_request { "a" } else { "no" };
        report.broken(
            Rule::OrderState,
            id,
            format!("it is {status} and has {has} finalize request"),
        );
    }
    if (status == OrderStatus::Invalid) != order.has_error {
        let has = if order.has_error { "a" } else { "no" };
        report.broken(
            Rule::OrderState,
            id,
            format!("it is {status} and has {has} reason for having failed"),
        );
    }
    let counted = match status {
        OrderStatus::Pending => order.awaiting > 0,
        OrderStatus::Ready | OrderStatus::Processing | OrderStatus::Valid => order.awaiting == 0,
        OrderStatus::Invalid => true,
    };
    if !counted {
        let finding = format!("it is {status} and waits for {} authorizations", order.awaiting);
        report.broken(Rule::OrderAwaiting, id, finding);
    }
}

fn check_times(order: &OrderRow, id: &str, report: &mut Report) {
    if order.expires <= order.created {
        let finding = format!(
            "it was made at {} and expired at {} (milliseconds since 1970)",
            order.created, order.expires
        );
        report.broken(Rule::OrderTimes, id, finding);
    }
    if let (Some(from), Some(to)) = (order.not_before, order.not_after)
        && from >= to
    {
        report.broken(
            Rule::OrderTimes,
            id,
            "it asks for a validity that ends before it begins",
        );
    }
}

fn check_lease(order: &OrderRow, status: OrderStatus, terms: Terms, id: &str, report: &mut Report) {
    let lease = Lease::of_order(&order.lease);
    if let Some(finding) = lease.misfit(status == OrderStatus::Processing) {
        report.broken(Rule::OrderLease, id, format!("it is {status} and {finding}"));
    }
    if let Some(finding) = lease.overdue(terms) {
        report.broken(Rule::OrderOverdue, id, finding);
    }
}

fn check_authorizations(
    order: &OrderRow,
    identifiers: &[Identifier],
    page: &OrderPage,
    id: &str,
    report: &mut Report,
) {
    let wanted = identifiers.len();
    let has = named(order).count();
    if has != wanted || wanted == 0 {
        let finding = format!("it has {has} authorizations for {wanted} identifiers");
        report.broken(Rule::OrderAuthorizations, id, finding);
    }
    let mut waiting = 0;
    for (authorization_id, identifier) in named(order).zip(identifiers) {
        let authorization = page.authorizations.get(authorization_id);
        if authorization.is_some_and(|it| it.status == PENDING) {
            waiting += 1;
        }
        if let Some(why) = misfit(order, identifier, authorization) {
            let finding = format!(
                "its authorization {} for {identifier} {why}",
                shown(authorization_id)
            );
            report.broken(Rule::OrderAuthorizations, id, finding);
        }
    }
    if order.awaiting != waiting {
        let finding = format!(
            "it waits for {} authorizations, and {waiting} are pending",
            order.awaiting
        );
        report.broken(Rule::OrderAwaiting, id, finding);
    }
}

/// Why an open order cannot become, or stay, ready with this authorization.
fn misfit(
    order: &OrderRow,
    identifier: &Identifier,
    authorization: Option<&AuthorizationRow>,
) -> Option<String> {
    let Some(authorization) = authorization else {
        return Some("does not exist".to_owned());
    };
    if authorization.account_id != order.account_id {
        Some("is another account's".to_owned())
    } else if !is_for(authorization, identifier) {
        Some(format!("is for {}", authorization.identifier))
    } else if ![PENDING, VALID].contains(&authorization.status.as_str()) {
        Some(format!("is {}", authorization.status))
    } else {
        None
    }
}

/// Whether an authorization is for exactly this identifier, as ordered.
pub(super) fn is_for(authorization: &AuthorizationRow, identifier: &Identifier) -> bool {
    authorization.identifier_type == identifier.kind() && authorization.identifier == identifier.value()
}

fn check_certificate(order: &OrderRow, status: OrderStatus, page: &OrderPage, id: &str, report: &mut Report) {
    let is_final = matches!(status, OrderStatus::Valid | OrderStatus::Invalid);
    if is_final
        && order
            .serial
            .as_ref()
            .is_some_and(|serial| page.left.contains(serial))
    {
        report.count("of certificates that left");
        return;
    }
    let mut broken = |finding: String| report.broken(Rule::OrderCertificate, id, finding);
    let Some(serial) = &order.serial else {
        if status == OrderStatus::Valid {
            broken("it is valid and has no serial".to_owned());
        }
        return;
    };
    let shown_serial = hexadecimal(serial);
    if matches!(status, OrderStatus::Pending | OrderStatus::Ready) {
        broken(format!("it is {status} and has the serial {shown_serial}"));
    }
    let certificates = page.certificates.get(serial).map_or(&[][..], Vec::as_slice);
    let of_order = |certificate: &&NamedCertificateRow| certificate.order_id == order.id;
    let Some(certificate) = certificates.iter().find(of_order) else {
        broken(format!("there is no certificate {shown_serial} that is for it"));
        return;
    };
    match (status, certificate.is_signed) {
        (OrderStatus::Valid, false) => broken(format!("it is valid and {shown_serial} is not signed")),
        (OrderStatus::Pending | OrderStatus::Ready | OrderStatus::Processing, true) => {
            broken(format!("it is {status} and {shown_serial} is signed"));
        }
        _ => {}
    }
}

fn check_replacement(order: &OrderRow, status: OrderStatus, page: &OrderPage, id: &str, report: &mut Report) {
    let Some(replaced) = order.replaces.as_ref().filter(|_| status == OrderStatus::Valid) else {
        return;
    };
    let by = page.replacements.get(replaced);
    if by != Some(&order.id) && !page.left.contains(replaced) {
        let by = by.map_or_else(|| "nothing".to_owned(), |by| shown(by));
        let finding = format!(
            "it replaces {}, which is said to be replaced by {by}",
            hexadecimal(replaced)
        );
        report.broken(Rule::OrderReplacement, id, finding);
    }
}
