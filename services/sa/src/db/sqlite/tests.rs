//! The threads, with transactions of no meaning.

use std::path::PathBuf;
use std::sync::mpsc;

use cairn_kit::Metrics;
use cairn_rpc::RequestId;
use cairn_types::{Error, ErrorKind};
use diesel::connection::SimpleConnection;
use diesel::{Connection, RunQueryDsl, SqliteConnection};
use futures_util::future::join_all;
use tempfile::TempDir;

use super::Sqlite;
use crate::config::Sqlite as Config;
use crate::db::OpenError;
use crate::db::errors::{Failure, Result, refuse};
use crate::db::tx::Measures;
use crate::trail::Origin;

const GROUP: usize = 8;

struct Stage {
    db: Sqlite,
    measures: Measures,
    directory: TempDir,
}

impl Stage {
    /// A database with a table `numbers` of one column.
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sa.db");
        super::migrate(&path).unwrap();
        let table = "CREATE TABLE numbers (number INTEGER PRIMARY KEY CHECK (number < 100)) STRICT";
        SqliteConnection::establish(path.to_str().unwrap())
            .unwrap()
            .batch_execute(table)
            .unwrap();
        let measures = Measures::register(&Metrics::new());
        let db = Sqlite::open(&path, &config(), measures.clone()).unwrap();
        Self {
            db,
            measures,
            directory,
        }
    }

    /// Makes the writer wait until the returned sender is dropped, so that what comes next forms a group.
    async fn hold(&self) -> mpsc::Sender<()> {
        let (release, held) = mpsc::channel::<()>();
        let (begun, begins) = tokio::sync::oneshot::channel();
        let mut begun = Some(begun);
        let (job, _) = super::job::new(move |_| {
            let _ = begun.take().map(|begun| begun.send(()));
            let _ = held.recv();
            Ok(())
        });
        self.db.writer.give(job).unwrap();
        begins.await.unwrap();
        release
    }

    async fn insert(&self, number: i64) -> Result<()> {
        self.db
            .write("insert", origin(), move |conn| insert(conn, number))
            .await
    }

    async fn numbers(&self) -> Vec<i64> {
        self.db.read("numbers", |conn| Ok(numbers(conn))).await.unwrap()
    }
}

fn config() -> Config {
    Config {
        group_commit: GROUP,
        readers: 2,
    }
}

fn origin() -> Origin {
    Origin {
        request: RequestId::NONE,
        actor: None,
    }
}

fn insert(conn: &mut SqliteConnection, number: i64) -> Result<()> {
    diesel::sql_query(format!("INSERT INTO numbers VALUES ({number})")).execute(conn)?;
    Ok(())
}

fn numbers(conn: &mut SqliteConnection) -> Vec<i64> {
    diesel::dsl::sql::<diesel::sql_types::BigInt>("SELECT number FROM numbers ORDER BY number")
        .load(conn)
        .unwrap()
}

#[tokio::test]
async fn who_waits_together_commits_together() {
    let stage = Stage::new();
    let before = stage.measures.commits.get();
    let release = stage.hold().await;
    let inserts = async {
        tokio::join!(join_all((0..20).map(|number| stage.insert(number))), async {
            drop(release);
        })
    };
    let results = inserts.await.0;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(stage.numbers().await, (0..20).collect::<Vec<_>>());
    // One for the job that held the writer, then 20 in groups of up to 8.
    assert_eq!(stage.measures.commits.get() - before, 1 + 3);
}

#[tokio::test]
async fn a_failure_is_rolled_back_alone() {
    let stage = Stage::new();
    let release = stage.hold().await;
    let refused = stage.db.write("refused", origin(), |conn| -> Result<()> {
        insert(conn, 50)?;
        refuse(Error::conflict("changed my mind"))
    });
    let panicked = stage.db.write("panicked", origin(), |conn| -> Result<()> {
        insert(conn, 51)?;
        panic!("a bug")
    });
    let results = tokio::join!(
        stage.insert(1),
        refused,
        stage.insert(2),
        panicked,
        stage.insert(100),
        stage.insert(2),
        stage.insert(3),
        async {
            drop(release);
        },
    );
    assert!(results.0.is_ok() && results.2.is_ok() && results.6.is_ok());
    assert!(matches!(results.1, Err(Failure::Refused(error)) if error.kind() == ErrorKind::Conflict));
    assert!(matches!(results.3, Err(Failure::Fault(_))));
    assert!(matches!(results.4, Err(Failure::Sql(_))));
    assert!(matches!(results.5, Err(Failure::Sql(_))));
    assert_eq!(stage.numbers().await, [1, 2, 3]);
}

