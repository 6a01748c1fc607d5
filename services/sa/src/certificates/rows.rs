//! Certificates as rows.

use cairn_rpc::api::sa::{StoredTbs, Unsigned};
use cairn_types::{Certificate, Revocation, RevocationReason, Serial, SpkiHash, Timestamp};
use cairn_x509::signed_part;
use diesel::{Insertable, Queryable, Selectable};

use crate::db::column;
use crate::db::errors::{Failure, Result};
use crate::db::schema::certificates;

/// In place of the octets to be signed of which there is a certificate now.
pub(crate) const NOTHING: &[u8] = &[];

/// What both forms of a certificate share.
#[derive(Queryable, Selectable)]
#[diesel(table_name = certificates)]
pub(crate) struct CertificateRow {
    serial: Vec<u8>,
    /// The order it is for.
    pub(crate) order_id: Vec<u8>,
    account_id: Vec<u8>,
    profile: String,
    issuer: String,
    identifiers: String,
    spki: Vec<u8>,
    not_before: i64,
    not_after: i64,
    created: i64,
    revoked: Option<i64>,
    revocation_reason: Option<i64>,
    /// The signed bytes, once there are any.
    pub(crate) der: Option<Vec<u8>>,
}

impl CertificateRow {
    /// The certificate; none if it was not signed yet.
    pub(crate) fn decode(mut self) -> Result<Option<Certificate>> {
        let Some(der) = self.der.take() else {
            return Ok(None);
        };
        let revocation = self.revocation()?;
        let prepared = Timestamp::from_millis(self.created);
        let unsigned = self.decode_unsigned(Vec::new())?;
        Ok(Some(Certificate {
            serial: unsigned.serial,
            order: unsigned.order,
            account: unsigned.account,
            profile: unsigned.profile,
            issuer: unsigned.issuer,
            identifiers: unsigned.identifiers,
            spki: unsigned.spki,
            not_before: unsigned.not_before,
            not_after: unsigned.not_after,
            der,
            prepared,
            revocation,
        }))
    }

    /// What is stored for the order, whose TBS is this, or is in the certificate.
    pub(crate) fn decode_stored(mut self, tbs: Vec<u8>) -> Result<StoredTbs> {
        let certificate = self.der.take();
        let tbs = match &certificate {
            Some(der) if tbs == NOTHING => signed_part(der).map_err(|error| Failure::Damaged {
                what: "certificate",
                why: error.to_string(),
            })?,
            _ => tbs,
        };
        Ok(StoredTbs {
            unsigned: self.decode_unsigned(tbs)?,
            certificate,
        })
    }

    fn decode_unsigned(self, tbs: Vec<u8>) -> Result<Unsigned> {
        Ok(Unsigned {
            serial: Serial::from_slice(&self.serial).map_err(column::damaged("serial"))?,
            order: column::id(&self.order_id)?,
            account: column::id(&self.account_id)?,
            profile: column::text("profile", &self.profile)?,
            issuer: self.issuer,
            identifiers: column::json("identifiers", &self.identifiers)?,
            spki: SpkiHash::from_slice(&self.spki).map_err(column::damaged("spki"))?,
            not_before: Timestamp::from_millis(self.not_before),
            not_after: Timestamp::from_millis(self.not_after),
            tbs,
        })
    }

    fn revocation(&self) -> Result<Option<Revocation>> {
        let (Some(at), Some(code)) = (self.revoked, self.revocation_reason) else {
            return Ok(None);
        };
        let reason = RevocationReason::from_code(code).ok_or_else(|| Failure::Damaged {
            what: "revocation reason",
            why: code.to_string(),
        })?;
        Ok(Some(Revocation {
            at: Timestamp::from_millis(at),
            reason,
        }))
    }
}

/// What is about to be signed, to store.
#[derive(Insertable)]
#[diesel(table_name = certificates, treat_none_as_default_value = false)]
pub(crate) struct NewCertificateRow<'a> {
    serial: &'a [u8],
    day: i64,
    order_id: &'a [u8],
    account_id: &'a [u8],
    profile: &'a str,
    issuer: &'a str,
    identifiers: String,
    spki: &'a [u8],
    not_before: i64,
    not_after: i64,
    created: i64,
    tbs: &'a [u8],
}

impl<'a> NewCertificateRow<'a> {
    pub(crate) fn encode(unsigned: &'a Unsigned, now: Timestamp) -> Result<Self> {
        Ok(Self {
            serial: unsigned.serial.as_bytes(),
            day: unsigned.serial.day_number(),
            order_id: unsigned.order.as_bytes(),
            account_id: unsigned.account.as_bytes(),
            profile: unsigned.profile.as_str(),
            issuer: &unsigned.issuer,
            identifiers: column::to_json(&unsigned.identifiers)?,
            spki: &unsigned.spki.0,
            not_before: unsigned.not_before.as_millis(),
            not_after: unsigned.not_after.as_millis(),
            created: now.as_millis(),
            tbs: &unsigned.tbs,
        })
    }
}
