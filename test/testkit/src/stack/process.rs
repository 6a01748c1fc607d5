//! The process of `cairn local`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

use super::keeper::Keeper;
use super::{Options, files};
use crate::poll;

/// How long an orderly end may take.
const STOP: Duration = Duration::from_secs(40);

#[derive(Debug)]
pub(super) struct Process {
    id: u32,
    child: Mutex<Child>,
    keeper: Keeper,
    dir: PathBuf,
    stopped: bool,
}

/// The directory of the binaries: that of this test's own binary, or the one above it.
pub fn binaries() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    own.ancestors()
        .skip(1)
        .take(2)
        .find(|dir| dir.join("cairn").is_file() && dir.join("cairn-wfe").is_file())
        .map(Path::to_owned)
        .with_context(|| format!("no cairn beside {}: `cargo build` comes first", own.display()))
}

pub(super) fn kill(pid: u32) -> Result<()> {
    send(pid, Signal::SIGKILL)
}

pub(super) fn pause(pid: u32) -> Result<()> {
    send(pid, Signal::SIGSTOP)
}

pub(super) fn resume(pid: u32) -> Result<()> {
    send(pid, Signal::SIGCONT)
}

fn send(pid: u32, signal: Signal) -> Result<()> {
    match signal::kill(Pid::from_raw(pid.cast_signed()), signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

impl Process {
    /// Starts it; a port of 0 lets it choose one.
    pub(super) fn start(dir: &Path, options: Options, port: u16) -> Result<Self> {
        let output = File::create(output(dir))?;
        let mut command = Command::new(binaries()?.join("cairn"));
        command
            .arg("local")
            .args(["--dir".as_ref(), dir.join("ca").as_os_str()])
            .args(["--listen", &format!("localhost:{port}")])
            .args(["--http-01-port", &options.http_01_port.to_string()])
            .args(["--tls-alpn-01-port", &options.tls_alpn_01_port.to_string()])
            .args(["--resolver", &options.resolver.to_string()])
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let child = command.spawn().context("cairn local")?;
        let id = child.id();
        Ok(Self {
            id,
            child: Mutex::new(child),
            keeper: Keeper::start(id, dir)?,
            dir: dir.to_owned(),
            stopped: false,
        })
    }

    pub(super) const fn id(&self) -> u32 {
        self.id
    }

    /// What it printed.
    pub(super) fn output(&self) -> PathBuf {
        output(&self.dir)
    }

    /// How it ended, if it did.
    pub(super) fn exited(&self) -> Option<ExitStatus> {
        self.child().try_wait().ok().flatten()
    }

    /// Ends it in good order.
    pub(super) async fn stop(mut self) -> Result<()> {
        send(self.id, Signal::SIGTERM)?;
        let status = poll::until("cairn local stops", STOP, || async { self.exited() }).await?;
        self.keeper.dismiss();
        self.stopped = true;
        if !status.success() {
            bail!(
                "cairn local ended with {status}:\n{}",
                files::tail(&self.output(), 20)
            );
        }
        Ok(())
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn output(dir: &Path) -> PathBuf {
    dir.join("output")
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.stopped {
            return;
        }
        drop(send(self.id, Signal::SIGTERM));
        drop(self.child().wait());
        self.keeper.dismiss();
        files::unwatch(&self.dir);
    }
}
