//! The binary, as it is run every day.

use cairn_kit::SystemClock;
use cairn_servers::Role;
use cairn_types::Clock;
use diesel::connection::SimpleConnection;

use crate::program::{cairn_sa, configuration, said};
use crate::rows::{account, authorization, id};
use crate::{files, noon, servers};

/// What it would do is what it does, and then there is nothing left; returns the lines of what it did.
fn run(configuration: &std::path::Path) -> Vec<String> {
    let dry = said(&cairn_sa("maintain", configuration, &["--dry-run".as_ref()]), 0);
    let told = said(&cairn_sa("maintain", configuration, &[]), 0);
    let would: Vec<_> = told.lines().map(|line| format!("would {line}")).collect();
    assert_eq!(dry.lines().collect::<Vec<_>>(), would);
    assert_eq!(
        said(&cairn_sa("maintain", configuration, &[]), 0),
        "nothing to do\n"
    );
    told.lines().map(str::to_owned).collect()
}

#[test]
fn on_postgres_it_makes_partitions_as_their_owner() {
    let database = servers::migrated(noon("2024-01-15"));
    let directory = tempfile::tempdir().unwrap();
    let file = |role| {
        let password = database.password_file(role).display();
        let password = format!("password_file = \"{password}\"");
        configuration(directory.path(), &database.url(role), &password)
    };
    let refused = said(&cairn_sa("maintain", &file(Role::Sa), &[]), 1);
    assert!(
        refused.starts_with("cairn-sa maintain: ") && refused.contains("permission denied"),
        "{refused}"
    );
    assert_eq!(refused.lines().count(), 1, "{refused}");
    let told = run(&file(Role::Migrate));
    let month = SystemClock.now().to_rfc3339()[..7].replace('-', "_");
    assert!(told.contains(&format!("create orders_{month}")), "{told:#?}");
    let made = format!("SELECT relname FROM pg_class WHERE relname = 'orders_{month}'");
    assert_eq!(servers::rows(&database, &made).len(), 1);
}

#[test]
fn on_sqlite_it_removes_what_the_configuration_does_not_keep() {
    let directory = tempfile::tempdir().unwrap();
    let (_, mut conn) = files::migrated(directory.path());
    let (holder, old) = (id("2024-01-10", 0), id("2024-01-15", 1));
    let text = account(files::octets, "2024-01-10")
        + &authorization(files::octets, &holder, &old, noon("2024-02-14"));
    conn.batch_execute(&text).unwrap();
    let file = configuration(directory.path(), "sqlite:sa.db", "");
    let kept = std::fs::read_to_string(&file).unwrap();
    let longer = kept.replace("authorizations = \"430d\"", "authorizations = \"99999d\"");
    assert_ne!(longer, kept);
    std::fs::write(&file, &longer).unwrap();
    assert_eq!(said(&cairn_sa("maintain", &file, &[]), 0), "nothing to do\n");
    std::fs::write(&file, &kept).unwrap();
    assert_eq!(
        run(&file),
        ["drop receipts_2024_01", "drop authorizations_2024_01"]
    );
    let left = files::rows(
        &mut conn,
        "SELECT CAST(count(*) AS TEXT) FROM authorizations UNION ALL SELECT CAST(count(*) AS TEXT) FROM accounts",
    );
    assert_eq!(left, ["0", "1"]);
}

#[test]
fn what_is_wrong_is_said_in_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let file = configuration(directory.path(), "sqlite:sa.db", "");
    let told = said(&cairn_sa("maintain", &file, &[]), 1);
    assert!(told.starts_with("cairn-sa maintain: "), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}
