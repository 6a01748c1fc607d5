//! What tells one issuance from another.

/// A part of rows that differs between issuances, and always has the same length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Order,
    Authorization,
    Account,
    Serial,
    /// SHA-256 over the account's JWK.
    Thumbprint,
    /// The x coordinate of the account's key, in base64url.
    KeyX,
    /// The first label of the only name.
    Name,
    /// As `UTCTime`, in the certificate.
    NotBefore,
    NotAfter,
    /// SHA-256 over the certificate.
    Digest,
}

impl Field {
    pub(super) const ALL: [Self; 10] = [
        Self::Order,
        Self::Authorization,
        Self::Account,
        Self::Serial,
        Self::Thumbprint,
        Self::KeyX,
        Self::Name,
        Self::NotBefore,
        Self::NotAfter,
        Self::Digest,
    ];
}

/// Who ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) id: [u8; 16],
    pub(super) key_x: [u8; 43],
    pub(super) thumbprint: [u8; 32],
}

/// All that is particular to an issuance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Values {
    pub(super) order: [u8; 16],
    pub(super) authorization: [u8; 16],
    pub(super) owner: Owner,
    pub(super) serial: [u8; 16],
    pub(super) name: [u8; 10],
    pub(super) not_before: [u8; 13],
    pub(super) not_after: [u8; 13],
    pub(super) digest: [u8; 32],
    /// How much later than that of the template it happened, in milliseconds.
    pub(super) shift: i64,
    /// The day in the serial.
    pub(super) day: i64,
}

impl Values {
    /// The octets of a field.
    pub(super) const fn get(&self, field: Field) -> &[u8] {
        match field {
            Field::Order => &self.order,
            Field::Authorization => &self.authorization,
            Field::Account => &self.owner.id,
            Field::Serial => &self.serial,
            Field::Thumbprint => &self.owner.thumbprint,
            Field::KeyX => &self.owner.key_x,
            Field::Name => &self.name,
            Field::NotBefore => &self.not_before,
            Field::NotAfter => &self.not_after,
            Field::Digest => &self.digest,
        }
    }
}

/// Octets as lower-case hexadecimal digits.
pub(super) fn hexadecimal(octets: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    octets
        .iter()
        .flat_map(|octet| [octet >> 4, octet & 15])
        .map(|digit| DIGITS[usize::from(digit)])
        .collect()
}
