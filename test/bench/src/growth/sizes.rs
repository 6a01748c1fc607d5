//! How much a database takes.

use anyhow::{Context, Result};
use cairn_servers::{Database, Role};

use super::template::TABLES;

/// What a table takes with all its partitions, in octets.
#[derive(Debug, Clone)]
pub(super) struct TableSize {
    pub(super) name: String,
    /// The rows themselves, and what of them is stored apart.
    pub(super) rows: u64,
    /// Each index by name.
    pub(super) indexes: Vec<(String, u64)>,
}

/// The size of the whole database, in octets.
pub(super) fn database(database: &Database) -> Result<u64> {
    let size = database.sql(Role::Migrate, "SELECT pg_database_size(current_database())")?;
    Ok(size.parse()?)
}

/// The sizes of the tables that grow.
pub(super) fn tables(database: &Database) -> Result<Vec<TableSize>> {
    let names = TABLES.into_iter().chain(["accounts"]);
    names.map(|name| table(database, name)).collect()
}

fn table(database: &Database, name: &str) -> Result<TableSize> {
    // An index of a partition belongs to that of the table.
    let rows = database.sql(
        Role::Migrate,
        &format!(
            "WITH parts AS (
                 SELECT '{name}'::regclass AS part UNION SELECT relid FROM pg_partition_tree('{name}')
             )
             SELECT '', sum(pg_table_size(part))::BIGINT FROM parts
             UNION ALL
             SELECT coalesce(parent.relname, own.relname), sum(pg_relation_size(own.oid))::BIGINT
             FROM parts
             JOIN pg_index ON pg_index.indrelid = part
             JOIN pg_class AS own ON own.oid = pg_index.indexrelid AND own.relkind = 'i'
             LEFT JOIN pg_inherits ON inhrelid = own.oid
             LEFT JOIN pg_class AS parent ON parent.oid = inhparent
             GROUP BY 1"
        ),
    )?;
    let mut size = TableSize {
        name: name.to_owned(),
        rows: 0,
        indexes: Vec::new(),
    };
    for row in rows.lines() {
        let (index, octets) = row.split_once('|').context("a column is missing")?;
        let octets = octets.parse()?;
        if index.is_empty() {
            size.rows = octets;
        } else {
            size.indexes.push((index.to_owned(), octets));
        }
    }
    size.indexes.sort();
    Ok(size)
}
