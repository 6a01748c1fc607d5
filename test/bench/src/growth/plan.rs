//! What is filled in: when each certificate was issued, for whom, and under which ids.

use cairn_types::Timestamp;
use openssl::sha::sha256;

use super::values::{Owner, Values};

/// How long ago the first certificate was issued, in milliseconds: 365 days.
const SPAN: i64 = 365 * DAY;
const DAY: i64 = 86_400_000;

/// How long before the end of a month its last issuance begins, in milliseconds: no part of it is in the next.
const MARGIN: i64 = 600_000;

/// Certificates for each account.
const PER_ACCOUNT: u64 = 50;

/// A month, of which each table has a partition.
#[derive(Debug, Clone)]
pub(super) struct Month {
    /// As in the names of partitions: `2026_11`.
    pub(super) name: String,
    /// Its first moment, in milliseconds since 1970.
    pub(super) from: i64,
    /// The first moment after it.
    pub(super) until: i64,
}

/// The issuances of a year.
#[derive(Debug)]
pub(super) struct Plan {
    template: Values,
    /// When that of the template began.
    began: i64,
    /// Its validity, in milliseconds since 1970.
    validity: [i64; 2],
    count: u64,
    owners: Vec<Owner>,
}

/// Numbers that look random, the same for the same seed (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn octets(&mut self) -> [u8; 16] {
        (u128::from(self.next()) << 64 | u128::from(self.next())).to_be_bytes()
    }

    /// A UUIDv7 of that moment.
    fn id(&mut self, moment: i64) -> [u8; 16] {
        let mut id = self.octets();
        id[..6].copy_from_slice(&moment.to_be_bytes()[2..]);
        id[6] = 0x70 | id[6] & 0x0f;
        id[8] = 0x80 | id[8] & 0x3f;
        id
    }
}

impl Plan {
    /// `count` issuances like that of the template, which began at `began` with the last of them; `jwk` is the key
    /// of its account.
    pub(super) fn new(template: &Values, began: i64, validity: [i64; 2], jwk: &str, count: u64) -> Self {
        let owner = |index: u64| {
            // They were there before the first certificate.
            let moment = began - SPAN + i64::try_from(index).unwrap_or_default();
            let mut numbers = Numbers(!index);
            let mut owner = Owner {
                id: numbers.id(moment),
                ..template.owner
            };
            for digit in owner.key_x.iter_mut().take(40) {
                *digit = b'a' + u8::try_from(numbers.next() % 26).unwrap_or_default();
            }
            let (old, new) = (
                String::from_utf8_lossy(&template.owner.key_x),
                String::from_utf8_lossy(&owner.key_x),
            );
            owner.thumbprint = sha256(jwk.replace(&*old, &new).as_bytes());
            owner
        };
        Self {
            template: template.clone(),
            began,
            validity,
            count,
            owners: (0..count.div_ceil(PER_ACCOUNT)).map(owner).collect(),
        }
    }

    /// The moments between which everything happens.
    pub(super) const fn period(&self) -> [i64; 2] {
        [self.began - SPAN, self.began]
    }

    /// What an account's rows differ in.
    pub(super) fn accounts(&self) -> impl Iterator<Item = Values> {
        self.owners.iter().zip(0..).map(|(owner, index)| Values {
            owner: *owner,
            shift: index - SPAN,
            ..self.template.clone()
        })
    }

