//! A small strict DER reader, which shares nothing with the encoder that it checks.

use super::LintError;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The tag octet of a context-specific element, primitive or constructed.
pub(super) const fn context(number: u8, constructed: bool) -> u8 {
    0x80 | number | if constructed { 0x20 } else { 0 }
}

/// One element.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    /// Header and content.
    pub(super) whole: &'a [u8],
}

/// Reads elements one after another.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Whether the next element has this tag.
    pub(super) fn is_next(&self, tag: u8) -> bool {
        self.rest.first() == Some(&tag)
    }

    /// The next element, whatever it is.
    pub(super) fn next(&mut self) -> Result<Element<'a>, LintError> {
        let (tag, header, length) = read_header(self.rest).ok_or_else(malformed)?;
        let end = header.checked_add(length).ok_or_else(malformed)?;
        let whole = self.rest.get(..end).ok_or_else(malformed)?;
        self.rest = &self.rest[end..];
        Ok(Element {
            tag,
            content: &whole[header..],
            whole,
        })
    }

    /// The content of the next element, which must have this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Result<&'a [u8], LintError> {
        if self.is_next(tag) {
            self.next().map(|element| element.content)
        } else {
            Err(malformed())
        }
    }

    /// A reader of the content of the next element, which must have this tag.
    pub(super) fn enter(&mut self, tag: u8) -> Result<Self, LintError> {
        self.expect(tag).map(Self::new)
    }

    /// Makes sure that nothing follows.
    pub(super) fn end(&self) -> Result<(), LintError> {
        if self.is_empty() { Ok(()) } else { Err(malformed()) }
    }
}

/// Tag, length of the header and length of the content. One octet of tag, the shortest form of the length.
fn read_header(octets: &[u8]) -> Option<(u8, usize, usize)> {
    let (&tag, rest) = octets.split_first()?;
    let (&first, rest) = rest.split_first()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (header, length) = match first {
        0..=0x7f => (2, usize::from(first)),
        0x81 => (3, usize::from(*rest.first().filter(|length| **length >= 0x80)?)),
        0x82 => {
            let length = u16::from_be_bytes([*rest.first()?, *rest.get(1)?]);
            (4, usize::from(length).checked_sub(0x100)? + 0x100)
        }
        _ => return None,
    };
    Some((tag, header, length))
}

fn malformed() -> LintError {
    LintError::new("X.690 section 10", "the octets are not the DER of a certificate")
}
