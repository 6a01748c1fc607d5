//! Octets with blanks for what differs between issuances: learned from one issuance, filled in for millions.

use super::values::{Field, Values, hexadecimal};

/// Smaller numbers are not moments: this is a day in 2001, in milliseconds since 1970.
const EARLIEST_MOMENT: i64 = 1_000_000_000_000;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Text,
    Octets,
}

/// What is filled into a blank.
#[derive(Debug, Clone, Copy)]
enum Blank {
    Raw(Field),
    Hexadecimal(Field),
    /// A moment of the template, which is shifted.
    Moment(i64),
    Day,
}

/// A run of octets with blanks in it.
#[derive(Debug, Default)]
pub(super) struct Piece {
    octets: Vec<u8>,
    blanks: Vec<(usize, Blank)>,
}

impl Piece {
    /// How long it is so far.
    pub(super) const fn len(&self) -> usize {
        self.octets.len()
    }

    /// Adds what is always the same.
    pub(super) fn add(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }

    /// Adds a value of the template, with blanks for what in it is one of the template's `values`.
    pub(super) fn learn(&mut self, kind: Kind, octets: &[u8], values: &Values) {
        let start = self.octets.len();
        self.add(octets);
        if kind == Kind::Number {
            let number = <[u8; 8]>::try_from(octets).map_or(0, i64::from_be_bytes);
            if number >= EARLIEST_MOMENT {
                self.blanks.push((start, Blank::Moment(number)));
            } else if number == values.day {
                self.blanks.push((start, Blank::Day));
            }
            return;
        }
        for field in Field::ALL {
            let value = values.get(field);
            let mut blank = |value: &[u8], blank: Blank| {
                let found = octets.windows(value.len()).enumerate();
                let found = found.filter(|(_, window)| *window == value);
                self.blanks.extend(found.map(|(at, _)| (start + at, blank)));
            };
            blank(value, Blank::Raw(field));
            if kind == Kind::Text {
                blank(&hexadecimal(value), Blank::Hexadecimal(field));
            }
        }
    }

    /// Appends it to `out` with the blanks filled.
    pub(super) fn write(&self, values: &Values, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.octets);
        let mut put = |at: usize, octets: &[u8]| {
            let at = start + at;
            out[at..at + octets.len()].copy_from_slice(octets);
        };
        for (at, blank) in &self.blanks {
            match blank {
                Blank::Raw(field) => put(*at, values.get(*field)),
                Blank::Hexadecimal(field) => put(*at, &hexadecimal(values.get(*field))),
                Blank::Moment(moment) => put(*at, &(moment + values.shift).to_be_bytes()),
                Blank::Day => put(*at, &values.day.to_be_bytes()),
            }
        }
    }
}
