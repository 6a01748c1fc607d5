//! One service kept running: started, watched, restarted when it dies, stopped when told.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::logs::Log;
use super::ready::ready;
use super::service::Service;

/// How long a service may take to finish what it was doing when told to stop.
const DRAIN: Duration = Duration::from_secs(25);

/// What happened to a service.
#[derive(Debug)]
pub(crate) enum Event {
    /// It runs as this process.
    Started(u32),
    /// It says that it is ready.
    Ready,
    /// It ended though nobody told it to.
    Died {
        /// How, in words.
        status: String,
        /// The last line of its log, if it ended by itself.
        last_line: String,
        /// When it will be started again.
        again_in: Duration,
    },
    /// It ended as told; or had to be killed.
    Stopped {
        /// Whether it ended by itself and in good order.
        orderly: bool,
    },
}

/// How to run a service.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    pub(crate) service: Service,
    pub(crate) binary: PathBuf,
    pub(crate) config: PathBuf,
    pub(crate) log: PathBuf,
    pub(crate) debug: SocketAddr,
}

impl Launch {
    /// Has the service check its configuration; the error is what it says.
    pub(crate) async fn check(&self) -> Result<(), String> {
        let mut command = Command::new(&self.binary);
        command
            .arg("--config")
            .arg(&self.config)
            .arg("--check-config")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let output = command
            .output()
            .await
            .map_err(|error| format!("{}: {error}", self.binary.display()))?;
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }

    /// Keeps the service running until `stop`, and tells what happens to it.
    pub(crate) async fn keep(self, events: mpsc::Sender<(Service, Event)>, stop: CancellationToken) {
        let tell = |event| {
            let events = &events;
            // Nobody listens any more only when the supervisor is gone.
            async move { drop(events.send((self.service, event)).await) }
        };
        let mut backoff = Backoff::default();
        loop {
            let was_ready = AtomicBool::new(false);
            let (status, last_line) = match self.spawn() {
                Ok(mut running) => {
                    tell(Event::Started(running.pid)).await;
                    tokio::select! {
                        ended = running.ended() => ended,
                        () = stop.cancelled() => {
                            let orderly = running.stop().await;
                            return tell(Event::Stopped { orderly }).await;
                        }
                        never = async {
                            ready(self.debug).await;
                            was_ready.store(true, Ordering::Relaxed);
                            tell(Event::Ready).await;
                            std::future::pending::<Infallible>().await
                        } => match never {},
                    }
                }
                Err(error) => (format!("it cannot be started: {error}"), String::new()),
            };
            let again_in = backoff.after(was_ready.into_inner());
            tell(Event::Died {
                status,
                last_line,
                again_in,
            })
            .await;
            tokio::select! {
                () = tokio::time::sleep(again_in) => {}
                () = stop.cancelled() => return tell(Event::Stopped { orderly: true }).await,
            }
        }
    }

    /// In a process group of its own, so that Ctrl-C reaches the supervisor alone; its standard input
    /// is ours to hold open, and ends with us.
    fn spawn(&self) -> io::Result<Running> {
        let log = Log::open(&self.log)?;
        let mut child = Command::new(&self.binary)
            .arg("--config")
            .arg(&self.config)
            .arg("--supervised")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let pid = child
            .id()
            .ok_or_else(|| io::Error::other("the process has no id"))?;
        let stderr = child
            .stderr
            .take()
            .ok_or_else(|| io::Error::other("the process has no output"))?;
        let stdin = child
            .stdin
            .take()
            .ok_or_else(|| io::Error::other("the process has no input"))?;
        Ok(Running {
            pid,
            child,
            _stdin: stdin,
            log: tokio::spawn(log.collect(stderr)),
        })
    }
}

/// A process and the task that writes its log.
struct Running {
    pid: u32,
    child: Child,
    /// Closing it means stop to the child. Kept apart because waiting for a [`Child`] closes its own.
    _stdin: ChildStdin,
    log: JoinHandle<io::Result<String>>,
}

impl Running {
    /// Waits for its end; returns how it ended and what it said about that.
    async fn ended(&mut self) -> (String, String) {
        let status = self.child.wait().await;
        let last_line = match (&mut self.log).await {
            Ok(Ok(line)) => line,
            Ok(Err(error)) => format!("its log cannot be written: {error}"),
            Err(error) => error.to_string(),
        };
        match status {
            // Who is killed has no last words.
            Ok(status) if status.signal().is_some() => (in_words(status), String::new()),
            Ok(status) => (in_words(status), last_line),
            Err(error) => (error.to_string(), last_line),
        }
    }

    /// Asks it to end, and after a while makes it. Returns whether it ended in good order.
    async fn stop(&mut self) -> bool {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok());
        if let Some(pid) = pid {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        if let Ok(status) = tokio::time::timeout(DRAIN, self.child.wait()).await {
            let _ = (&mut self.log).await;
            // One that was not up yet ends by the signal itself.
            let ends_well =
                |status: ExitStatus| status.success() || status.signal() == Some(Signal::SIGTERM as i32);
            return status.is_ok_and(ends_well);
        }
        let _ = self.child.kill().await;
        false
    }
}

fn in_words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(number)) => {
            Signal::try_from(number).map_or_else(|_| format!("signal {number}"), |signal| signal.to_string())
        }
        (None, None) => status.to_string(),
    }
}

/// Pauses that double from a tenth of a second to five seconds while a service dies before it is ready. One that was
/// ready will be so again, however often it is killed.
#[derive(Debug, Default)]
struct Backoff {
    failures: u32,
}

impl Backoff {
    fn after(&mut self, was_ready: bool) -> Duration {
        self.failures = if was_ready { 0 } else { self.failures + 1 };
        match self.failures {
            0 | 1 => Duration::from_millis(100),
            failures => Duration::from_millis(100 << failures.min(7) >> 1).min(Duration::from_secs(5)),
        }
    }
}

#[cfg(test)]
mod tests;
