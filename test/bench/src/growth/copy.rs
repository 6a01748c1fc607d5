//! PostgreSQL's binary form of COPY.

use anyhow::{Context, Result, ensure};

/// What is before the rows: a signature, no flags, no extension.
pub(super) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What is after them.
pub(super) const END: &[u8] = b"\xff\xff";

/// A row as it was read: NULL is none.
pub(super) type Row = Vec<Option<Vec<u8>>>;

/// The rows of a table that was copied out.
pub(super) fn parse(octets: &[u8]) -> Result<Vec<Row>> {
    let mut reader = Reader(octets.strip_prefix(HEADER).context("this is no binary COPY")?);
    let mut rows = Vec::new();
    loop {
        let columns = i16::from_be_bytes(reader.array()?);
        let Ok(columns) = usize::try_from(columns) else {
            ensure!(reader.0.is_empty(), "there is something after the last row");
            return Ok(rows);
        };
        rows.push((0..columns).map(|_| reader.cell()).collect::<Result<_>>()?);
    }
}

/// The length that stands before a cell.
pub(super) fn length(cell: Option<&[u8]>) -> Result<[u8; 4]> {
    Ok(cell
        .map_or(Ok(-1), |octets| i32::try_from(octets.len()))?
        .to_be_bytes())
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take(&mut self, count: usize) -> Result<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(count).context("the rows end early")?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        Ok(self.take(N)?.try_into()?)
    }

    fn cell(&mut self) -> Result<Option<Vec<u8>>> {
        match usize::try_from(i32::from_be_bytes(self.array()?)) {
            Ok(length) => Ok(Some(self.take(length)?.to_vec())),
            Err(_) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_with_and_without_values() {
        let mut octets = HEADER.to_vec();
        octets.extend(b"\0\x02\0\0\0\x03abc\xff\xff\xff\xff");
        octets.extend(b"\0\x01\0\0\0\0");
        let cut = octets.len();
        octets.extend(END);
        let rows = parse(&octets).unwrap();
        assert_eq!(rows, [vec![Some(b"abc".to_vec()), None], vec![Some(Vec::new())]]);
        assert!(parse(&octets[..cut]).is_err());
        assert!(parse(&octets[1..]).is_err());
        octets.push(0);
        assert!(parse(&octets).is_err());
        assert_eq!(length(Some(b"abc")).unwrap(), [0, 0, 0, 3]);
        assert_eq!(length(None).unwrap(), [0xff; 4]);
    }
}
