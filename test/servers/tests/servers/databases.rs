//! Databases and their roles.

use std::process::Command;

use anyhow::Result;
use cairn_servers::{Database, Options, Postgres, Role};

/// The text of the error that a role gets for a statement.
fn refusal(database: &Database, role: Role, statement: &str) -> String {
    match database.sql(role, statement) {
        Ok(rows) => panic!("{role:?}: {statement}: {rows}"),
        Err(error) => format!("{error:#}"),
    }
}

#[test]
fn a_database_is_reached_over_tls_by_each_role() -> Result<()> {
    let database = Postgres::shared()?.database()?;
    for role in Role::ALL {
        let row = database.sql(
            role,
            "SELECT current_user, current_database(), ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        )?;
        assert_eq!(row, format!("{}|{}|t|TLSv1.3", role.user(), database.name()));
    }
    Ok(())
}

#[test]
fn a_role_can_do_what_it_must_and_nothing_else() -> Result<()> {
    let database = Postgres::shared()?.database()?;
    // Only the owner of the schema changes it; a partition is a table like any other.
    let tables = "CREATE TABLE things (id bigint PRIMARY KEY) PARTITION BY RANGE (id);
                  CREATE TABLE things_1 PARTITION OF things DEFAULT;";
    for role in [Role::Sa, Role::Audit] {
        let refused = refusal(&database, role, "CREATE TABLE mine (id bigint)");
        assert!(
            refused.contains("permission denied for schema public") || refused.contains("read-only"),
            "{refused}"
        );
        let refused = refusal(&database, role, "CREATE TEMPORARY TABLE mine (id bigint)");
        assert!(
            refused.contains("permission denied to create temporary") || refused.contains("read-only"),
            "{refused}"
        );
    }
    database.sql(Role::Migrate, tables)?;

    let changes = "INSERT INTO things VALUES (1), (2); UPDATE things SET id = 3 WHERE id = 2;
                   DELETE FROM things_1 WHERE id = 1; SELECT id FROM things;";
    assert_eq!(database.sql(Role::Sa, changes)?, "3");
    for statement in [
        "DROP TABLE things",
        "ALTER TABLE things ADD note text",
        "CREATE INDEX ON things (id)",
    ] {
        let refused = refusal(&database, Role::Sa, statement);
        assert!(refused.contains("must be owner of table things"), "{refused}");
    }
    let refused = refusal(&database, Role::Sa, "TRUNCATE things");
    assert!(
        refused.contains("permission denied for table things"),
        "{refused}"
    );

    assert_eq!(database.sql(Role::Audit, "SELECT id FROM things_1")?, "3");
    // Being read-only is a default that a session may change; the missing privilege is not.
    let insert = "SET default_transaction_read_only = off; INSERT INTO things VALUES (4)";
    let refused = refusal(&database, Role::Audit, insert);
    assert!(
        refused.contains("permission denied for table things"),
        "{refused}"
    );
    Ok(())
}

#[test]
fn nobody_else_has_any_privilege() -> Result<()> {
    let server = Postgres::shared()?;
    let database = server.database()?;
    let functions = "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'";
    database.sql(Role::Migrate, functions)?;
    let refused = refusal(&database, Role::Sa, "SELECT one()");
    assert!(
        refused.contains("permission denied for function one"),
        "{refused}"
    );
    let privileges = "SELECT has_database_privilege('public', current_database(), 'CONNECT'),
                             has_database_privilege('public', current_database(), 'TEMP'),
                             has_schema_privilege('public', 'public', 'USAGE')";
    assert_eq!(server.sql(database.name(), privileges)?, "f|f|f");
    Ok(())
}

#[test]
fn a_template_is_made_once_and_copied() -> Result<()> {
    let server = Postgres::start()?;
    let mut made = 0;
    let mut copy = || {
        server.database_like("rows", |database| {
            made += 1;
            let statements = "CREATE TABLE rows (id bigint); INSERT INTO rows VALUES (7);";
            database.sql(Role::Migrate, statements).map(drop)
        })
    };
    let (first, second) = (copy()?, copy()?);
    assert_eq!(made, 1);
    assert_eq!(first.sql(Role::Sa, "DELETE FROM rows RETURNING id")?, "7");
    assert_eq!(second.sql(Role::Sa, "SELECT id FROM rows")?, "7");

    // The next database takes the place of those that nobody holds.
    drop((first, second));
    let third = server.database()?;
    let names = "SELECT string_agg(datname, ' ') FROM pg_database WHERE datname LIKE 'test%'";
    assert_eq!(server.sql("postgres", names)?, third.name());
    Ok(())
}

#[test]
fn a_wrong_password_is_refused() -> Result<()> {
    let database = Postgres::shared()?.database()?;
    for url in [database.url(Role::Sa), database.socket_url(Role::Sa)] {
        let output = Command::new("psql")
            .env("PGPASSWORD", database.password(Role::Audit))
            .args(["--no-psqlrc", "--no-password", "--command", "SELECT 1", &url])
            .output()?;
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains("password authentication failed"), "{error}");
    }
    Ok(())
}

#[test]
fn without_tls_there_is_the_socket_only() -> Result<()> {
    let database = Postgres::shared()?.database()?;
    let psql = |url: &str| {
        Command::new("psql")
            .env(
                "PGPASSWORD",
                std::fs::read_to_string(database.password_file(Role::Sa))?,
            )
            .args([
                "--no-psqlrc",
                "--no-align",
                "--tuples-only",
                "--command",
                "SELECT current_user",
                url,
            ])
            .output()
    };
    let output = psql(&database.socket_url(Role::Sa))?;
    assert_eq!(String::from_utf8_lossy(&output.stdout), "cairn_sa\n");
    let output = psql(
        &database
            .url(Role::Sa)
            .replace("sslmode=verify-full", "sslmode=disable"),
    )?;
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("no pg_hba.conf entry"), "{error}");
    Ok(())
}

/// Runs a file of `deploy/postgres` once more.
fn run_again(server: &Postgres, database: &str, file: &str) -> Result<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/postgres");
    server.sql(database, &format!("\\include '{folder}/{file}'"))
}

#[test]
fn the_files_for_operators_may_be_run_again() -> Result<()> {
    let server = Postgres::shared()?;
    let database = server.database()?;
    database.sql(
        Role::Migrate,
        "CREATE TABLE kept (id bigint); REVOKE ALL ON kept FROM cairn_sa;",
    )?;
    run_again(server, "postgres", "roles.sql")?;
    run_again(server, database.name(), "database.sql")?;
    // Neither a password nor what a migration took away is back to what it was.
    assert_eq!(database.sql(Role::Sa, "SELECT 1")?, "1");
    let refused = refusal(&database, Role::Sa, "TABLE kept");
    assert!(refused.contains("permission denied for table kept"), "{refused}");
    Ok(())
}

#[test]
fn no_password_is_in_the_log() -> Result<()> {
    let settings = [("log_statement", "all"), ("log_min_duration_statement", "0")];
    let server = Postgres::start_with(Options {
        settings: settings
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..Options::default()
    })?;
    let database = server.database()?;
    let log = std::fs::read_to_string(server.log())?;
    assert!(log.contains("ALTER DATABASE"), "{log}");
    for role in Role::ALL {
        assert!(!log.contains(database.password(role)), "{role:?}");
    }
    Ok(())
}
