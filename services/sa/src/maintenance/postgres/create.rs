//! Partitions made ahead, and late.

use cairn_types::Timestamp;
use diesel::QueryResult;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};

use super::{Month, Storage, Table, Tell, end, in_default, lock, partitioned};
use crate::maintenance::actions::{Action, Partition};

/// Makes the partitions that are missing: for the month of `now`, for `ahead` more, and for those of the rows in
/// default partitions, which move. With `dry_run` nothing is done but told.
pub(crate) async fn create_ahead(
    conn: &mut AsyncPgConnection,
    ahead: u32,
    now: Timestamp,
    dry_run: bool,
    tell: Tell<'_>,
) -> QueryResult<()> {
    for table in Table::ALL {
        let there = partitioned(conn, table).await?;
        let late = in_default(conn, table).await?;
        let current = Month::of(now);
        let mut wanted = late.clone();
        wanted.extend((0..=ahead).map(|months| current.plus(months)));
        for month in wanted.difference(&there) {
            let partition = Partition::new(table, *month);
            tell(if late.contains(month) {
                Action::Move(partition)
            } else {
                Action::Create(partition)
            });
            if !dry_run {
                create(conn, table, *month).await?;
            }
        }
    }
    Ok(())
}

/// Makes a partition beside its table, so that rows can move into it before it takes their place.
async fn create(conn: &mut AsyncPgConnection, table: Table, month: Month) -> QueryResult<()> {
    let partition = table.partition(month);
    lock::begin(conn, &[table]).await?;
    let made = conn
        .batch_execute(&format!(
            "CREATE TABLE {partition} (LIKE {table} INCLUDING ALL);
             WITH moved AS (DELETE FROM {} WHERE {} RETURNING *) INSERT INTO {partition} SELECT * FROM moved;
             {}",
            table.default_partition(),
            table.within(month, AsyncPgConnection::octets),
            attach(table, month),
        ))
        .await;
    end(conn, made).await
}

/// The statements that put a table among the partitions. As after the migrations, the service has rights on the table
/// that is partitioned, and none on a partition: those would allow what is not allowed there.
pub(super) fn attach(table: Table, month: Month) -> String {
    let partition = table.partition(month);
    let least = |month| table.least(month, AsyncPgConnection::octets);
    let (from, to) = (least(month), least(month.next()));
    format!(
        "ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES FROM ({from}) TO ({to});
         COMMENT ON TABLE {partition} IS 'The part of `{table}` that belongs to a month.';
         DO $$ BEGIN
             IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cairn_sa') THEN
                 REVOKE ALL ON {partition} FROM cairn_sa;
             END IF;
         END $$;"
    )
}
