//! Fills a database: each partition is copied in whole, and then gets its indexes.

use std::io::{BufWriter, Write};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use cairn_servers::{Database, Role};

use super::copy::{END, HEADER};
use super::plan::{Month, Plan};
use super::template::{TABLES, TRAIL, Template};

/// Partitions that are filled at once.
const PARALLEL: usize = 2;

/// How much is handed over at once.
const BUFFER: usize = 1 << 18;

/// Fills the empty tables of a database. Returns how long that took.
pub(super) fn fill(database: &Database, template: &Template, plan: &Plan) -> Result<Duration> {
    let began = Instant::now();
    let months = months(database, plan)?;
    drop_empty(database, &months)?;
    accounts(database, template, plan)?;
    let jobs = months
        .iter()
        .rev()
        .flat_map(|month| TABLES.map(|table| (table, month)));
    let jobs = Mutex::new(jobs.collect::<Vec<_>>());
    let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let work = || -> Result<()> {
        while let Some((table, month)) = next() {
            let is_first = month.name == months[0].name;
            partition(database, template, plan, table, month, is_first)
                .with_context(|| format!("{table}_{}", month.name))?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers = [(); PARALLEL].map(|()| scope.spawn(work));
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?)
    })?;
    database.sql(Role::Migrate, "ANALYZE")?;
    Ok(began.elapsed())
}

/// The months of a plan.
fn months(database: &Database, plan: &Plan) -> Result<Vec<Month>> {
    let [first, last] = plan.period();
    let rows = database.sql(
        Role::Migrate,
        &format!(
            "SELECT to_char(month, 'YYYY_MM'), extract(epoch FROM month)::BIGINT * 1000,
                    extract(epoch FROM month + interval '1 month')::BIGINT * 1000
             FROM generate_series(date_trunc('month', to_timestamp({first} / 1000)),
                                  to_timestamp({last} / 1000), interval '1 month') AS month"
        ),
    )?;
    let month = |row: &str| {
        let mut fields = row.split('|');
        let mut field = || fields.next().context("a column is missing");
        Ok(Month {
            name: field()?.to_owned(),
            from: field()?.parse()?,
            until: field()?.parse()?,
        })
    };
    rows.lines().map(month).collect()
}

/// Partitions that the migrations made ahead would be in the way.
fn drop_empty(database: &Database, months: &[Month]) -> Result<()> {
    let drop = |month: &Month| TABLES.map(|table| format!("DROP TABLE IF EXISTS {table}_{};", month.name));
    let statements: String = months.iter().flat_map(drop).collect();
    database.sql(Role::Migrate, &statements).map(|_| ())
}

/// The accounts, which are not partitioned. Their triggers would enter them in the trail as made now.
fn accounts(database: &Database, template: &Template, plan: &Plan) -> Result<()> {
    let commands = [
        "ALTER TABLE accounts DISABLE TRIGGER USER",
        "COPY accounts FROM STDIN (FORMAT binary)",
        "ALTER TABLE accounts ENABLE TRIGGER USER",
    ];
    copy(database, &commands, |out| {
        let mut rows = Vec::new();
        for values in plan.accounts() {
            rows.clear();
            template.account(&values, &mut rows);
            out.write_all(&rows)?;
        }
        Ok(())
    })
}

/// One partition. All in one transaction: what it makes needs no log, and is frozen from the start.
fn partition(
    database: &Database,
    template: &Template,
    plan: &Plan,
    table: &str,
    month: &Month,
    is_first: bool,
) -> Result<()> {
    let name = format!("{table}_{}", month.name);
    let [from, until] = [month.from, month.until].map(|moment| bound(table, moment));
    let commands = [
        &*format!(
            "CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)"
        ),
        &*format!("COPY {name} FROM STDIN (FORMAT binary, FREEZE)"),
        &*format!("ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({from}) TO ({until})"),
    ];
    copy(database, &commands, |out| {
        let mut rows = Vec::new();
        if is_first && table == TRAIL {
            for values in plan.accounts() {
                rows.clear();
                template.account_trail(&values, &mut rows);
                out.write_all(&rows)?;
            }
        }
        for index in plan.within(month) {
            rows.clear();
            template.rows(table, &mut plan.values(index, month), &mut rows);
            out.write_all(&rows)?;
        }
        Ok(())
    })
}

/// A moment as a bound of partitions: as a day, or as the least UUIDv7.
fn bound(table: &str, moment: i64) -> String {
    if table == "certificates" {
        (moment / 86_400_000).to_string()
    } else {
        format!("'\\x{moment:012x}00000000000000000000'")
    }
}

/// Runs the commands in one transaction. The COPY among them gets the rows that `rows` writes.
fn copy(
    database: &Database,
    commands: &[&str],
    rows: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<()> {
    let mut psql: Command = database.psql(Role::Migrate)?;
    // Whoever has to wait for another's lock does: partitions of one table are attached one after the other.
    psql.args(["--single-transaction", "--command"])
        .arg("SET LOCAL maintenance_work_mem = '512MB'");
    for command in commands {
        psql.arg("--command").arg(command);
    }
    let mut child = psql
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let input = child.stdin.take().context("psql has no input")?;
    let mut out = BufWriter::with_capacity(BUFFER, input);
    let written = out
        .write_all(HEADER)
        .and_then(|()| rows(&mut out))
        .and_then(|()| out.write_all(END))
        .and_then(|()| out.flush());
    drop(out);
    let output = child.wait_with_output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(written?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_of_partitions() {
        assert_eq!(bound("certificates", 20_000 * 86_400_000), "20000");
        assert_eq!(
            bound("orders", 0x0123_4567_89ab),
            "'\\x0123456789ab00000000000000000000'"
        );
    }
}
