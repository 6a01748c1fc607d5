//! The file in which spent nonces wait for the next process.
//!
//! A line that names the format; since when anything is known, and from which minute on, 8 octets each; then
//! for every minute its number (8 octets), how many nonces it has (4) and their fingerprints (5 each). Numbers
//! are big endian.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use cairn_types::Timestamp;

use super::minutes::{Fingerprint, Minutes};

const FORMAT: &[u8] = b"cairn spent nonces 1\n";

/// The content of the file, which is gone then. `None` if there is none.
pub(super) fn take(path: &Path) -> Result<Option<Vec<u8>>, String> {
    let taken = fs::read(path).and_then(|bytes| fs::remove_file(path).map(|()| bytes));
    match taken {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("nonces.spent_file: {}: {error}", path.display())),
    }
}

/// Writes the file whole or not at all.
pub(super) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let mut options = File::options();
    let mut file = options
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)
}

pub(super) fn encode(minutes: &Minutes) -> Vec<u8> {
    let mut bytes = FORMAT.to_vec();
    bytes.extend(minutes.since.as_millis().to_be_bytes());
    bytes.extend(minutes.open_from.to_be_bytes());
    for (minute, nonces) in minutes.iter() {
        bytes.extend(minute.to_be_bytes());
        bytes.extend((nonces.len() as u32).to_be_bytes());
        for Fingerprint(nonce) in nonces {
            bytes.extend(nonce);
        }
    }
    bytes
}

/// `None` if the content is not that of a whole file.
pub(super) fn decode(bytes: &[u8]) -> Option<Minutes> {
    let mut rest = bytes.strip_prefix(FORMAT)?;
    let mut minutes = Minutes::since(Timestamp::from_millis(i64::from_be_bytes(next(&mut rest)?)));
    minutes.open_from = i64::from_be_bytes(next(&mut rest)?);
    while !rest.is_empty() {
        let minute = i64::from_be_bytes(next(&mut rest)?);
        let count = u32::from_be_bytes(next(&mut rest)?) as usize;
        let (nonces, after) = rest.split_at_checked(count.checked_mul(Fingerprint::LENGTH)?)?;
        let (nonces, _) = nonces.as_chunks();
        minutes.put(minute, nonces.iter().copied().map(Fingerprint));
        rest = after;
    }
    Some(minutes)
}

fn next<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}