    /// The issuances of a month, by number.
    pub(super) fn within(&self, month: &Month) -> std::ops::Range<u64> {
        let first = |moment: i64| {
            let (mut low, mut high) = (0, self.count);
            while low < high {
                let middle = low.midpoint(high);
                if self.moment(middle) < moment {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            low
        };
        first(month.from)..first(month.until)
    }

    /// When an issuance is to begin; in whole seconds after or before the template's.
    fn moment(&self, index: u64) -> i64 {
        let part = i128::from(SPAN) * i128::from(index + 1) / i128::from(self.count);
        let before = SPAN - i64::try_from(part).unwrap_or(SPAN);
        self.began - before / 1000 * 1000
    }

    /// What the rows of an issuance of that month differ in.
    pub(super) fn values(&self, index: u64, month: &Month) -> Values {
        let latest = (month.until - MARGIN - self.began).div_euclid(1000) * 1000;
        let shift = (self.moment(index) - self.began).min(latest);
        let moment = self.began + shift;
        let mut numbers = Numbers(index);
        let owner = usize::try_from(numbers.next()).unwrap_or_default() % self.owners.len();
        let day = moment / DAY;
        let mut serial = numbers.octets();
        serial[0] = self.template.serial[0];
        serial[1..3].copy_from_slice(&u16::try_from(day).unwrap_or(u16::MAX).to_be_bytes());
        let mut name = *b"h000000000";
        for (digit, decimal) in name.iter_mut().skip(1).rev().zip(0..) {
            *digit = b'0' + u8::try_from(index / 10_u64.pow(decimal) % 10).unwrap_or_default();
        }
        Values {
            order: numbers.id(moment),
            authorization: numbers.id(moment),
            owner: self.owners[owner],
            serial,
            name,
            not_before: utc_time(self.validity[0] + shift),
            not_after: utc_time(self.validity[1] + shift),
            digest: [0; 32],
            shift,
            day,
        }
    }
}

/// A moment as `UTCTime` (RFC 5280 section 4.1.2.5.1).
pub(super) fn utc_time(moment: i64) -> [u8; 13] {
    let text = Timestamp::from_millis(moment).floor_secs().to_rfc3339();
    let mut digits = text.bytes().filter(u8::is_ascii_digit).skip(2);
    let mut time = [b'Z'; 13];
    for digit in &mut time[..12] {
        *digit = digits.next().unwrap_or(b'0');
    }
    time
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000_000;

    fn plan(count: u64) -> Plan {
        let template = Values {
            order: [1; 16],
            authorization: [2; 16],
            owner: Owner {
                id: [3; 16],
                key_x: [b'x'; 43],
                thumbprint: [4; 32],
            },
            serial: [5; 16],
            name: *b"h000000000",
            not_before: utc_time(NOW),
            not_after: utc_time(NOW + DAY),
            digest: [6; 32],
            shift: 0,
            day: NOW / DAY,
        };
        let jwk = format!("{{\"x\":\"{}\"}}", "x".repeat(43));
        Plan::new(&template, NOW, [NOW, NOW + DAY], &jwk, count)
    }

    #[test]
    fn times_as_in_certificates() {
        assert_eq!(&utc_time(0), b"700101000000Z");
        assert_eq!(&utc_time(1_795_000_000_999), b"261118110640Z");
    }

    #[test]
    fn each_issuance_is_in_one_month_with_all_its_parts() {
        let plan = plan(1000);
        let [from, until] = plan.period();
        let middle = from + 100 * DAY;
        let months = [(from, middle), (middle, until + 1)].map(|(from, until)| Month {
            name: String::new(),
            from,
            until,
        });
        let ranges = months.clone().map(|month| plan.within(&month));
        assert_eq!((ranges[0].start, ranges[1].end), (0, 1000));
        assert_eq!(ranges[0].end, ranges[1].start);
        for (month, range) in months.iter().zip(ranges) {
            for index in range {
                let values = plan.values(index, month);
                let mut moment = [0; 8];
                moment[2..].copy_from_slice(&values.order[..6]);
                let moment = i64::from_be_bytes(moment);
                assert!((month.from..month.until).contains(&moment), "{index}");
                assert_eq!(moment, NOW + values.shift);
                assert_eq!(values.shift % 1000, 0);
                assert_eq!(values.serial[1..3], values.day.to_be_bytes()[6..]);
            }
        }
        assert_eq!(&plan.values(123, &months[0]).name, b"h000000123");
    }

    #[test]
    fn accounts_have_keys_of_their_own() {
        let accounts: Vec<_> = plan(100).accounts().collect();
        assert_eq!(accounts.len(), 2);
        assert_ne!(accounts[0].owner, accounts[1].owner);
        let key = String::from_utf8_lossy(&accounts[1].owner.key_x).into_owned();
        let jwk = format!("{{\"x\":\"{key}\"}}");
        assert_eq!(accounts[1].owner.thumbprint, sha256(jwk.as_bytes()));
    }
}
