//! Rows as they are some time after they were made, in SQL that both backends take.

use std::time::Duration;

use cairn_types::Timestamp;

use crate::noon;

/// Writes octets in the SQL of a backend.
pub(crate) type Octets = fn(&str) -> String;

/// A UUIDv7 of noon of a day, as hexadecimal digits; `number` tells it from others of that day.
pub(crate) fn id(day: &str, number: u32) -> String {
    format!("{:012x}7000800000000000{number:04x}", noon(day).as_millis())
}

/// The serial of a certificate from a day, and the number of that day.
pub(crate) fn serial(day: &str, number: u32) -> (String, i64) {
    let days = noon(day).as_secs() / 86_400;
    (format!("01{days:04x}{number:026x}"), days)
}

const EMPTY: &str = "'[]'";

pub(crate) fn account(octets: Octets, day: &str) -> String {
    let id = id(day, 0);
    format!(
        "INSERT INTO accounts (id, jwk, thumbprint, status, contact, created) VALUES ({}, '{{}}', {}, 'valid', {EMPTY}, {});",
        octets(&id),
        octets(&format!("{id}{id}")),
        noon(day).as_millis()
    )
}

/// A row of the audit trail, whatever it says.
pub(crate) fn entry(octets: Octets, subject: &str, position: u32) -> String {
    format!(
        "INSERT INTO audit_entries (position, at, subject, event, state, hash) VALUES ({position}, 0, {}, 'test', 'valid', {});",
        octets(subject),
        octets(&"00".repeat(32))
    )
}

/// An authorization, and two receipts.
pub(crate) fn authorization(octets: Octets, account: &str, id: &str, expires: Timestamp) -> String {
    let (account, id, expires) = (octets(account), octets(id), expires.as_millis());
    let mut text = format!(
        "INSERT INTO authorizations (id, account_id, identifier_type, identifier, status, expires, challenges, validated, created)
         VALUES ({id}, {account}, 'dns', 'a.example', 'valid', {expires}, {EMPTY}, 0, 0);"
    );
    for position in 0..2 {
        let insert = format!(
            "INSERT INTO receipts (authorization_id, position, created, receipt) VALUES ({id}, {position}, 0, {});",
            octets("00")
        );
        text.push_str(&insert);
    }
    text
}

/// An order that was made at noon of a day, to be finalized within a week.
pub(crate) struct Order<'a> {
    pub(crate) account: &'a str,
    pub(crate) day: &'a str,
    pub(crate) authorization: &'a str,
    /// Its serial and the last moment of the certificate; `invalid` if there is none.
    pub(crate) certificate: Option<((String, i64), Timestamp)>,
}

impl Order<'_> {
    pub(crate) fn id(&self) -> String {
        id(self.day, 2)
    }

    pub(crate) fn sql(&self, octets: Octets) -> String {
        let (account, order) = (octets(self.account), octets(&self.id()));
        let expires = noon(self.day) + Duration::from_secs(7 * 86_400);
        let (status, serial) = match &self.certificate {
            Some(((serial, _), _)) => ("valid", octets(serial)),
            None => ("invalid", "NULL".to_owned()),
        };
        let mut text = format!(
            "INSERT INTO orders (id, account_id, status, expires, identifiers, profile, authorizations, awaiting, serial, created)
             VALUES ({order}, {account}, '{status}', {}, {EMPTY}, 'classic', {}, 0, {serial}, 0);",
            expires.as_millis(),
            octets(self.authorization)
        );
        if let Some(((_, day), not_after)) = &self.certificate {
            let insert = format!(
                "INSERT INTO certificates (serial, day, order_id, account_id, profile, issuer, identifiers, spki, not_before, not_after, created, tbs)
                 VALUES ({serial}, {day}, {order}, {account}, 'classic', 'e1', {EMPTY}, {}, 0, {}, 0, {});",
                octets(&"00".repeat(32)),
                not_after.as_millis(),
                octets("00")
            );
            text.push_str(&insert);
        }
        text
    }
}

pub(crate) fn replacement(octets: Octets, (serial, day): &(String, i64), order: &str) -> String {
    format!(
        "INSERT INTO replacements (serial, day, order_id) VALUES ({}, {day}, {});",
        octets(serial),
        octets(order)
    )
}
