//! The transactions on certificates.

use cairn_rpc::api::sa::{RevokeCertificate, StoredTbs, Unsigned};
use cairn_types::{Certificate, Error, ErrorKind, OrderStatus, Serial, Timestamp};
use cairn_x509::signed_part;
use diesel::dsl::{case_when, exists};
use diesel::sql_types::Binary;
use diesel::{ExpressionMethods, IntoSql, OptionalExtension, QueryDsl, SelectableHelper};

use super::{Conn, RunQueryDsl};
use crate::certificates::Stored;
use crate::certificates::rows::{CertificateRow, NOTHING, NewCertificateRow};
use crate::db::column;
use crate::db::errors::{Failure, Result, refusal, refuse};
use crate::db::prepared::prepared;
use crate::db::schema::{certificates, orders, replacements};

const PROCESSING: &str = OrderStatus::Processing.as_str();
const VALID: &str = OrderStatus::Valid.as_str();
const INVALID: &str = OrderStatus::Invalid.as_str();

/// The key of a certificate's row, which names its partition too.
fn key(serial: &Serial) -> (&[u8], i64) {
    (serial.as_bytes(), serial.day_number())
}

/// What is stored for the order now, and whether this call stored it.
pub(crate) async fn store_tbs(
    conn: &mut Conn,
    unsigned: &Unsigned,
    now: &Timestamp,
) -> Result<(StoredTbs, bool)> {
    // The order's row decides: it takes one serial, once.
    let taken: Option<Vec<u8>> = prepared!(
        diesel::update(orders::table.find(unsigned.order.as_bytes().as_slice()))
            .filter(orders::account_id.eq(unsigned.account.as_bytes().as_slice()))
            .filter(orders::status.eq(PROCESSING))
            .filter(orders::serial.is_null())
            .set(orders::serial.eq(unsigned.serial.as_bytes().as_slice()))
            .returning(orders::id)
    )
    .get_result(conn)
    .await
    .optional()?;
    if taken.is_none() {
        return Ok((earlier_tbs(conn, unsigned).await?, false));
    }
    let inserted = diesel::insert_into(certificates::table)
        .values(NewCertificateRow::encode(unsigned, *now)?)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    if inserted == 1 {
        Ok((
            StoredTbs {
                unsigned: unsigned.clone(),
                certificate: None,
            },
            true,
        ))
    } else {
        refuse(Error::conflict(format!(
            "the serial {} is taken",
            unsigned.serial
        )))
    }
}

async fn earlier_tbs(conn: &mut Conn, unsigned: &Unsigned) -> Result<StoredTbs> {
    let (account, status, serial): (Vec<u8>, String, Option<Vec<u8>>) = orders::table
        .find(unsigned.order.as_bytes().as_slice())
        .select((orders::account_id, orders::status, orders::serial))
        .first(conn)
        .await
        .optional()?
        .ok_or_else(|| refusal(Error::not_found("order")))?;
    if account != unsigned.account.as_bytes() {
        return refuse(Error::conflict("the order is another account's"));
    }
    // What an invalid order has must not be signed any more.
    let Some(serial) = serial.filter(|_| status != INVALID) else {
        return refuse(Error::conflict(format!("the order is {status}")));
    };
    let serial = Serial::from_slice(&serial).map_err(column::damaged("serial"))?;
    let (row, tbs): (CertificateRow, Vec<u8>) = certificates::table
        .find(key(&serial))
        .select((CertificateRow::as_select(), certificates::tbs))
        .first(conn)
        .await?;
    row.decode_stored(tbs)
}

