//! Transactions of no meaning that end badly, on a real server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cairn_kit::{Metrics, Secret};
use cairn_rpc::RequestId;
use cairn_servers::{Database, Role};
use cairn_types::Timestamp;
use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use futures_util::FutureExt;
use tokio::sync::Barrier;

use super::*;
use crate::db::tx::Turn;
use crate::trail::Origin;

const SHORT: Duration = Duration::from_millis(300);

/// When the tests are, for the partitions of that time.
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// The server looks for deadlocks after a second.
const LONG: Duration = Duration::from_secs(60);

struct Stage {
    db: Postgres,
    measures: Measures,
    database: Database,
}

impl Stage {
    /// A table `numbers` of two rows, and a pool of `pool` connections.
    async fn new(pool: usize, sessions: bool, statement_timeout: Duration) -> Self {
        let server = cairn_servers::Postgres::shared().unwrap();
        let database = server.database().unwrap();
        let migrated = config(&database, Role::Migrate);
        let migrated = tokio::task::spawn_blocking(move || crate::migrate(&migrated, 2, NOW));
        migrated.await.unwrap().unwrap();
        let table = "CREATE TABLE numbers (id bigint PRIMARY KEY, number bigint NOT NULL); \
                     INSERT INTO numbers VALUES (1, 0), (2, 0);";
        database.sql(Role::Migrate, table).unwrap();
        let mut config = config(&database, Role::Sa);
        config.postgres.pool = pool;
        config.postgres.prepared_statements = sessions;
        config.postgres.statement_timeout = statement_timeout;
        let measures = Measures::register(&Metrics::new());
        let crate::Location::Postgres(server) = &config.url else {
            panic!("{:?}", config.url)
        };
        let db = Postgres::open(server, &config, measures.clone()).await.unwrap();
        Self {
            db,
            measures,
            database,
        }
    }

    /// Which session of the server is used: always the same, unless its connection was given up.
    async fn session(&self) -> i64 {
        let session = self.db.read("session", |conn| session(conn).boxed());
        session.await.unwrap()
    }

    fn numbers(&self) -> String {
        let question = "SELECT number FROM numbers ORDER BY id";
        self.database.sql(Role::Sa, question).unwrap()
    }
}

fn config(database: &Database, role: Role) -> DatabaseConfig {
    DatabaseConfig {
        password_file: Some(Secret::from_bytes(database.password(role))),
        ..DatabaseConfig::new(database.socket_url(role).parse().unwrap())
    }
}

fn origin() -> Origin {
    Origin {
        request: RequestId::NONE,
        actor: None,
    }
}

fn taking(turn: i64) -> Beginning {
    Beginning::from(origin()).taking_turns(Some(Turn(turn)))
}

async fn session(conn: &mut Conn) -> Result<i64> {
    let session = sql::<BigInt>("pg_backend_pid()::bigint");
    Ok(diesel::select(session).get_result(conn).await?)
}

#[tokio::test]
async fn a_statement_that_takes_too_long_says_so_and_its_connection_stays() {
    for sessions in [true, false] {
        let stage = Stage::new(1, sessions, SHORT).await;
        let before = stage.session().await;
        let read = stage
            .db
            .read("sleep", |conn| conn.batch("SELECT pg_sleep(60)").boxed())
            .await;
        let write = stage
            .db
            .write("sleep", origin(), |conn| {
                conn.batch("UPDATE numbers SET number = 1; SELECT pg_sleep(60)")
                    .boxed()
            })
            .await;
        for result in [read, write] {
            let failure = result.unwrap_err();
            assert!(matches!(failure, Failure::TooSlow { .. }), "{failure:?}");
            assert!(
                failure
                    .to_string()
                    .starts_with("a statement took longer than 300ms"),
                "{failure}"
            );
        }
        assert_eq!(stage.measures.retries.get(), 0);
        assert_eq!(stage.session().await, before);
        assert_eq!(stage.numbers(), "0\n0");
    }
}

