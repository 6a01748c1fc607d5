//! The process of a server.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

use crate::home::{PID, home};
use crate::poll;

/// Becomes the server after it wrote down its id, so that the keeper knows of it from the start.
const START: &str = r#"echo $$ >"$0" && exec "$@""#;

/// How many lines of its log an error shows.
const SHOWN: usize = 15;

/// A server that can be ended and started again. Ends with its value; the directory is then deleted.
#[derive(Debug)]
pub(crate) struct Process {
    dir: PathBuf,
    child: Mutex<Option<Child>>,
}

impl Process {
    /// None yet; its directory is `dir`.
    pub(crate) const fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            child: Mutex::new(None),
        }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Starts `program`, its output goes to the log, and waits until it is `ready`.
    pub(crate) fn start(
        &self,
        program: &Path,
        arguments: &[&str],
        limit: Duration,
        ready: impl Fn(u32) -> bool,
    ) -> Result<()> {
        let mut child = self.child();
        if child.is_some() {
            bail!("{} runs already", program.display());
        }
        let log = File::options().create(true).append(true).open(self.log())?;
        // A group of its own: an interrupt at the terminal is for the tests.
        let mut started = home()?
            .command("/bin/sh")
            .args(["-c", START])
            .arg(self.dir.join(PID))
            .arg(program)
            .args(arguments)
            .process_group(0)
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| program.display().to_string())?;
        let id = started.id();
        let what = format!("{} is ready", program.display());
        let answer = poll::until(&what, limit, || {
            if let Some(status) = started.try_wait()? {
                bail!("{} ended with {status}", program.display());
            }
            Ok(ready(id).then_some(()))
        });
        *child = Some(started);
        drop(child);
        answer
            .inspect_err(|_| self.end(Signal::SIGKILL))
            .with_context(|| self.tail())
    }

    /// The id of its process, if it runs.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child().as_ref().map(Child::id)
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        self.id().map_or(Ok(()), |id| send(id, signal))
    }

    /// Sends it `signal` and waits for its end. None if it did not run.
    pub(crate) fn stop(&self, signal: Signal, limit: Duration) -> Result<Option<ExitStatus>> {
        let mut child = self.child();
        let Some(running) = child.as_mut() else {
            return Ok(None);
        };
        send(running.id(), signal)?;
        let what = format!("the end by {signal} of the server in {}", self.dir.display());
        let status = poll::until(&what, limit, || Ok(running.try_wait()?))?;
        *child = None;
        drop(fs::remove_file(self.dir.join(PID)));
        Ok(Some(status))
    }

    /// Ends it, by force if `signal` does not do.
    pub(crate) fn end(&self, signal: Signal) {
        const PATIENCE: Duration = Duration::from_secs(10);
        if self.stop(signal, PATIENCE).is_err() {
            drop(self.stop(Signal::SIGKILL, PATIENCE));
        }
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    /// The last lines of its log.
    pub(crate) fn tail(&self) -> String {
        let text = fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(SHOWN)..].join("\n")
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end(Signal::SIGQUIT);
        drop(fs::remove_dir_all(&self.dir));
    }
}

/// Sends a signal to a process that may be gone.
pub(crate) fn send(id: u32, signal: Signal) -> Result<()> {
    match signal::kill(Pid::from_raw(id.cast_signed()), signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
