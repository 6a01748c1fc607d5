//! How servers end, and what is left then.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use cairn_servers::{Options, PgBouncer, Postgres, Role};

/// The test that starts itself as a process of its own, which holds servers.
const TEST: &str = "ends::the_servers_of_a_killed_process_end";

/// Tells that process what it is for.
const HOLDER: &str = "CAIRN_TEST_HOLDS_SERVERS";

fn until(what: &str, is_so: impl Fn() -> bool) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        ensure!(Instant::now() < deadline, "{what}: not within a minute");
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn runs(id: u32) -> bool {
    PathBuf::from(format!("/proc/{id}/exe")).exists()
}

#[test]
fn committed_rows_outlive_every_end() -> Result<()> {
    let server = Postgres::start_with(Options {
        durable: true,
        ..Options::default()
    })?;
    let database = server.database()?;
    database.sql(Role::Migrate, "CREATE TABLE things (id bigint)")?;
    let url = database.url(Role::Sa);
    let ends: [fn(&Postgres) -> Result<()>; 3] =
        [Postgres::stop, Postgres::stop_immediately, Postgres::kill_9];
    for (id, end) in ends.into_iter().enumerate() {
        database.sql(Role::Sa, &format!("INSERT INTO things VALUES ({id})"))?;
        end(&server)?;
        assert!(!server.is_running());
        database.sql(Role::Sa, "SELECT 1").unwrap_err();
        server.start_again()?;
        assert!(server.is_running());
    }
    assert_eq!(
        database.sql(Role::Sa, "SELECT id FROM things ORDER BY id")?,
        "0\n1\n2"
    );
    assert_eq!(database.url(Role::Sa), url);
    let settings = "SELECT current_setting('fsync'), current_setting('full_page_writes')";
    assert_eq!(server.sql("postgres", settings)?, "on|on");
    Ok(())
}

#[test]
fn a_setting_is_changed_while_the_server_runs() -> Result<()> {
    let server = Postgres::start_with(Options {
        settings: vec![("work_mem".to_owned(), "7MB".to_owned())],
        ..Options::default()
    })?;
    let settings = "SELECT current_setting('work_mem'), current_setting('fsync')";
    assert_eq!(server.sql("postgres", settings)?, "7MB|off");
    server.set("work_mem", "9MB")?;
    assert_eq!(server.sql("postgres", settings)?, "9MB|off");
    Ok(())
}

#[test]
fn a_dropped_server_is_gone() -> Result<()> {
    let server = Postgres::start()?;
    let bouncer = PgBouncer::start(&server, 1)?;
    let data = server.data();
    let id = server.id().context("it runs")?;
    assert!(runs(id) && data.is_dir());
    drop((server, bouncer));
    assert!(!runs(id) && !data.exists());
    Ok(())
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the environment is how the test tells itself what it is for"
)]
fn the_servers_of_a_killed_process_end() -> Result<()> {
    if std::env::var_os(HOLDER).is_some() {
        return hold_servers_until_killed();
    }
    let mut holder = Command::new(std::env::current_exe()?)
        .args(["--exact", TEST, "--nocapture"])
        .env(HOLDER, "yes")
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = BufReader::new(holder.stdout.take().context("its output")?).lines();
    let mut found = None;
    for line in lines {
        let line = line?;
        if let Some((_, rest)) = line.split_once("server: ") {
            found = rest
                .split_once(' ')
                .map(|(id, dir)| (id.to_owned(), PathBuf::from(dir)));
            break;
        }
    }
    let (id, data) = found.context("the holder says nothing")?;
    let id: u32 = id.parse()?;
    assert!(runs(id) && data.is_dir());
    holder.kill()?;
    holder.wait()?;
    until("the end of the server", || !runs(id))?;
    // The directory of everything that the process had.
    let home = data.ancestors().nth(2).context("a directory of servers")?;
    until("the end of its directory", || !home.exists())
}

fn hold_servers_until_killed() -> Result<()> {
    let server = Postgres::start()?;
    println!(
        "server: {} {}",
        server.id().context("it runs")?,
        server.data().display()
    );
    until("the end of this process", || false)
}
