//! Many issuances at once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cairn_acme::Algorithm;
use cairn_testkit::client::{Account, Client};
use cairn_testkit::csr::CsrBuilder;
use cairn_testkit::keys::KeyKind;
use cairn_testkit::responder::Http01;
use tokio::task::JoinSet;

use crate::issuance::{Request, issue};
use crate::latency::Latencies;
use crate::processes::{CpuTimes, Processes, own_cpu_time};

/// How hard to work.
#[derive(Debug)]
pub(crate) struct Level {
    /// Clients at once.
    pub(crate) concurrency: u32,
    /// Issuances of each client that are not measured.
    pub(crate) warm_up: u32,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) concurrency: u32,
    pub(crate) issuances: u32,
    pub(crate) failures: Vec<String>,
    pub(crate) took: Duration,
    pub(crate) latencies: Latencies,
    /// CPU time that the server used, by process.
    pub(crate) cpu: CpuTimes,
    /// CPU time that this program used.
    pub(crate) own_cpu: Duration,
}

/// What is to be issued; whoever is free takes the next.
pub(crate) type Work = VecDeque<Request>;

/// Makes up names and CSRs.
pub(crate) fn prepare(zone: &str, count: u32, names: u32) -> anyhow::Result<Work> {
    let request = |index: u32| {
        let names: Vec<String> = (0..names)
            .map(|name| format!("n{name}.i{index}.{zone}"))
            .collect();
        let csr = CsrBuilder::for_names(&names).build(&KeyKind::P256.generate()?)?;
        Ok(Request { names, csr })
    };
    (0..count).map(request).collect()
}

/// Does the work.
pub(crate) async fn run(
    client: &Client,
    responder: &Http01,
    processes: &Processes,
    level: &Level,
    work: Work,
) -> anyhow::Result<Outcome> {
    let mut accounts = Vec::new();
    let mut warming = JoinSet::new();
    for index in 0..level.concurrency {
        let account = Account::create(client.another(), Algorithm::Es256).await?;
        let work = prepare(
            &format!("warm{index}.c{}.example", level.concurrency),
            level.warm_up,
            1,
        )?;
        warming.spawn(Worker::new(account, responder).work_off(share(work)));
    }
    while let Some(worker) = warming.join_next().await {
        let worker = worker?;
        if let Some(failure) = worker.failures.first() {
            anyhow::bail!("while warming up: {failure}");
        }
        accounts.push(worker.account);
    }

    let work = share(work);
    let (cpu, own_cpu, began) = (processes.cpu_times()?, own_cpu_time()?, Instant::now());
    let mut workers = JoinSet::new();
    for account in accounts {
        workers.spawn(Worker::new(account, responder).work_off(Arc::clone(&work)));
    }
    let workers = workers.join_all().await;
    let (took, own_cpu) = (began.elapsed(), own_cpu_time()?.saturating_sub(own_cpu));
    let mut used = processes.cpu_times()?;
    for (name, time) in &mut used {
        *time = time.saturating_sub(cpu.get(name).copied().unwrap_or_default());
    }

    let mut outcome = Outcome {
        concurrency: level.concurrency,
        issuances: 0,
        failures: Vec::new(),
        took,
        latencies: Latencies::default(),
        cpu: used,
        own_cpu,
    };
    for worker in workers {
        outcome.issuances += worker.issuances;
        outcome.failures.extend(worker.failures);
        outcome.latencies.merge(worker.latencies);
    }
    Ok(outcome)
}

/// Work that several take from.
pub(crate) type SharedWork = Arc<Mutex<Work>>;

pub(crate) fn share(work: Work) -> SharedWork {
    Arc::new(Mutex::new(work))
}

/// One client.
pub(crate) struct Worker {
    pub(crate) account: Account,
    pub(crate) responder: Http01,
    issuances: u32,
    pub(crate) failures: Vec<String>,
    pub(crate) latencies: Latencies,
}

impl Worker {
    /// A client that has done nothing yet.
    pub(crate) fn new(account: Account, responder: &Http01) -> Self {
        let latencies = Latencies::default();
        Self {
            account,
            responder: responder.clone(),
            issuances: 0,
            failures: Vec::new(),
            latencies,
        }
    }

    /// Takes work until there is none left.
    pub(crate) async fn work_off(mut self, work: SharedWork) -> Self {
        loop {
            let next = work.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(request) = next else {
                return self;
            };
            match issue(&mut self.account, &self.responder, &request, &mut self.latencies).await {
                Ok(()) => self.issuances += 1,
                Err(error) => self.failures.push(format!("{}: {error:#}", request.names[0])),
            }
        }
    }
}
