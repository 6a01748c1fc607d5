//! A server is restored from a backup, as it was at some point.

use anyhow::Result;
use cairn_servers::{Options, Postgres, Role, Target};

#[test]
fn a_server_is_restored_up_to_a_point() -> Result<()> {
    let server = Postgres::start_with(Options {
        archive: true,
        ..Options::default()
    })?;
    let database = server.database()?;
    let insert = |id: u32| database.sql(Role::Sa, &format!("INSERT INTO things VALUES ({id})"));
    database.sql(Role::Migrate, "CREATE TABLE things (id bigint)")?;
    insert(1)?;
    let backup = server.base_backup()?;
    insert(2)?;
    server.restore_point("before the mistake")?;
    insert(3)?;
    server.archive_wal()?;
    server.stop_immediately()?;

    for (target, rows) in [
        (Target::Point("before the mistake".to_owned()), "1\n2"),
        (Target::End, "1\n2\n3"),
    ] {
        let restored = backup.restore(Options::default(), &server.archive(), target)?;
        let database = restored.existing_database(database.name())?;
        assert_eq!(
            database.sql(Role::Audit, "SELECT id FROM things ORDER BY id")?,
            rows
        );
        database.sql(Role::Sa, "INSERT INTO things VALUES (4)")?;
    }
    Ok(())
}
