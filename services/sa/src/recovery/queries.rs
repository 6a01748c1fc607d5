//! The transactions of a recovery.

use cairn_rpc::api::sa::{CreateAccount, Unsigned};
use cairn_types::{AccountId, Error, ErrorKind, OrderStatus, Problem, Serial};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl};

use super::accounts::create_account;
use super::dialect::locked;
use super::{Conn, RunQueryDsl};
use crate::certificates::rows::{NOTHING, NewCertificateRow};
use crate::db::column;
use crate::db::errors::{Result, refuse};
use crate::db::schema::{accounts, certificates, orders};
use crate::recovery::{Known, Signed};

pub(crate) async fn known(conn: &mut Conn, serial: &Serial) -> Result<Known> {
    let signed: Option<Option<i64>> = certificates::table
        .find((serial.as_bytes().as_slice(), serial.day_number()))
        .select(certificates::issued)
        .first(conn)
        .await
        .optional()?;
    Ok(match signed {
        Some(Some(_)) => Known::Stored,
        Some(None) => Known::Prepared,
        None => Known::Not,
    })
}

/// Stores a certificate, its account if that is not known either, and ends its order if that is.
pub(crate) async fn restore(conn: &mut Conn, signed: &Signed) -> Result<()> {
    let unsigned = Unsigned {
        account: account(conn, signed).await?,
        ..signed.unsigned.clone()
    };
    end_order(conn, &unsigned).await?;
    let inserted = diesel::insert_into(certificates::table)
        .values(NewCertificateRow::encode(&unsigned, signed.at)?)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    if inserted == 0 {
        return refuse(Error::conflict("the serial is taken"));
    }
    let serial = unsigned.serial;
    diesel::update(certificates::table.find((serial.as_bytes().as_slice(), serial.day_number())))
        .set((
            certificates::der.eq(&signed.der),
            certificates::issued.eq(signed.at.as_millis()),
            // It was taken from the certificate.
            certificates::tbs.eq(NOTHING),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The account under its id, or else the one that has its key; if there is neither, it is made again.
async fn account(conn: &mut Conn, signed: &Signed) -> Result<AccountId> {
    let id = signed.account.id;
    let known: Option<Vec<u8>> = accounts::table
        .find(id.as_bytes().as_slice())
        .select(accounts::id)
        .first(conn)
        .await
        .optional()?;
    if known.is_some() {
        return Ok(id);
    }
    let request = CreateAccount {
        account: signed.account.clone(),
        external_account_key_id: None,
    };
    Ok(create_account(conn, &request).await?.0.account.id)
}

/// No order has two certificates: one that was not finished is, by this one; one that was not begun never will be.
async fn end_order(conn: &mut Conn, unsigned: &Unsigned) -> Result<()> {
    let order = unsigned.order.as_bytes().as_slice();
    let known: Option<String> = locked!(
        orders::table
            .find(order)
            .filter(orders::serial.is_null())
            .select(orders::status),
    )
    .first(conn)
    .await
    .optional()?;
    let Some(status) = known else {
        return Ok(());
    };
    let (becomes, why) = if status == OrderStatus::Processing.as_str() {
        (OrderStatus::Valid, None)
    } else {
        let detail = "its certificate was issued, and the steps before that are lost; make a new order";
        let problem = Problem {
            kind: ErrorKind::OrderNotReady,
            detail: detail.to_owned(),
            subproblems: Vec::new(),
            observations: Vec::new(),
        };
        (OrderStatus::Invalid, Some(column::to_json(&problem)?))
    };
    diesel::update(orders::table.find(order))
        .set((
            orders::status.eq(becomes.as_str()),
            orders::serial.eq(unsigned.serial.as_bytes().as_slice()),
            orders::error.eq(why),
            orders::lease_owner.eq(None::<String>),
            orders::lease_deadline.eq(None::<i64>),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
