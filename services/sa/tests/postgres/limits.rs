//! Statements that take too long.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use cairn_servers::{Database, Postgres, Role};
use cairn_types::ErrorKind;

use crate::stage::{Stage, refused};
use crate::{Storage, migrated};

/// A session beside the storage authority.
struct Session {
    psql: Child,
    input: ChildStdin,
    output: BufReader<std::process::ChildStdout>,
}

impl Session {
    fn new(database: &Database) -> Self {
        let mut psql = Command::new("psql")
            .args([
                "--no-psqlrc",
                "--quiet",
                "--no-align",
                "--tuples-only",
                &database.url(Role::Sa),
            ])
            .env("PGPASSWORD", database.password(Role::Sa))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: psql.stdin.take().unwrap(),
            output: BufReader::new(psql.stdout.take().unwrap()),
            psql,
        }
    }

    /// Asks for something without waiting for it.
    fn send(&mut self, statements: &str) {
        writeln!(self.input, "{statements}").unwrap();
    }

    /// Waits until everything that was asked for is done.
    fn wait(&mut self) {
        self.send("SELECT 'done';");
        let mut line = String::new();
        while line.trim() != "done" {
            line.clear();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.psql.kill());
        drop(self.psql.wait());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_given_up() {
    for sessions in [true, false] {
        let database = migrated(Postgres::shared().unwrap());
        let storage = Storage::at(&database, &database.url(Role::Sa)).with(|postgres| {
            postgres.prepared_statements = sessions;
            postgres.statement_timeout = Duration::from_millis(300);
            postgres.pool = 2;
        });
        let stage = Stage::on(storage).await;
        let account = stage.stored_account().await;
        let mut holder = Session::new(&database);
        holder.send("BEGIN; LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE;");
        holder.wait();
        for _ in 0..3 {
            let context = stage.context();
            let read = stage.sa.get_account(&context, account.id).await;
            refused(read, ErrorKind::Unavailable);
            let contact = vec!["mailto:b@example.org".to_owned()];
            let changed = stage.sa.update_contact(&context, account.id, contact);
            refused(changed.await, ErrorKind::Unavailable);
        }
        // Another attempt would take as long.
        assert_eq!(stage.counted("cairn_sa_retries_total"), 0);
        holder.send("ROLLBACK;");
        holder.wait();
        stage.sa.get_account(&stage.context(), account.id).await.unwrap();
        stage.stored_order(&account, &["a.example"]).await;
    }
}
