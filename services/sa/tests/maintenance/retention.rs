//! What stays and what leaves: the same on each backend.

use cairn_sa::DatabaseConfig;
use cairn_servers::Role;
use diesel::connection::SimpleConnection;

use crate::rows::{Octets, Order, account, authorization, entry, id, replacement, serial};
use crate::{DAY, files, maintain, noon, servers};

/// January and February of 2024: a certificate for 90 days, and one for two years. In March the first one is to be
/// replaced, which comes to nothing.
fn story(octets: Octets) -> String {
    let holder = id("2024-01-10", 0);
    let (january, february) = (id("2024-01-15", 1), id("2024-02-10", 1));
    let short = serial("2024-01-15", 1);
    let orders = [
        Order {
            account: &holder,
            day: "2024-01-15",
            authorization: &january,
            certificate: Some((short.clone(), noon("2024-04-14"))),
        },
        Order {
            account: &holder,
            day: "2024-02-10",
            authorization: &february,
            certificate: Some((serial("2024-02-10", 2), noon("2026-02-10"))),
        },
        Order {
            account: &holder,
            day: "2024-03-20",
            authorization: &february,
            certificate: None,
        },
    ];
    let mut text = account(octets, "2024-01-10") + &entry(octets, &holder, 0) + &entry(octets, &holder, 1);
    for made in [&january, &february] {
        text += &entry(octets, made, 0);
    }
    text += &authorization(octets, &holder, &january, noon("2024-02-14"));
    text += &authorization(octets, &holder, &february, noon("2024-04-01"));
    for order in &orders {
        text += &order.sql(octets);
        text += &entry(octets, &order.id(), 0);
        text += &entry(octets, &order.id(), 1);
    }
    text + &replacement(octets, &short, &orders[2].id())
}

/// How many rows there are: orders, authorizations, receipts, certificates, replacements, entries.
const COUNTS: &str = "SELECT (SELECT count(*) FROM orders) || ' ' || (SELECT count(*) FROM authorizations) || ' ' \
    || (SELECT count(*) FROM receipts) || ' ' || (SELECT count(*) FROM certificates) || ' ' \
    || (SELECT count(*) FROM replacements) || ' ' || (SELECT count(*) FROM audit_entries)";

fn tell(config: &DatabaseConfig, mut counts: impl FnMut() -> String) {
    for (now, expected, why) in [
        ("2024-05-01", "3 2 4 2 1 10", "nothing is old enough"),
        (
            "2024-07-12",
            "3 2 4 2 1 10",
            "less than 90 days after its expiry, the certificate stays",
        ),
        (
            "2024-07-13",
            "3 2 4 1 0 10",
            "then it goes, with the note about its replacement",
        ),
        (
            "2025-03-06",
            "3 2 4 1 0 10",
            "January will have ended 400 days ago tomorrow",
        ),
        ("2025-03-07", "2 2 4 1 0 10", "its order goes"),
        (
            "2025-06-30",
            "1 2 4 1 0 10",
            "March goes; February stays for its certificate, and all it may rest on",
        ),
        (
            "2026-04-12",
            "1 2 4 1 0 10",
            "the trail is not shorter than what it is about",
        ),
        (
            "2026-05-10",
            "1 2 4 1 0 10",
            "the long certificate is in its grace",
        ),
        (
            "2026-05-11",
            "0 0 0 0 0 4",
            "it goes, then its order, the authorizations, and their trail",
        ),
        (
            "2026-06-15",
            "0 0 0 0 0 2",
            "the trail of March goes; that of the account stays",
        ),
    ] {
        let told = maintain(config, noon(now));
        assert_eq!(counts(), expected, "{now}: {why}\n{told:#?}");
    }
}

#[test]
fn on_postgres() {
    let database = servers::migrated(noon("2024-03-01"));
    servers::drop_triggers(&database);
    database.sql(Role::Migrate, &story(servers::octets)).unwrap();
    tell(&servers::config(&database, Role::Migrate), || {
        servers::rows(&database, COUNTS).concat()
    });
    // What is left is the account's, and chained as before.
    let left = servers::rows(
        &database,
        "SELECT tableoid::regclass || ' ' || position FROM audit_entries ORDER BY position",
    );
    assert_eq!(left, ["audit_entries_2024_01 0", "audit_entries_2024_01 1"]);
    let partitions = servers::rows(
        &database,
        "SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'orders'::regclass ORDER BY 1",
    );
    assert!(
        !partitions.contains(&"orders_2024_03".to_owned()),
        "{partitions:?}"
    );
}

#[test]
fn on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let (config, mut conn) = files::migrated(directory.path());
    conn.batch_execute(&story(files::octets)).unwrap();
    tell(&config, || files::rows(&mut conn, COUNTS).concat());
}

#[test]
fn many_rows_leave_sqlite_in_several_transactions() {
    let directory = tempfile::tempdir().unwrap();
    let (config, mut conn) = files::migrated(directory.path());
    let holder = id("2024-01-10", 0);
    let mut text = format!("BEGIN; {}", account(files::octets, "2024-01-10"));
    for number in 1..1700 {
        let old = id("2024-01-15", number);
        text += &authorization(files::octets, &holder, &old, noon("2024-01-16"));
    }
    let kept = id("2024-12-31", 1);
    text += &authorization(files::octets, &holder, &kept, noon("2025-01-01"));
    conn.batch_execute(&(text + "COMMIT")).unwrap();
    let told = maintain(&config, noon("2024-12-31") + 100 * DAY);
    assert_eq!(told, ["drop receipts_2024_01", "drop authorizations_2024_01"]);
    let left = files::rows(&mut conn, "SELECT lower(hex(id)) FROM authorizations");
    assert_eq!(left, [kept]);
    let receipts = files::rows(&mut conn, "SELECT CAST(count(*) AS TEXT) FROM receipts");
    assert_eq!(receipts, ["2"]);
}
