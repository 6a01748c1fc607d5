//! `cairn-bench growth`: what becomes of a CA on PostgreSQL when its database grows.
//!
//! A real issuance is the [template] of all others: what differs between issuances (ids, names, moments,
//! the hashes of the audit trail) becomes blanks in its rows, so that the rows have the octets that they have in
//! operation, whatever the schema. A year of them is [copied](fill) into two databases, one small and one large.
//! A CA runs on each; both are [measured](bed) in turns, so that whatever else goes on meets both.

mod bed;
mod copy;
mod counts;
mod disk;
mod entry;
mod fill;
mod piece;
mod plan;
mod programs;
mod report;
mod sizes;
mod template;
mod values;

use std::time::Duration;

use anyhow::{Context, Result};
use cairn_acme::Algorithm;
use cairn_servers::{Database, Options, Postgres};
use cairn_testkit::client::Account;
use cairn_testkit::csr::CsrBuilder;
use cairn_testkit::keys::KeyKind;

use crate::args::Growth;
use crate::issuance::{Request, issue};
use crate::latency::Latencies;
use bed::{Bed, Lab};
use programs::Config;
pub(crate) use report::Report;
use report::Size;
use template::Template;

/// What the server is told; a production server is told more. Filling takes no write-ahead log.
const SETTINGS: [(&str, &str); 6] = [
    ("shared_buffers", "1GB"),
    ("max_wal_size", "8GB"),
    ("checkpoint_timeout", "15min"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("autovacuum", "off"),
];

/// What is changed after filling.
const OPERATION: [(&str, &str); 3] = [
    ("wal_level", "replica"),
    ("max_wal_senders", "10"),
    ("autovacuum", "on"),
];

/// Issuances at one size before it is the other's turn.
const TURN: u32 = 20;

/// How often the storage authority is started at each size.
const STARTS: u32 = 5;

/// A guess of what a certificate takes, until that is known.
const GUESS: u64 = 6000;

/// A filled database.
struct Filled {
    database: Database,
    certificates: u64,
    /// What it took empty, and filled.
    octets: [u64; 2],
    tables: Vec<sizes::TableSize>,
    took: Duration,
}

/// Measures.
pub(crate) async fn measure(args: &Growth) -> Result<Report> {
    disk::check(&std::env::temp_dir(), args.certificates * GUESS)?;
    let server = Postgres::start_with(Options {
        durable: true,
        settings: SETTINGS
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        ..Options::default()
    })?;
    let lab = Lab::start().await?;
    let (template, filled) = databases(args, &server, &lab).await?;
    for (name, value) in OPERATION {
        server.set(name, value)?;
    }
    server.stop()?;
    server.start_again()?;

    let mut beds = Vec::new();
    for filled in &filled {
        beds.push(Bed::start(&lab, &filled.database, args.concurrency).await?);
    }
    load(args, &mut beds).await?;
    let mut sizes = Vec::new();
    for (filled, bed) in filled.into_iter().zip(beds) {
        sizes.push(rest(args, filled, bed).await?);
    }
    Ok(Report {
        machine: crate::machine::describe(),
        concurrency: args.concurrency,
        rows: template.counts().collect(),
        sizes,
    })
}

/// The template, and the databases that were filled after it.
async fn databases(args: &Growth, server: &Postgres, lab: &Lab) -> Result<(Template, Vec<Filled>)> {
    let model = server.database()?;
    let stack = lab.ca(&model).await?;
    let mut account = Account::create(stack.client().await?, Algorithm::Es256).await?;
    let names = vec![template::NAME.to_owned()];
    let csr = CsrBuilder::for_names(&names).build(&KeyKind::P256.generate()?)?;
    let request = Request { names, csr };
    issue(&mut account, &lab.responder, &request, &mut Latencies::default()).await?;
    let template = Template::learn(&model).context("the template")?;

    let mut filled: Vec<Filled> = Vec::new();
    for certificates in [args.compared_with, args.certificates] {
        if let Some(known) = filled.first() {
            let each = (known.octets[1] - known.octets[0]) / known.certificates;
            disk::check(&std::env::temp_dir(), certificates * each)?;
        }
        eprintln!("filling a database with {certificates} certificates …");
        let database = server.database()?;
        Config::new(&stack, &database)?.run("migrate")?;
        let empty = sizes::database(&database)?;
        let took = fill::fill(&database, &template, &template.plan(certificates))?;
        filled.push(Filled {
            certificates,
            octets: [empty, sizes::database(&database)?],
            tables: sizes::tables(&database)?,
            database,
            took,
        });
    }
    Ok((template, filled))
}

/// Issues certificates at both sizes in turns. The first round is not measured.
async fn load(args: &Growth, beds: &mut [Bed]) -> Result<()> {
    let rounds = usize::try_from(args.count.div_ceil(TURN))?;
    for round in 0..=rounds {
        eprintln!("round {round} of {rounds}: {TURN} issuances at each size …");
        for turn in 0..beds.len() {
            // Whoever goes first meets what the other left behind.
            let at = (round + turn) % beds.len();
            let bed = &mut beds[at];
            bed.round(&format!("r{round}.growth.example"), TURN).await?;
            if round == 0 {
                bed.reset();
            }
        }
    }
    Ok(())
}

/// Measures what needs no clients.
async fn rest(args: &Growth, filled: Filled, bed: Bed) -> Result<Size> {
    eprintln!(
        "start-up, maintenance and audit with {} certificates …",
        filled.certificates
    );
    let config = Config::new(&bed.stack, &filled.database)?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(config.start_up(&bed.stack).await?);
    }
    starts.sort_unstable();
    let limit = Duration::from_secs(args.audit_limit * 60);
    let audit = programs::audit(&bed.stack, limit).await;
    // What it has to do, and what remains of that the next time.
    let maintain = config
        .run("maintain")
        .and_then(|first| Ok([first, config.run("maintain")?]));
    Ok(Size {
        certificates: filled.certificates,
        octets: filled.octets[1] - filled.octets[0],
        tables: filled.tables,
        fill: filled.took,
        started: bed.started,
        starts,
        maintain: maintain.map_err(|error| format!("{error:#}")),
        audit: audit.map_err(|error| format!("{error:#}")),
        issuances: bed.issuances,
        latencies: bed.latencies,
        counts: bed.counts,
    })
}