/// Keeps what was signed, whatever became of its order: a signature cannot be taken back.
pub(crate) async fn store_certificate(
    conn: &mut Conn,
    serial: &Serial,
    der: &[u8],
    now: &Timestamp,
) -> Result<Stored> {
    // A certificate contains what was to be signed, which is not kept twice. What is not in it stays beside it, for the
    // audit to find.
    let contained = signed_part(der).unwrap_or_default();
    let left =
        case_when(certificates::tbs.eq(contained), NOTHING.into_sql::<Binary>()).otherwise(certificates::tbs);
    let stored: Option<CertificateRow> = prepared!(
        diesel::update(certificates::table.find(key(serial)))
            .filter(certificates::der.is_null())
            .set((
                certificates::der.eq(der),
                certificates::issued.eq(now.as_millis()),
                certificates::tbs.eq(left),
            ))
            .returning(CertificateRow::as_returning())
    )
    .get_result(conn)
    .await
    .optional()?;
    let Some(row) = stored else {
        let stored = Stored {
            certificate: get_certificate(conn, serial).await?,
            new: false,
            order: order_status(conn, serial).await?,
        };
        // Where the order has ended, that is the answer, whatever the bytes.
        return if stored.order == OrderStatus::Valid && stored.certificate.der != der {
            refuse(Error::conflict("another certificate with this serial is stored"))
        } else {
            Ok(stored)
        };
    };
    let finished: Option<Vec<u8>> = prepared!(
        diesel::update(orders::table.find(&row.order_id))
            .filter(orders::status.eq(PROCESSING))
            .filter(orders::serial.eq(serial.as_bytes().as_slice()))
            .set((
                orders::status.eq(VALID),
                orders::lease_owner.eq(None::<String>),
                orders::lease_deadline.eq(None::<i64>),
            ))
            .returning(orders::id)
    )
    .get_result(conn)
    .await
    .optional()?;
    Ok(Stored {
        certificate: decode_signed(row)?,
        new: true,
        order: if finished.is_some() {
            OrderStatus::Valid
        } else {
            order_status(conn, serial).await?
        },
    })
}

/// What became of the order that a certificate is for.
async fn order_status(conn: &mut Conn, serial: &Serial) -> Result<OrderStatus> {
    let status: String = certificates::table
        .inner_join(orders::table)
        .filter(certificates::serial.eq(serial.as_bytes().as_slice()))
        .filter(certificates::day.eq(serial.day_number()))
        .select(orders::status)
        .first(conn)
        .await?;
    column::text("order status", &status)
}

fn decode_signed(row: CertificateRow) -> Result<Certificate> {
    row.decode()?
        .ok_or(Failure::Fault("a stored certificate has no bytes"))
}

pub(crate) async fn get_certificate(conn: &mut Conn, serial: &Serial) -> Result<Certificate> {
    let row: Option<CertificateRow> = certificates::table
        .find(key(serial))
        .select(CertificateRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(CertificateRow::decode)
        .transpose()?
        .flatten()
        .ok_or_else(|| refusal(Error::not_found("certificate")))
}

/// The revoked certificate, and whether this call revoked it.
pub(crate) async fn revoke_certificate(
    conn: &mut Conn,
    request: &RevokeCertificate,
) -> Result<(Certificate, bool)> {
    let revocation = request.revocation;
    let revoked: Option<CertificateRow> = prepared!(
        diesel::update(certificates::table.find(key(&request.serial)))
            .filter(certificates::der.is_not_null())
            .filter(certificates::revoked.is_null())
            .set((
                certificates::revoked.eq(revocation.at.as_millis()),
                certificates::revocation_reason.eq(i64::from(revocation.reason.code())),
                certificates::revoked_by.eq(&request.by),
            ))
            .returning(CertificateRow::as_returning())
    )
    .get_result(conn)
    .await
    .optional()?;
    if let Some(row) = revoked {
        return Ok((decode_signed(row)?, true));
    }
    let certificate = get_certificate(conn, &request.serial).await?;
    let by: Option<String> = certificates::table
        .find(key(&request.serial))
        .select(certificates::revoked_by)
        .first(conn)
        .await?;
    if certificate.revocation == Some(revocation) && by.as_ref() == Some(&request.by) {
        // A repeated call, whose first answer was lost.
        Ok((certificate, false))
    } else {
        refuse(Error::new(
            ErrorKind::AlreadyRevoked,
            "the certificate is revoked already",
        ))
    }
}

pub(crate) async fn is_replaced(conn: &mut Conn, serial: &Serial) -> Result<bool> {
    let replacing = replacements::table
        .inner_join(orders::table)
        .filter(replacements::serial.eq(serial.as_bytes().as_slice()))
        .filter(replacements::day.eq(serial.day_number()))
        .filter(orders::status.eq(VALID));
    Ok(diesel::select(exists(replacing)).get_result(conn).await?)
}
