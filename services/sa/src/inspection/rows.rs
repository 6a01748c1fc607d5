//! The columns that the rules look at, as stored: a rule must see what decoding would refuse.

use diesel::dsl::IsNotNull;
use diesel::{ExpressionMethods, Queryable, Selectable};

use crate::db::schema::{
    accounts, audit_entries, authorizations, certificates, key_changes, orders, receipts,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub(crate) struct AccountRow {
    pub(crate) id: Vec<u8>,
    pub(crate) status: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = key_changes)]
pub(crate) struct KeyChangeRow {
    pub(crate) account_id: Vec<u8>,
    pub(crate) position: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = authorizations)]
pub(crate) struct AuthorizationRow {
    pub(crate) id: Vec<u8>,
    pub(crate) account_id: Vec<u8>,
    pub(crate) order_id: Option<Vec<u8>>,
    pub(crate) identifier_type: String,
    pub(crate) identifier: String,
    pub(crate) status: String,
    pub(crate) expires: i64,
    pub(crate) answered: Option<Vec<u8>>,
    pub(crate) thumbprint: Option<Vec<u8>>,
    pub(crate) validated: Option<i64>,
    pub(crate) caa_checked: Option<i64>,
    pub(crate) created: i64,
    #[diesel(embed)]
    pub(crate) lease: AuthorizationLease,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = authorizations)]
pub(crate) struct AuthorizationLease {
    #[diesel(column_name = lease_id)]
    pub(crate) id: Option<Vec<u8>>,
    #[diesel(column_name = lease_owner)]
    pub(crate) owner: Option<String>,
    #[diesel(column_name = lease_deadline)]
    pub(crate) deadline: Option<i64>,
}

/// Which receipt of which authorization arrived when; its octets are for those who verify them.
#[derive(Queryable, Selectable)]
#[diesel(table_name = receipts)]
pub(crate) struct ReceiptRow {
    pub(crate) authorization_id: Vec<u8>,
    pub(crate) position: i64,
    pub(crate) created: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = orders)]
pub(crate) struct OrderRow {
    pub(crate) id: Vec<u8>,
    pub(crate) account_id: Vec<u8>,
    pub(crate) status: String,
    pub(crate) expires: i64,
    pub(crate) identifiers: String,
    pub(crate) profile: String,
    pub(crate) not_before: Option<i64>,
    pub(crate) not_after: Option<i64>,
    pub(crate) replaces: Option<Vec<u8>>,
    pub(crate) authorizations: Vec<u8>,
    pub(crate) awaiting: i64,
    #[diesel(select_expression = orders::error.is_not_null(), select_expression_type = IsNotNull<orders::error>)]
    pub(crate) has_error: bool,
    pub(crate) serial: Option<Vec<u8>>,
    pub(crate) created: i64,
    #[diesel(select_expression = orders::request.is_not_null(), select_expression_type = IsNotNull<orders::request>)]
    pub(crate) has_request: bool,
    #[diesel(embed)]
    pub(crate) lease: OrderLease,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = orders)]
pub(crate) struct OrderLease {
    #[diesel(column_name = lease_id)]
    pub(crate) id: Option<Vec<u8>>,
    #[diesel(column_name = lease_owner)]
    pub(crate) owner: Option<String>,
    #[diesel(column_name = lease_deadline)]
    pub(crate) deadline: Option<i64>,
}

/// A certificate as an order refers to it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = certificates)]
pub(crate) struct NamedCertificateRow {
    pub(crate) serial: Vec<u8>,
    pub(crate) order_id: Vec<u8>,
    #[diesel(select_expression = certificates::der.is_not_null(), select_expression_type = IsNotNull<certificates::der>)]
    pub(crate) is_signed: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = certificates)]
pub(crate) struct CertificateRow {
    pub(crate) serial: Vec<u8>,
    pub(crate) day: i64,
    pub(crate) order_id: Vec<u8>,
    pub(crate) account_id: Vec<u8>,
    pub(crate) profile: String,
    pub(crate) identifiers: String,
    pub(crate) spki: Vec<u8>,
    pub(crate) not_before: i64,
    pub(crate) not_after: i64,
    pub(crate) created: i64,
    pub(crate) issued: Option<i64>,
    pub(crate) revoked: Option<i64>,
    pub(crate) revocation_reason: Option<i64>,
    pub(crate) revoked_by: Option<String>,
    pub(crate) tbs: Vec<u8>,
    pub(crate) der: Option<Vec<u8>>,
}

/// The ids that an order names, one after the other in its row.
pub(crate) fn named(order: &OrderRow) -> impl Iterator<Item = &[u8]> {
    order.authorizations.chunks(16)
}

/// What the trail tells of a state.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
pub(crate) struct EntryRow {
    pub(crate) subject: Vec<u8>,
    pub(crate) position: i64,
    pub(crate) event: String,
    pub(crate) state: String,
    pub(crate) actor: Option<String>,
    pub(crate) detail: Option<String>,
}
