//! PgBouncer between a client and PostgreSQL.

use anyhow::Result;
use cairn_servers::{PgBouncer, Postgres, Role};

#[test]
fn a_pool_answers_for_each_role() -> Result<()> {
    let server = Postgres::shared()?;
    let database = server.database()?;
    let bouncer = PgBouncer::start(server, 5)?;
    for role in Role::ALL {
        // The connection to PostgreSQL has TLS too.
        let question = "SELECT current_user, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        let answer = bouncer.sql(&database, role, question)?;
        assert_eq!(answer, format!("{}|t", role.user()));
    }
    bouncer.sql(&database, Role::Migrate, "CREATE TABLE things (id bigint)")?;
    let rows = bouncer.sql(
        &database,
        Role::Sa,
        "BEGIN; INSERT INTO things VALUES (1); COMMIT; TABLE things",
    )?;
    assert_eq!(rows, "1");
    let config = bouncer.console("SHOW CONFIG")?;
    assert!(config.contains("\npool_mode|transaction|"), "{config}");
    Ok(())
}
