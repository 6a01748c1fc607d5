//! A run: clients and faults at the same time, then calm, then the checks.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, stderr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use cairn_testkit::stack::Service;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep};
use tokio_util::sync::CancellationToken;

use crate::args::Args;
use crate::client::{Progress, Settled, Worker};
use crate::faults::Kind;
use crate::plan::Plan;
use crate::random::Random;
use crate::report::{Faults, Report};
use crate::world::World;
use crate::{admin, audit};

/// When every order must have ended after the last fault.
const SETTLED: Duration = Duration::from_secs(30);

/// What one certificate may take with all the others, however slow the machine: clients that need more do not end.
const PER_ISSUANCE: Duration = Duration::from_secs(10);

/// What a run may take at the least.
const LEAST: Duration = Duration::from_secs(240);

/// Does it all. An error is a CA that does not recover, or clients that do not come to an end.
pub(crate) async fn run(world: World, args: &Args, seed: u64) -> Result<Report> {
    let workers = clients(&world, args.concurrency, seed).await?;
    let world = Arc::new(world);
    let began = Instant::now();
    let progress = Arc::new(Progress::default());
    let calm = CancellationToken::new();
    let disturbing = tokio::spawn(disturb(
        Arc::clone(&world),
        Plan::new(seed, Kind::on(args.backend)),
        calm.clone(),
    ));
    let showing = tokio::spawn(show(Arc::clone(&progress), args.issuances));

    let workers = load(workers, args, &progress).await;
    calm.cancel();
    let faults = disturbing.await.context("the faults")??;
    showing.abort();
    let (workers, undisturbed) = (workers?, Instant::now());
    let disturbed = undisturbed - began;
    world.recovers().await?;

    let settled = settle(workers, undisturbed + SETTLED).await?;
    let signed = audit::signed(&world.stack.whole_log(Service::Ca));
    let stored: BTreeSet<String> = settled.iter().flat_map(|it| it.serials.iter().cloned()).collect();
    let mut audited = admin::audit(&world.stack, stored.len()).await?;
    let found = &mut audited.violations;
    found.extend(audit::differences(&signed, &stored));
    found.extend(panics(&world));
    let world = Arc::into_inner(world).context("a fault goes on")?;
    if let Err(error) = world.stack.stop().await {
        found.push(format!("{error:#}"));
    }
    Ok(Report::new(
        seed,
        faults,
        disturbed,
        undisturbed,
        settled,
        &signed,
        audited,
    ))
}

async fn clients(world: &World, concurrency: u32, seed: u64) -> Result<Vec<Worker>> {
    let random = Random::new(!seed);
    let client = world.stack.client().await?;
    (0..concurrency)
        .map(|index| Worker::new(client.another(), &world.responder, random.fork(index)))
        .collect()
}

/// All clients at once, each until there is nothing left to begin.
async fn load(workers: Vec<Worker>, args: &Args, progress: &Arc<Progress>) -> Result<Vec<Worker>> {
    let mut working = JoinSet::new();
    for worker in workers {
        working.spawn(worker.work(Arc::clone(progress), args.issuances));
    }
    let most = LEAST.max(PER_ISSUANCE * args.issuances);
    let all = tokio::time::timeout(most, working.join_all()).await;
    all.with_context(|| format!("the clients do not come to an end within {most:?}"))
}

/// One fault after the other until it is to be calm; those that last are over when this ends.
async fn disturb(world: Arc<World>, plan: Plan, calm: CancellationToken) -> Result<Faults> {
    let mut lasting = JoinSet::new();
    let mut faults = Faults::default();
    for step in plan {
        let pausing = calm.run_until_cancelled(sleep(step.pause));
        if pausing.await.is_none() {
            break;
        }
        let world = Arc::clone(&world);
        lasting.spawn(async move {
            let happened = step.fault.inflict(&world).await?;
            anyhow::Ok(happened.then(|| step.fault.kind()))
        });
    }
    for ended in lasting.join_all().await {
        if let Some(kind) = ended? {
            faults.count(kind);
        }
    }
    Ok(faults)
}

async fn settle(workers: Vec<Worker>, deadline: Instant) -> Result<Vec<Settled>> {
    let mut settling = JoinSet::new();
    for worker in workers {
        settling.spawn(worker.settle(deadline));
    }
    Ok(settling.join_all().await)
}

/// A service that panics has a defect, whatever it was that happened to it.
fn panics(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    for service in Service::ALL {
        let log = world.stack.whole_log(service);
        let lines = log.lines().filter(|line| line.contains("panicked at"));
        found.extend(lines.map(|line| format!("{}: {line}", service.name())));
    }
    found
}

/// Says now and then how far it is.
async fn show(progress: Arc<Progress>, total: u32) {
    let is_terminal = stderr().is_terminal();
    let mut ticks = interval(Duration::from_secs(if is_terminal { 1 } else { 10 }));
    let began = Instant::now();
    loop {
        ticks.tick().await;
        let (ended, took) = (progress.ended(), began.elapsed().as_secs());
        if is_terminal {
            eprint!("\r{ended} of {total} issuances, {took} s ");
        } else {
            eprintln!("{ended} of {total} issuances, {took} s");
        }
    }
}
