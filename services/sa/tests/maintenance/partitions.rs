//! Partitions, on PostgreSQL.

use cairn_servers::Role;

use crate::rows::{account, authorization, entry, id};
use crate::{maintain, noon, servers, try_maintain};

const TABLES: [&str; 6] = [
    "orders",
    "authorizations",
    "receipts",
    "certificates",
    "replacements",
    "audit_entries",
];

#[test]
fn a_new_database_has_partitions_and_gets_more() {
    let database = servers::migrated(noon("2026-11-23"));
    let owner = servers::config(&database, Role::Migrate);
    let none = try_maintain(&owner, noon("2026-11-30"), false).unwrap();
    assert_eq!(none, Vec::<String>::new());
    let told = maintain(&owner, noon("2026-12-01"));
    assert_eq!(told, TABLES.map(|table| format!("create {table}_2027_02")));
    let bounds = servers::rows(
        &database,
        "SELECT inhrelid::regclass || ' ' || pg_get_expr(relpartbound, oid) FROM pg_inherits
         JOIN pg_class ON oid = inhrelid
         WHERE inhrelid::regclass::text IN ('orders_2027_02', 'certificates_2027_02') ORDER BY 1",
    );
    let ids = [noon("2027-02-01"), noon("2027-03-01")].map(|at| at.as_millis() - 12 * 3_600_000);
    assert_eq!(
        bounds,
        [
            "certificates_2027_02 FOR VALUES FROM ('20850') TO ('20878')".to_owned(),
            format!(
                "orders_2027_02 FOR VALUES FROM ('\\x{:012x}00000000000000000000') TO ('\\x{:012x}00000000000000000000')",
                ids[0], ids[1]
            )
        ]
    );
    // Triggers, indexes and foreign keys are those of the table.
    for kind in [
        "pg_trigger WHERE tgrelid = 'orders_2027_02'::regclass AND NOT tgisinternal",
        "pg_index WHERE indrelid = 'orders_2027_02'::regclass",
        "pg_constraint WHERE conrelid = 'orders_2027_02'::regclass",
    ] {
        let count = |query: &str| servers::rows(&database, &format!("SELECT count(*) FROM {query}"));
        assert_eq!(
            count(kind),
            count(&kind.replace("orders_2027_02", "orders_default")),
            "{kind}"
        );
    }
}

#[test]
fn rows_that_came_too_early_move_to_their_month() {
    let database = servers::migrated(noon("2024-01-15"));
    let holder = id("2024-01-10", 0);
    let subjects = [id("2024-06-01", 1), id("2024-06-30", 2), id("2024-08-01", 3)];
    let mut text = account(servers::octets, "2024-01-10");
    for subject in &subjects {
        text += &authorization(servers::octets, &holder, subject, noon("2026-01-01"));
    }
    // Nobody ran maintenance for months.
    database.sql(Role::Sa, &text).unwrap();
    let places = || {
        servers::rows(
            &database,
            "SELECT tableoid::regclass || ' ' || encode(authorization_id, 'hex') || ' ' || position
             FROM receipts ORDER BY authorization_id, position",
        )
    };
    assert!(
        places()
            .iter()
            .all(|place| place.starts_with("receipts_default "))
    );
    let told = maintain(&servers::config(&database, Role::Migrate), noon("2024-09-01"));
    for move_told in [
        "create receipts_2024_06 and move rows from receipts_default to it",
        "create audit_entries_2024_08 and move rows from audit_entries_default to it",
        "create orders_2024_11",
    ] {
        assert!(told.iter().any(|line| line == move_told), "{told:#?}");
    }
    let expected: Vec<_> = [("06", &subjects[0]), ("06", &subjects[1]), ("08", &subjects[2])]
        .into_iter()
        .flat_map(|(month, id)| (0..2).map(move |at| format!("receipts_2024_{month} {id} {at}")))
        .collect();
    assert_eq!(places(), expected);
    // What has moved is still watched by the triggers.
    let change = "UPDATE authorizations SET status = 'deactivated'";
    database.sql(Role::Sa, change).unwrap();
    let entries = "SELECT count(*) FROM audit_entries_2024_06 WHERE event = 'authorization.deactivated'";
    assert_eq!(servers::rows(&database, entries), ["2"]);
}

#[test]
fn the_service_writes_no_partition_by_its_name() {
    let database = servers::migrated(noon("2026-11-23"));
    maintain(&servers::config(&database, Role::Migrate), noon("2027-01-31"));
    for month in ["default", "2026_11", "2027_01", "2027_03"] {
        let partition = format!("audit_entries_{month}");
        let insert = entry(servers::octets, &id("2026-11-23", 1), 0);
        for statement in [
            insert.replace("audit_entries", &partition),
            format!("UPDATE {partition} SET position = 1"),
            format!("DELETE FROM {partition}"),
            format!("TRUNCATE {partition}"),
            format!("DELETE FROM orders_{month}"),
        ] {
            let refused = database.sql(Role::Sa, &statement).unwrap_err().to_string();
            assert!(refused.contains("permission denied"), "{statement}: {refused}");
        }
    }
}

#[test]
fn the_service_cannot_maintain() {
    let database = servers::migrated(noon("2026-11-23"));
    let refused = try_maintain(&servers::config(&database, Role::Sa), noon("2027-11-23"), false);
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("permission denied"), "{refused}");
}

#[test]
fn a_table_in_use_is_left_for_a_moment_only() {
    let database = servers::migrated(noon("2026-11-23"));
    let url = database.name().to_owned();
    // A transaction that looks at orders for a while, as a dump would.
    let reader = std::thread::scope(|scope| {
        let held = scope.spawn(|| {
            database.sql(
                Role::Audit,
                "BEGIN; SELECT count(*) FROM orders; SELECT pg_sleep(3); COMMIT",
            )
        });
        let told = maintain(&servers::config(&database, Role::Migrate), noon("2026-12-01"));
        assert!(
            told.contains(&"create orders_2027_02".to_owned()),
            "{url}: {told:?}"
        );
        held.join().unwrap()
    });
    reader.unwrap();
}
