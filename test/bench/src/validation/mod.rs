//! `cairn-bench validation`: validations per second, and what they cost the validation authority.
//!
//! Real `cairn-va` processes, a primary and its remotes, are called over gRPC as a registration authority calls them.
//! They validate against responders in this process, whose CPU time is counted apart.

mod certificates;
mod fleet;
mod report;
mod targets;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use cairn_kit::SystemRng;
use cairn_rpc::Context;
use cairn_rpc::client::VaClient;
use cairn_types::{ChallengeType, ValidationRequest};
use tokio::task::JoinSet;

use crate::args::Validation;
use crate::processes::own_cpu_time;
use fleet::Fleet;
pub(crate) use report::Report;
use report::Row;
use targets::Targets;

/// How long one validation may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is to be validated; whoever is free takes the next.
type Work = Arc<Mutex<Vec<ValidationRequest>>>;

/// Measures every type of challenge with every number of remote perspectives.
pub(crate) async fn measure(args: &Validation) -> Result<Report> {
    let targets = Targets::start().await?;
    let mut rows = Vec::new();
    for remotes in &args.remotes {
        let fleet = Fleet::start(*remotes, &targets).await?;
        for method in ChallengeType::ALL {
            eprintln!("{} validations by {method} with {remotes} remotes …", args.count);
            rows.push(turn(args, &fleet, &targets, *method).await?);
        }
    }
    Ok(Report {
        machine: crate::machine::describe(),
        concurrency: args.concurrency,
        rows,
    })
}

/// One type with one number of remotes.
async fn turn(args: &Validation, fleet: &Fleet, targets: &Targets, method: ChallengeType) -> Result<Row> {
    let client = fleet.client()?;
    let warm_up = work_off(&client, targets.prepare(method, args.warm_up)?, args.concurrency).await;
    if let Some(failure) = warm_up.first() {
        bail!("while warming up: {failure}");
    }
    let work = targets.prepare(method, args.count)?;
    let (cpu, own_cpu, began) = (fleet.cpu_time()?, own_cpu_time()?, Instant::now());
    let failures = work_off(&client, work, args.concurrency).await;
    let took = began.elapsed();
    Ok(Row {
        method,
        remotes: fleet.remotes(),
        validations: args.count,
        failures,
        took,
        cpu: fleet.cpu_time()?.saturating_sub(cpu),
        own_cpu: own_cpu_time()?.saturating_sub(own_cpu),
    })
}

/// Has all of it validated; returns what failed.
async fn work_off(client: &VaClient, work: Vec<ValidationRequest>, concurrency: u32) -> Vec<String> {
    let work: Work = Arc::new(Mutex::new(work));
    let mut workers = JoinSet::new();
    for _ in 0..concurrency {
        let (client, work) = (client.clone(), Arc::clone(&work));
        workers.spawn(async move {
            let mut failures = Vec::new();
            loop {
                let next = work.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let Some(request) = next else {
                    return failures;
                };
                failures.extend(validate(&client, request).await);
            }
        });
    }
    workers.join_all().await.concat()
}

/// What went wrong, if anything did.
async fn validate(client: &VaClient, request: ValidationRequest) -> Option<String> {
    let context = Context::new(&SystemRng, PATIENCE);
    let name = request.identifier.to_string();
    match client.validate(&context, request).await {
        Ok(outcome) => outcome
            .problem
            .map(|problem| format!("{name}: {}", problem.detail)),
        Err(error) => Some(format!("{name}: {}", error.problem.detail)),
    }
}
