//! `cairn-sa maintain`: what is made ahead, what stays, and what leaves when. Databases are filled beside the storage
//! authority, with rows of months long past.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod binary;
mod files;
mod partitions;
mod plans;
#[path = "../backup/program.rs"]
mod program;
mod retention;
mod rows;
mod servers;
mod watch;

use std::time::Duration;

use cairn_sa::{DatabaseConfig, Maintenance, OpenError, Retention};
use cairn_types::Timestamp;

const DAY: Duration = Duration::from_secs(86_400);

/// Noon of a day such as `2026-11-23`.
fn noon(day: &str) -> Timestamp {
    Timestamp::parse_rfc3339(&format!("{day}T12:00:00Z")).unwrap()
}

fn settings() -> Maintenance {
    Maintenance {
        ahead: 2,
        retention: Retention {
            orders: 400 * DAY,
            authorizations: 430 * DAY,
            certificates: 90 * DAY,
            audit: 800 * DAY,
        },
    }
}

/// Runs maintenance; returns what was told.
fn try_maintain(config: &DatabaseConfig, now: Timestamp, dry_run: bool) -> Result<Vec<String>, OpenError> {
    let config = config.clone();
    // On a thread of its own, since it blocks.
    let maintained = std::thread::spawn(move || {
        let mut told = Vec::new();
        cairn_sa::maintain(&config, &settings(), now, dry_run, &mut |action| {
            told.push(action.to_string());
        })
        .map(|()| told)
    });
    maintained.join().unwrap()
}

/// As it would be done, then done; both tell the same, and afterwards there is nothing left to do.
fn maintain(config: &DatabaseConfig, now: Timestamp) -> Vec<String> {
    let would = try_maintain(config, now, true).unwrap();
    let told = try_maintain(config, now, false).unwrap();
    assert_eq!(would, told);
    assert_eq!(
        try_maintain(config, now, false).unwrap(),
        Vec::<String>::new(),
        "after {told:?}"
    );
    told
}
