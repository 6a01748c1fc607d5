//! Databases on PostgreSQL.

use cairn_kit::Secret;
use cairn_sa::DatabaseConfig;
use cairn_servers::{Database, Postgres, Role};
use cairn_types::Timestamp;

/// An empty database, migrated at some time.
pub(crate) fn migrated(now: Timestamp) -> Database {
    let database = Postgres::shared().unwrap().database().unwrap();
    let owner = config(&database, Role::Migrate);
    let migrated = std::thread::spawn(move || cairn_sa::migrate(&owner, 2, now));
    migrated.join().unwrap().unwrap();
    database
}

/// How a role reaches the database.
pub(crate) fn config(database: &Database, role: Role) -> DatabaseConfig {
    DatabaseConfig {
        password_file: Some(Secret::from_bytes(database.password(role))),
        ..DatabaseConfig::new(database.socket_url(role).parse().unwrap())
    }
}

pub(crate) fn octets(hex: &str) -> String {
    format!("'\\x{hex}'::bytea")
}

/// What a query of one column gives.
pub(crate) fn rows(database: &Database, query: &str) -> Vec<String> {
    let rows = database.sql(Role::Audit, query).unwrap();
    rows.lines().map(str::to_owned).collect()
}

/// Takes the triggers of the audit trail away: tests write it themselves.
pub(crate) fn drop_triggers(database: &Database) {
    let drop = "DO $$ DECLARE name RECORD; BEGIN
        FOR name IN SELECT tgname, tgrelid::regclass AS on_table FROM pg_trigger WHERE NOT tgisinternal AND tgparentid = 0 LOOP
            EXECUTE format('DROP TRIGGER %I ON %s', name.tgname, name.on_table);
        END LOOP;
    END $$;";
    database.sql(Role::Migrate, drop).unwrap();
}
