//! `PgBouncer` in transaction mode, with fewer connections than the storage authority wants.

use cairn_servers::{Database, PgBouncer, Postgres, Role};

use crate::stage::Stage;
use crate::writers::Writers;
use crate::{Storage, migrated};

/// The connections that `PgBouncer` has for sixteen of the storage authority.
const POOL: u32 = 4;

/// How many certificates each caller issues.
const ROUNDS: usize = 4;

fn storage(bouncer: &PgBouncer, database: &Database) -> Storage {
    let url = bouncer.url(database, Role::Sa).unwrap();
    Storage::at(database, &url).with(|postgres| postgres.prepared_statements = false)
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_share_few_connections() {
    let server = Postgres::shared().unwrap();
    let database = migrated(server);
    let bouncer = PgBouncer::start(server, POOL).unwrap();
    let first = Stage::on(storage(&bouncer, &database)).await;
    let second = Stage::on(storage(&bouncer, &database)).await;
    let writers = Writers::default();
    tokio::join!(writers.run(&first, 16, ROUNDS), writers.run(&second, 16, ROUNDS));
    assert_eq!(writers.count(), 2 * 16 * ROUNDS);
    writers.check(&first, &database).await;

    // A statement that stayed behind would meet one of the same name from another process.
    let left = "SELECT count(*) FROM pg_prepared_statements";
    for _ in 0..2 * POOL {
        assert_eq!(bouncer.sql(&database, Role::Sa, left).unwrap(), "0");
    }
    // Nothing of a transaction is left for the next one.
    let settings = "SELECT current_setting('cairn.request', true), current_setting('statement_timeout')";
    assert_eq!(bouncer.sql(&database, Role::Sa, settings).unwrap(), "|0");
}
