//! `cairn admin audit`: whether everything stored keeps the rules.
//!
//! The storage authority reads and judges a page at a time; here the pages are added up. What is kept is counts and
//! a bounded number of examples, however much is stored.

mod progress;
mod summary;
mod text;

use cairn_rpc::api::audit::{Check, Subject};
use cairn_types::Duration;
use clap::builder::RangedU64ValueParser;
use serde::de::IntoDeserializer;

use super::operator::Operator;
use super::{EXIT_STATUS, Outcome};
use progress::Progress;
use summary::Summary;

/// How long a page may take. A call has the least of this and of what the configuration says.
const PAGE_TIMEOUT: Duration = Duration::from_secs(120);

/// Checks everything that is stored: certificates and their orders, authorizations, leases, states and times, and
/// the chain of the audit trail
///
/// Reads all rows of the database in pages, each on one consistent state, while the CA goes on working. Prints how
/// much there is of what, and every rule that is broken, with examples. docs/database-audit.md tells the rules.
#[derive(clap::Args, Debug)]
#[command(after_help = EXIT_STATUS)]
pub(super) struct Args {
    /// How long after its deadline a lease counts as abandoned
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = duration)]
    grace: Duration,

    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,

    /// How many rows to read at a time, 1 to 1000
    #[arg(long, default_value_t = 500, value_name = "N", value_parser = RangedU64ValueParser::<u32>::new().range(1..=1000))]
    page: u32,
}

fn duration(text: &str) -> Result<Duration, String> {
    cairn_kit::duration::deserialize(text.into_deserializer()).map_err(|error: serde::de::value::Error| {
        format!("{error}; write a number with a unit, such as 90s or 5m")
    })
}

/// Goes through all subjects, page by page.
pub(super) async fn run(args: &Args, operator: &Operator) -> anyhow::Result<Outcome> {
    let mut summary = Summary::default();
    let mut progress = Progress::detect();
    for subject in Subject::ALL {
        let mut after = None;
        loop {
            let request = Check {
                subject: subject.as_str().to_owned(),
                after,
                limit: args.page,
                grace: args.grace,
            };
            let page = operator.sa.check(&Operator::context(PAGE_TIMEOUT), request).await;
            let mut page = page.map_err(|error| operator.failure(error))?;
            progress.pass(subject.as_str(), page.rows);
            after = page.next.take();
            summary.add(subject.as_str(), page);
            if after.is_none() {
                break;
            }
        }
    }
    progress.end();
    Outcome::tell(&summary, args.json, text::render, summary.is_clean())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2m 3s"), Ok(Duration::from_secs(123)));
        assert!(duration("90").unwrap_err().contains("with a unit"));
    }
}
