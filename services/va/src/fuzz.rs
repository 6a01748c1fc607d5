//! What fuzzing programs reach of the parsers here: `test/fuzz`.

use hickory_proto::rr::rdata::CAA;

pub use crate::caa::permits;
pub use crate::dns::authenticates;
pub use crate::http::answers;

/// CAA records as octets: for each its flags, the length of its tag, the tag, the length of its value, the value. None
/// if they are something else.
pub fn caa_records(mut data: &[u8]) -> Option<Vec<CAA>> {
    let mut records = Vec::new();
    while let [flags, length, rest @ ..] = data {
        let (tag, rest) = rest.split_at_checked(usize::from(*length))?;
        let (length, rest) = rest.split_first()?;
        let (value, rest) = rest.split_at_checked(usize::from(*length))?;
        let mut record = CAA::new_issue(flags & 0x80 != 0, None, Vec::new());
        record.reserved_flags = flags & 0x7f;
        record.tag = String::from_utf8(tag.to_vec()).ok()?;
        record.value = value.to_vec();
        records.push(record);
        data = rest;
    }
    data.is_empty().then_some(records)
}
