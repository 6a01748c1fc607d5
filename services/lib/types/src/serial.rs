//! Serial numbers: 16 octets of prefix, day and randomness.

use std::fmt;
use std::str::FromStr;

use crate::{Clock, Error, Rng, Timestamp};

/// A certificate's serial number.
///
/// Octet 0 is the prefix of the issuing CA instance (0x01 to 0x7f, so the DER integer is positive
/// and always 16 octets), octets 1 and 2 are the number of days since 1970, which lead a look-up to its
/// partition, and the other 13 octets (104 bits) come from the CSPRNG; CA/B rules ask for 64.
/// Its text form is 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial([u8; 16]);

/// Why a serial could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SerialError {
    /// The prefix is outside 0x01..=0x7f.
    #[error("a serial prefix is 1 to 127, not {0}")]
    Prefix(u8),
}

impl Serial {
    /// A fresh serial of today.
    pub fn new(prefix: u8, clock: &dyn Clock, rng: &dyn Rng) -> Result<Self, SerialError> {
        if !(0x01..=0x7f).contains(&prefix) {
            return Err(SerialError::Prefix(prefix));
        }
        let mut bytes = [0; 16];
        rng.fill(&mut bytes[3..]);
        bytes[0] = prefix;
        let day = u16::try_from(clock.now().as_secs() / 86_400).unwrap_or(u16::MAX);
        bytes[1..3].copy_from_slice(&day.to_be_bytes());
        Ok(Self(bytes))
    }

    /// The serial with these octets, as in a certificate's serial number field.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Error> {
        <[u8; 16]>::try_from(bytes)
            .ok()
            .filter(|bytes| (0x01..=0x7f).contains(&bytes[0]))
            .map(Self)
            .ok_or_else(|| Error::not_found("certificate"))
    }

    /// The content octets of the DER integer.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Midnight of the day on which the serial was made.
    pub fn day(&self) -> Timestamp {
        Timestamp::from_secs(self.day_number() * 86_400)
    }

    /// The day on which the serial was made, in days since 1970: the partition that its certificate is in.
    pub fn day_number(&self) -> i64 {
        i64::from(u16::from_be_bytes([self.0[1], self.0[2]]))
    }
}

impl FromStr for Serial {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = text.as_bytes();
        let lower_hex = |digit: &u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
        if digits.len() != 32 || !digits.iter().all(lower_hex) {
            return Err(Error::not_found("certificate"));
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let value = |digit: u8| {
                if digit <= b'9' {
                    digit - b'0'
                } else {
                    digit - b'a' + 10
                }
            };
            *byte = value(pair[0]) << 4 | value(pair[1]);
        }
        Self::from_slice(&bytes)
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "serial {self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::fixed::{Counter, FixedClock};

    #[test]
    fn a_serial_carries_prefix_and_day() {
        let serial = Serial::new(0x7f, &FixedClock(20_000 * 86_400_000 + 5), &Counter::default()).unwrap();
        assert_eq!(serial.to_string(), "7f4e20000102030405060708090a0b0c");
        assert_eq!(serial.day(), Timestamp::from_secs(20_000 * 86_400));
        assert_eq!(serial.day_number(), 20_000);
        assert_eq!(serial.to_string().parse(), Ok(serial));
    }

    #[test]
    fn a_serial_that_der_would_reshape_is_refused() {
        let make = |prefix| Serial::new(prefix, &FixedClock(0), &Counter::default());
        assert_eq!(make(0), Err(SerialError::Prefix(0)));
        assert_eq!(make(0x80), Err(SerialError::Prefix(0x80)));
        for text in [
            "",
            "7f",
            "004e20000102030405060708090a0b0c",
            "7F4E20000102030405060708090A0B0C",
            "é",
        ] {
            assert!(text.parse::<Serial>().is_err(), "{text}");
        }
    }
}
