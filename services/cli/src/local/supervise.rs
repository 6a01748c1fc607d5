//! All services together: started at once, ready within seconds, stopped callers first.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::env_file::EnvFile;
use super::process::{Event, Launch};
use super::ready::report;
use super::service::Service;
use super::terminal::Terminal;

/// How long all services together may take to become ready.
const START: Duration = Duration::from_secs(30);

/// Runs services until a signal.
pub(crate) struct Supervisor {
    launches: Vec<Launch>,
    events: mpsc::Receiver<(Service, Event)>,
    stops: Vec<(Service, CancellationToken)>,
    env: EnvFile,
    env_path: PathBuf,
    terminal: Terminal,
    interrupt: Signal,
    terminate: Signal,
}

/// How the start ended, when it did not fail.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// Every service is ready.
    Ready(Duration),
    /// A signal came first.
    Interrupted,
}

impl Supervisor {
    /// Starts every service. `env` is written to `env_path` whenever a process id changes.
    pub(crate) fn start(
        launches: Vec<Launch>,
        env: EnvFile,
        env_path: PathBuf,
        terminal: Terminal,
    ) -> std::io::Result<Self> {
        let (sender, events) = mpsc::channel(64);
        let mut stops = Vec::new();
        let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        for launch in &launches {
            let stop = CancellationToken::new();
            tokio::spawn(launch.clone().keep(sender.clone(), stop.clone()));
            stops.push((launch.service, stop));
        }
        Ok(Self {
            launches,
            events,
            stops,
            env,
            env_path,
            terminal,
            interrupt,
            terminate,
        })
    }

    /// Waits until every service is ready. One that dies before that is not restarted: it will not do
    /// better a second time.
    pub(crate) async fn ready(&mut self) -> anyhow::Result<Start> {
        let began = Instant::now();
        let deadline = tokio::time::sleep(START);
        tokio::pin!(deadline);
        let mut waiting: BTreeSet<Service> = self.launches.iter().map(|launch| launch.service).collect();
        while !waiting.is_empty() {
            let (service, event) = tokio::select! {
                Some(event) = self.events.recv() => event,
                _ = self.interrupt.recv() => return Ok(Start::Interrupted),
                _ = self.terminate.recv() => return Ok(Start::Interrupted),
                () = &mut deadline => return Err(self.late(&waiting).await),
            };
            match event {
                Event::Started(pid) => self.env.set_pid(service, pid),
                Event::Ready => drop(waiting.remove(&service)),
                Event::Died {
                    status, last_line, ..
                } => {
                    bail!("{service} does not start ({status}); {last_line}")
                }
                Event::Stopped { .. } => {}
            }
        }
        self.env.write(&self.env_path)?;
        Ok(Start::Ready(began.elapsed()))
    }

    async fn late(&self, waiting: &BTreeSet<Service>) -> anyhow::Error {
        let mut reports = Vec::new();
        for launch in self
            .launches
            .iter()
            .filter(|launch| waiting.contains(&launch.service))
        {
            let text = report(launch.debug)
                .await
                .map_or("no answer".to_owned(), |report| report.text);
            reports.push(format!(
                "{}: {text} (see {})",
                launch.service,
                launch.log.display()
            ));
        }
        anyhow!("not ready after {START:?}: {}", reports.join("; "))
    }

    /// Watches until a signal comes.
    pub(crate) async fn watch(&mut self) -> anyhow::Result<()> {
        let mut down = BTreeSet::new();
        loop {
            let (service, event) = tokio::select! {
                Some(event) = self.events.recv() => event,
                _ = self.interrupt.recv() => return Ok(()),
                _ = self.terminate.recv() => return Ok(()),
            };
            match event {
                Event::Started(pid) => {
                    self.env.set_pid(service, pid);
                    self.env.write(&self.env_path)?;
                }
                Event::Ready if down.remove(&service) => self.terminal.done(service.name(), "runs again"),
                Event::Ready | Event::Stopped { .. } => {}
                Event::Died {
                    status,
                    last_line,
                    again_in,
                } => {
                    down.insert(service);
                    let died = format!("died ({status}), restarting in {again_in:?}: {last_line}");
                    self.terminal.warn(service.name(), died.trim_end_matches(": "));
                }
            }
        }
    }

    /// Stops every service, callers before callees. A further signal ends the wait: the services are
    /// killed. Returns whether all ended in good order.
    pub(crate) async fn stop(mut self) -> bool {
        let mut orderly = true;
        let services = self.launches.iter().map(|launch| launch.service);
        for mut running in Service::stop_groups(services) {
            for (_, stop) in self.stops.iter().filter(|(service, _)| running.contains(service)) {
                stop.cancel();
            }
            while !running.is_empty() {
                let (service, event) = tokio::select! {
                    event = self.events.recv() => match event {
                        Some(event) => event,
                        None => return orderly,
                    },
                    _ = self.interrupt.recv() => return false,
                    _ = self.terminate.recv() => return false,
                };
                if let Event::Stopped { orderly: well } = event {
                    running.remove(&service);
                    orderly &= well;
                    if !well {
                        self.terminal.warn(service.name(), "did not end in good order");
                    }
                }
            }
        }
        orderly
    }
}

/// Has every service check its configuration, all at once.
pub(crate) async fn check_all(launches: &[Launch]) -> anyhow::Result<()> {
    let mut checks = JoinSet::new();
    for launch in launches {
        let launch = launch.clone();
        checks.spawn(async move { launch.check().await });
    }
    let refusals: Vec<String> = checks
        .join_all()
        .await
        .into_iter()
        .filter_map(Result::err)
        .collect();
    if refusals.is_empty() {
        Ok(())
    } else {
        Err(anyhow!("{}", refusals.join("\n")))
    }
}
