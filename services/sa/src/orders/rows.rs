//! Orders as rows.

use cairn_types::{Error, Order, OrderStatus, Serial, Timestamp};
use diesel::{Queryable, Selectable};

use crate::db::column;
use crate::db::errors::{Failure, Result};
use crate::db::schema::orders;

/// An order as stored, without what it was finalized with.
#[derive(Queryable, Selectable)]
#[diesel(table_name = orders)]
pub(crate) struct OrderRow {
    id: Vec<u8>,
    account_id: Vec<u8>,
    status: String,
    expires: i64,
    identifiers: String,
    profile: String,
    not_before: Option<i64>,
    not_after: Option<i64>,
    replaces: Option<Vec<u8>>,
    authorizations: Vec<u8>,
    error: Option<String>,
    serial: Option<Vec<u8>>,
    /// The lease under which it is, or was last, worked on.
    pub(crate) lease_id: Option<Vec<u8>>,
    created: i64,
}

impl OrderRow {
    pub(crate) fn decode(self) -> Result<Order> {
        let status = column::text("order status", &self.status)?;
        let serial = self.serial.filter(|_| status == OrderStatus::Valid);
        Ok(Order {
            id: column::id(&self.id)?,
            account: column::id(&self.account_id)?,
            status,
            expires: Timestamp::from_millis(self.expires),
            identifiers: column::json("identifiers", &self.identifiers)?,
            profile: column::text("profile", &self.profile)?,
            not_before: column::moment(self.not_before),
            not_after: column::moment(self.not_after),
            replaces: self.replaces.as_deref().map(decode_serial).transpose()?,
            authorizations: column::ids(&self.authorizations)?,
            error: self
                .error
                .as_deref()
                .map(|error| column::json("error", error))
                .transpose()?,
            serial: serial.as_deref().map(decode_serial).transpose()?,
            created: Timestamp::from_millis(self.created),
        })
    }
}

fn decode_serial(octets: &[u8]) -> Result<Serial> {
    Serial::from_slice(octets).map_err(column::damaged("serial"))
}

/// The stored finalize request of an order that has one.
pub(crate) fn request(stored: Option<Vec<u8>>) -> Result<Vec<u8>> {
    stored.ok_or_else(|| Failure::Damaged {
        what: "order",
        why: "it was finalized without a request".to_owned(),
    })
}

/// An order to store.
pub(crate) struct NewOrderRow<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) account_id: &'a [u8],
    pub(crate) status: &'a str,
    pub(crate) expires: i64,
    pub(crate) identifiers: String,
    pub(crate) profile: &'a str,
    pub(crate) not_before: Option<i64>,
    pub(crate) not_after: Option<i64>,
    pub(crate) replaces: Option<Vec<u8>>,
    pub(crate) authorizations: Vec<u8>,
    pub(crate) awaiting: i64,
    pub(crate) created: i64,
}

impl<'a> NewOrderRow<'a> {
    /// The row of an order of which so many authorizations are not valid yet.
    pub(crate) fn encode(order: &'a Order, awaiting: usize) -> Result<Self> {
        Ok(Self {
            id: order.id.as_bytes(),
            account_id: order.account.as_bytes(),
            status: order.status.as_str(),
            expires: order.expires.as_millis(),
            identifiers: column::to_json(&order.identifiers)?,
            profile: order.profile.as_str(),
            not_before: order.not_before.map(Timestamp::as_millis),
            not_after: order.not_after.map(Timestamp::as_millis),
            replaces: order.replaces.map(|serial| serial.as_bytes().to_vec()),
            authorizations: column::from_ids(&order.authorizations),
            awaiting: i64::try_from(awaiting).map_err(|_| Failure::Fault("too many authorizations"))?,
            created: order.created.as_millis(),
        })
    }
}

/// The refusal of a call whose lease another holds, or whose order is final.
pub(crate) fn not_held(status: OrderStatus) -> Error {
    match status {
        OrderStatus::Processing => Error::conflict("the lease on the order was taken over"),
        status => Error::conflict(format!("the order is {status}")),
    }
}
