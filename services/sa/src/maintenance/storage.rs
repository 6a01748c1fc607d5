//! What the rules of retention ask of a database, and what they have done to it.

use std::collections::BTreeSet;

use diesel::QueryResult;

use super::actions::{Action, Partition};
use super::months::Month;
use super::tables::{Key, Table, month_of_id};

/// Whoever is told what is done.
pub(crate) type Tell<'a> = &'a mut dyn FnMut(Action);

/// Rows that leave together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Removal {
    /// The tables they are in, those that refer to others first.
    pub(crate) tables: &'static [Table],
    pub(crate) month: Month,
    /// Whether rows whose key is that of an account stay.
    pub(crate) except_accounts: bool,
}

impl Removal {
    /// What is told about it.
    pub(crate) fn actions(&self) -> impl Iterator<Item = Action> + use<> {
        let (month, except_accounts) = (self.month, self.except_accounts);
        self.tables.iter().map(move |table| {
            let partition = Partition::new(*table, month);
            if except_accounts {
                Action::Thin(partition)
            } else {
                Action::Remove(partition)
            }
        })
    }
}

/// A database whose rows are kept for a time. The texts are SQL that every backend takes.
pub(crate) trait Storage {
    /// Octets as SQL.
    fn octets(octets: &[u8]) -> String;

    /// The values of a query of octets.
    async fn octets_of(&mut self, query: &str) -> QueryResult<Vec<Vec<u8>>>;

    /// The values of a query of numbers.
    async fn numbers_of(&mut self, query: &str) -> QueryResult<Vec<i64>>;

    /// The months that a table has rows, or a partition, of.
    async fn months(&mut self, table: Table) -> QueryResult<BTreeSet<Month>>;

    /// Removes rows. Tells how far it is if that takes long.
    async fn remove(&mut self, removal: &Removal, tell: Tell<'_>) -> QueryResult<()>;
}

/// Whether there is a row: `rest` is what follows the columns of a SELECT.
pub(crate) async fn finds<S: Storage>(db: &mut S, rest: &str) -> QueryResult<bool> {
    let query = format!("SELECT count(*) FROM (SELECT 1 AS one {rest} LIMIT 1) AS found");
    Ok(db.numbers_of(&query).await?.iter().any(|count| *count > 0))
}

/// The months of the rows in `relation`, which is `table` or a part of it. With ids it looks for the first row, then for
/// the first one after its month, and so on.
pub(crate) async fn months_in<S: Storage>(
    db: &mut S,
    table: Table,
    relation: &str,
) -> QueryResult<BTreeSet<Month>> {
    let column = table.column();
    if table.key() == Key::Day {
        let days = db
            .numbers_of(&format!("SELECT DISTINCT {column} FROM {relation}"))
            .await?;
        return Ok(days.into_iter().map(Month::of_day).collect());
    }
    let mut months = BTreeSet::new();
    let mut from = Month::FIRST;
    loop {
        let least = table.least(from, S::octets);
        let query =
            format!("SELECT {column} FROM {relation} WHERE {column} >= {least} ORDER BY {column} LIMIT 1");
        let first = db.octets_of(&query).await?;
        let Some(month) = first.first().map(|id| month_of_id(id)) else {
            return Ok(months);
        };
        // The last of all months has none after it.
        if !months.insert(month) {
            return Ok(months);
        }
        from = month.next();
    }
}