#[tokio::test]
async fn nobody_is_answered_before_the_commit() {
    let stage = Stage::new();
    // The transaction around the job is ended behind its back, so that its commit fails, each time.
    let spoil = |conn: &mut SqliteConnection| -> Result<()> {
        insert(conn, 5)?;
        conn.batch_execute("ROLLBACK").map_err(Failure::from)
    };
    let release = stage.hold().await;
    let results = tokio::join!(stage.insert(1), stage.db.write("spoil", origin(), spoil), async {
        drop(release);
    });
    assert!(
        matches!(results.0, Err(Failure::NotCommitted(_))),
        "{:?}",
        results.0
    );
    assert!(
        matches!(results.1, Err(Failure::NotCommitted(_))),
        "{:?}",
        results.1
    );
    assert_eq!(stage.measures.retries.get(), 2);
    // The writer goes on, on a new connection.
    stage.insert(7).await.unwrap();
    assert_eq!(stage.numbers().await, [7]);
}

#[tokio::test]
async fn what_was_asked_for_is_done_though_nobody_waits() {
    let stage = Stage::new();
    let release = stage.hold().await;
    let (job, waiting) = super::job::new(|conn: &mut SqliteConnection| insert(conn, 9));
    stage.db.writer.give(job).unwrap();
    drop(waiting);
    drop(release);
    stage.insert(10).await.unwrap();
    assert_eq!(stage.numbers().await, [9, 10]);
}

#[tokio::test]
async fn readers_do_not_wait_and_do_not_write() {
    let stage = Stage::new();
    stage.insert(1).await.unwrap();
    let release = stage.hold().await;
    assert_eq!(stage.numbers().await, [1], "while the writer is at work");
    let written = stage.db.read("insert", |conn| insert(conn, 2)).await;
    assert!(matches!(written, Err(Failure::Sql(_))));
    drop(release);
    assert_eq!(stage.numbers().await, [1]);
}

#[tokio::test]
async fn what_was_queued_is_done_before_the_end() {
    let stage = Stage::new();
    let path = stage.directory.path().join("sa.db");
    let release = stage.hold().await;
    let answers: Vec<_> = (0..20)
        .map(|number| {
            let (job, answer) = super::job::new(move |conn: &mut SqliteConnection| insert(conn, number));
            stage.db.writer.give(job).unwrap();
            answer
        })
        .collect();
    drop(release);
    drop(stage.db);
    assert!(
        join_all(answers)
            .await
            .into_iter()
            .all(|answer| answer.unwrap().is_ok())
    );
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    assert_eq!(numbers(&mut conn).len(), 20);
}

#[test]
fn old_tables_and_unusable_files_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sa.db");
    let open = |path: PathBuf| {
        let measures = Measures::register(&Metrics::new());
        Sqlite::open(&path, &config(), measures)
            .err()
            .map(|error| error.to_string())
    };
    let outdated = open(path.clone()).unwrap();
    assert!(
        outdated.contains("lacks") && outdated.contains("cairn-sa migrate"),
        "{outdated}"
    );
    assert_eq!(super::migrate(&path).unwrap().len(), 2);
    assert_eq!(super::migrate(&path).unwrap().len(), 0);
    assert_eq!(open(path), None);
    let missing = open(directory.path().join("no/such/directory/sa.db")).unwrap();
    assert!(missing.contains("no/such/directory"), "{missing}");
    let garbage = directory.path().join("garbage.db");
    std::fs::write(
        &garbage,
        "this is not a database file, however long one looks at it",
    )
    .unwrap();
    assert!(matches!(
        super::migrate(&garbage),
        Err(OpenError::Unusable { .. })
    ));
}
