//! What maintenance does, told line by line.

use std::fmt;

use super::months::Month;
use super::tables::Table;

/// A step of maintenance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A partition is made for the rows of a month.
    Create(Partition),
    /// As `Create`; rows of the month are in the default partition, and nobody else uses the table while they move.
    Move(Partition),
    /// The rows of a month go away.
    Remove(Partition),
    /// The rows of a month go away, except those about accounts.
    Thin(Partition),
    /// How many rows a `Remove` or `Thin` has deleted so far.
    Progress(Partition, u64),
}

/// The rows of a month in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Partition {
    pub(crate) table: Table,
    pub(crate) month: Month,
}

impl Partition {
    pub(crate) const fn new(table: Table, month: Month) -> Self {
        Self { table, month }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table.partition(self.month))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(partition) => write!(f, "create {partition}"),
            Self::Move(partition) => {
                let from = partition.table.default_partition();
                write!(f, "create {partition} and move rows from {from} to it")
            }
            Self::Remove(partition) => write!(f, "drop {partition}"),
            Self::Thin(partition) => write!(f, "drop {partition}, except what is about accounts"),
            Self::Progress(partition, rows) => write!(f, "drop {partition}: {rows} so far"),
        }
    }
}
