//! Certificate ids of renewal information (RFC 9773 section 4.1).

use std::fmt;
use std::str::FromStr;

use cairn_types::Error;

use crate::base64url;

/// The longest authority key identifier that is looked at; serials have at most 20 octets (RFC 5280).
const MAX_KEY_IDENTIFIER: usize = 64;
const MAX_SERIAL: usize = 20;

/// Names a certificate by its issuer and serial: `base64url(AKI keyIdentifier) "." base64url(serial)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CertificateId {
    /// The `keyIdentifier` of the certificate's authority key identifier extension.
    pub key_identifier: Vec<u8>,
    /// The content octets of the DER serial number, leading zero included.
    pub serial: Vec<u8>,
}

impl FromStr for CertificateId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parse = || {
            let (key_identifier, serial) = text.split_once('.')?;
            let id = Self {
                key_identifier: base64url::decode(key_identifier).ok()?,
                serial: base64url::decode(serial).ok()?,
            };
            let fits = (1..=MAX_KEY_IDENTIFIER).contains(&id.key_identifier.len())
                && (1..=MAX_SERIAL).contains(&id.serial.len());
            fits.then_some(id)
        };
        parse().ok_or_else(|| {
            Error::malformed(
                "a certificate id is base64url(authority key identifier).base64url(serial number)",
            )
        })
    }
}

impl fmt::Display for CertificateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{}",
            base64url::encode(&self.key_identifier),
            base64url::encode(&self.serial)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_9773() {
        let text = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE";
        let id: CertificateId = text.parse().unwrap();
        assert_eq!(
            hex::encode_upper(&id.key_identifier),
            "69885B6B87464041E1B37B847BA0AE2CDE01C8D4"
        );
        assert_eq!(hex::encode(&id.serial), "0087654321");
        assert_eq!(id.to_string(), text);
    }

    #[test]
    fn other_texts_are_refused() {
        let long = format!("AA.{}", "A".repeat(28));
        for text in [
            "", ".", "AA", "AA.", ".AA", "AA.AA.AA", "AA=.AA", "AA.A B", "AB.AA", &long,
        ] {
            assert!(text.parse::<CertificateId>().is_err(), "{text}");
        }
    }
}
