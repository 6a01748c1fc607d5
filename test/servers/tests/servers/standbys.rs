//! A standby follows, and takes the place of its primary.

use anyhow::Result;
use cairn_servers::{Options, Postgres, Role};

fn durable() -> Result<Postgres> {
    Postgres::start_with(Options {
        durable: true,
        ..Options::default()
    })
}

#[test]
fn a_standby_takes_the_place_of_a_killed_primary() -> Result<()> {
    let primary = durable()?;
    let database = primary.database()?;
    let standby = primary.standby()?;
    database.sql(
        Role::Migrate,
        "CREATE TABLE things (id bigint); INSERT INTO things VALUES (1);",
    )?;
    standby.wait_for(&primary)?;
    let copy = standby.existing_database(database.name())?;
    assert_eq!(copy.sql(Role::Sa, "SELECT id FROM things")?, "1");
    let refused = copy.sql(Role::Sa, "INSERT INTO things VALUES (2)").unwrap_err();
    assert!(refused.to_string().contains("read-only transaction"), "{refused}");

    // What is answered is on both from here on.
    primary.commit_waits_for(&[&standby])?;
    database.sql(Role::Sa, "INSERT INTO things VALUES (2)")?;
    primary.kill_9()?;
    standby.promote()?;
    assert_eq!(
        copy.sql(Role::Sa, "INSERT INTO things VALUES (3); SELECT id FROM things")?,
        "1\n2\n3"
    );

    // A client that knows both finds the one that takes writes.
    let url = database.url_at(&[&primary, &standby], Role::Sa);
    let output = std::process::Command::new("psql")
        .env("PGPASSWORD", database.password(Role::Sa))
        .args(["--no-psqlrc", "--no-align", "--tuples-only", &url])
        .args(["--command", "DELETE FROM things RETURNING id"])
        .output()?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

#[test]
fn a_standby_that_pauses_falls_behind() -> Result<()> {
    let primary = Postgres::start()?;
    let database = primary.database()?;
    database.sql(Role::Migrate, "CREATE TABLE things (id bigint)")?;
    let standby = primary.standby()?;
    let copy = standby.existing_database(database.name())?;
    standby.pause_replay()?;
    database.sql(Role::Sa, "INSERT INTO things VALUES (1)")?;
    assert_eq!(copy.sql(Role::Sa, "SELECT count(*) FROM things")?, "0");
    standby.resume_replay()?;
    standby.wait_for(&primary)?;
    assert_eq!(copy.sql(Role::Sa, "SELECT count(*) FROM things")?, "1");

    // It finds its primary again, on the same port.
    primary.stop()?;
    primary.start_again()?;
    database.sql(Role::Sa, "INSERT INTO things VALUES (2)")?;
    standby.wait_for(&primary)?;
    assert_eq!(copy.sql(Role::Sa, "SELECT count(*) FROM things")?, "2");
    Ok(())
}
