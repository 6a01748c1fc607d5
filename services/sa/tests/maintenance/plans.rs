//! Statements look into one partition, whatever the number of months.

use cairn_servers::{Database, Role};

use crate::rows::{id, serial};
use crate::{maintain, noon, servers};

/// The partitions that a prepared statement with this parameter looks into.
fn partitions(database: &Database, prepare: &str, parameters: &str) -> Vec<String> {
    let plan = servers::rows(
        database,
        // One plan for all values is what a statement that stays prepared may get.
        &format!(
            "SET plan_cache_mode = force_generic_plan; PREPARE wanted {prepare};
             EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) EXECUTE wanted ({parameters})"
        ),
    );
    let mut found: Vec<String> = plan
        .iter()
        .filter(|line| !line.contains("never executed"))
        .filter_map(|line| line.split_once(" on ")?.1.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    found.sort();
    assert!(!found.is_empty(), "{plan:#?}");
    found
}

#[test]
fn look_ups_by_key_prune() {
    let database = servers::migrated(noon("2026-01-23"));
    for month in ["2026-04-01", "2026-07-01", "2026-10-01"] {
        maintain(&servers::config(&database, Role::Migrate), noon(month));
    }
    let wanted = servers::octets(&id("2026-08-20", 1));
    let other = servers::octets(&id("2026-08-21", 1));
    let (number, day) = serial("2026-08-20", 1);
    let number = servers::octets(&number);
    for (prepare, parameters, expected) in [
        (
            "(bytea) AS SELECT * FROM orders WHERE id = $1",
            wanted.clone(),
            ["orders_2026_08"].as_slice(),
        ),
        (
            "(bytea) AS SELECT * FROM authorizations WHERE id = $1",
            wanted.clone(),
            &["authorizations_2026_08"],
        ),
        (
            "(bytea, bigint) AS SELECT * FROM certificates WHERE serial = $1 AND day = $2",
            format!("{number}, {day}"),
            &["certificates_2026_08"],
        ),
        (
            "(bytea) AS SELECT * FROM authorizations LEFT JOIN receipts ON authorization_id = id
             WHERE id = $1 ORDER BY authorization_id, position",
            wanted.clone(),
            &["authorizations_2026_08"],
        ),
        (
            "(bytea[], bytea, bytea) AS SELECT * FROM authorizations LEFT JOIN receipts ON authorization_id = id
             WHERE id = ANY($1) AND id >= $2 AND id <= $3 ORDER BY authorization_id, position",
            format!("ARRAY[{wanted}, {other}], {wanted}, {other}"),
            &["authorizations_2026_08"],
        ),
        // The order that the same request made a moment ago.
        (
            "(bytea, bytea, bytea, text, bigint) AS SELECT * FROM accounts WHERE id = $1 AND NOT EXISTS (
             SELECT FROM orders WHERE account_id = $1 AND id >= $2 AND id < $3
             AND status IN ('pending', 'ready') AND identifiers = $4 AND expires > $5)",
            format!("{wanted}, {wanted}, {other}, '', 0"),
            &["accounts", "orders_2026_08"],
        ),
        (
            "(bytea) AS SELECT * FROM audit_entries WHERE subject = $1 ORDER BY position DESC LIMIT 1",
            wanted.clone(),
            &["audit_entries_2026_08"],
        ),
    ] {
        let mut found = partitions(&database, prepare, &parameters);
        found.retain(|name| !name.contains("pkey"));
        found.dedup();
        assert_eq!(found, expected, "{prepare}");
    }
}