#[tokio::test]
async fn what_was_left_unfinished_takes_its_connection_along() {
    for sessions in [true, false] {
        let stage = Stage::new(1, sessions, SHORT).await;
        // A query that panics after it wrote.
        let before = stage.session().await;
        let result: Result<()> = stage
            .db
            .write("panic", origin(), |conn| {
                Box::pin(async {
                    conn.batch("UPDATE numbers SET number = 1").await?;
                    panic!("as planned")
                })
            })
            .await;
        assert!(matches!(result, Err(Failure::Fault(_))), "{result:?}");
        let after = stage.session().await;
        assert_ne!(after, before);
        assert_eq!(stage.numbers(), "0\n0");

        // A caller that does not wait for the answer.
        let impatient = tokio::time::timeout(
            Duration::from_millis(1),
            stage
                .db
                .read("sleep", |conn| conn.batch("SELECT pg_sleep(0.2)").boxed()),
        );
        impatient.await.unwrap_err();
        assert_ne!(stage.session().await, after);
    }
}

#[tokio::test]
async fn a_deadlock_is_resolved() {
    let stage = Stage::new(2, true, LONG).await;
    let attempts = Arc::new(AtomicU32::new(0));
    let both_hold = Arc::new(Barrier::new(2));
    let add = |first: i64, second: i64| {
        let (attempts, both_hold) = (Arc::clone(&attempts), Arc::clone(&both_hold));
        stage.db.write("add", origin(), move |conn| {
            let (attempts, both_hold) = (Arc::clone(&attempts), Arc::clone(&both_hold));
            Box::pin(async move {
                let update = |id| format!("UPDATE numbers SET number = number + 1 WHERE id = {id}");
                conn.batch(&update(first)).await?;
                if attempts.fetch_add(1, Ordering::SeqCst) < 2 {
                    both_hold.wait().await;
                }
                conn.batch(&update(second)).await
            })
        })
    };
    let (one, other) = tokio::join!(add(1, 2), add(2, 1));
    one.unwrap();
    other.unwrap();
    assert_eq!(stage.numbers(), "2\n2");
    assert_eq!(AtomicU32::load(&attempts, Ordering::SeqCst), 3);
    assert_eq!(stage.measures.retries.get(), 1);
}

/// Both run at the same time: each waits for the other.
#[tokio::test]
async fn who_has_another_turn_does_not_wait() {
    let stage = Stage::new(2, true, LONG).await;
    let meeting = Arc::new(Barrier::new(2));
    let meet = |turn| {
        let meeting = Arc::clone(&meeting);
        stage.db.write("meet", taking(turn), move |_| {
            let meeting = Arc::clone(&meeting);
            Box::pin(async move {
                meeting.wait().await;
                Ok(())
            })
        })
    };
    let (one, other) = tokio::join!(meet(1), meet(2));
    one.unwrap();
    other.unwrap();
}

/// None reads what another is about to change, though none locks the row before it changes it.
#[tokio::test]
async fn those_who_take_turns_see_what_was_done_before() {
    for sessions in [true, false] {
        let stage = Stage::new(4, sessions, LONG).await;
        let add = || {
            stage.db.write("add", taking(1), |conn| {
                Box::pin(async {
                    let number = sql::<BigInt>("number FROM numbers WHERE id = 1");
                    let number: i64 = diesel::select(number).get_result(conn).await?;
                    let next = number + 1;
                    conn.batch(&format!("UPDATE numbers SET number = {next} WHERE id = 1"))
                        .await
                })
            })
        };
        let added = futures_util::future::join_all((0..20).map(|_| add())).await;
        added.into_iter().collect::<Result<Vec<()>>>().unwrap();
        assert_eq!(stage.numbers(), "20\n0");
    }
}

#[tokio::test]
async fn a_turn_that_does_not_come_is_given_up_and_the_connection_stays() {
    let stage = Stage::new(2, true, SHORT).await;
    let (taken, done) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let holding = {
        let steps = (Arc::clone(&taken), Arc::clone(&done));
        stage.db.write("hold", taking(1), move |_| {
            let (taken, done) = steps.clone();
            Box::pin(async move {
                taken.wait().await;
                done.wait().await;
                Ok(())
            })
        })
    };
    let waiting = async {
        taken.wait().await;
        let before = stage.session().await;
        let failure = stage
            .db
            .write("wait", taking(1), |_| Box::pin(async { Ok(()) }))
            .await
            .unwrap_err();
        assert!(matches!(failure, Failure::TooSlow { .. }), "{failure:?}");
        assert_eq!(stage.session().await, before);
        done.wait().await;
    };
    let (result, ()) = tokio::join!(holding, waiting);
    result.unwrap();
}
