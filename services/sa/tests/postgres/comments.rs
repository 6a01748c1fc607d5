//! Whoever looks at the tables with `psql` is told what is in them.

use cairn_servers::{Postgres, Role};

use crate::migrated;

/// The relations and columns without a comment, but for partitions, which are as their table, and the list of migrations.
const SILENT: &str = "
    SELECT format('%s %s', relname, coalesce(attname, '')) FROM (
        SELECT relname, NULL AS attname, obj_description(oid, 'pg_class') AS told
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition
        UNION ALL
        SELECT relname, attname, col_description(attrelid, attnum)
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition
        AND attnum > 0 AND NOT attisdropped
    ) AS everything
    WHERE coalesce(told, '') = '' AND relname <> '__diesel_schema_migrations'";

#[test]
fn every_table_and_column_has_a_comment() {
    let database = migrated(Postgres::shared().unwrap());
    assert_eq!(database.sql(Role::Audit, SILENT).unwrap(), "");
    // One that has none is found.
    let silent = "COMMENT ON COLUMN orders.status IS NULL; COMMENT ON TABLE receipts IS NULL";
    database.sql(Role::Migrate, silent).unwrap();
    let found = database.sql(Role::Audit, SILENT).unwrap();
    let mut found: Vec<_> = found.lines().map(str::trim).collect();
    found.sort_unstable();
    assert_eq!(found, ["orders status", "receipts"]);
}
