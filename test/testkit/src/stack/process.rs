//! The process of `cairn local`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

use super::keeper::Keeper;
use super::{Options, Service, files};
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

/// The folder to start `cairn local` from: it runs the binaries beside its own. Where one is replaced, that is a folder
/// in `dir` that has all of them.
fn folder(dir: &Path, options: &Options) -> Result<PathBuf> {
    let built = binaries()?;
    if options.replaced.is_empty() {
        return Ok(built);
    }
    let folder = dir.join("bin");
    fs::create_dir_all(&folder)?;
    let put = |from: &Path, name: &str| {
        let (from, to) = (from.canonicalize()?, folder.join(name));
        drop(fs::remove_file(&to));
        // A symbolic link would lead the command back to the folder that it was built in.
        fs::hard_link(&from, &to).or_else(|_| fs::copy(&from, &to).map(drop))
    };
    put(&built.join("cairn"), "cairn")?;
    for service in Service::ALL {
        let name = format!("cairn-{}", service.name());
        let other = options.replaced.iter().find(|(replaced, _)| *replaced == service);
        let from = other.map_or_else(|| built.join(&name), |(_, path)| path.clone());
        put(&from, &name).with_context(|| from.display().to_string())?;
    }
    Ok(folder)
}

pub(super) fn kill(dir: &Path, pid: u32) -> Result<()> {
    send_service(dir, pid, Signal::SIGKILL)
}

pub(super) fn pause(dir: &Path, pid: u32) -> Result<()> {
    send_service(dir, pid, Signal::SIGSTOP)
}

pub(super) fn resume(dir: &Path, pid: u32) -> Result<()> {
    send_service(dir, pid, Signal::SIGCONT)
}

/// Signals a service of the CA in `dir`. One that has died meanwhile gets none, nor does whoever has its number now.
fn send_service(dir: &Path, pid: u32, signal: Signal) -> Result<()> {
    let named = |command: &[u8]| String::from_utf8_lossy(command).contains(&*dir.to_string_lossy());
    match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(command) if !named(&command) => Ok(()),
        _ => send(pid, signal),
    }
}

fn send(pid: u32, signal: Signal) -> Result<()> {
    match signal::kill(Pid::from_raw(pid.cast_signed()), signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

impl Process {
    /// Starts it; a port of 0 lets it choose one.
    pub(super) fn start(dir: &Path, options: &Options, port: u16) -> Result<Self> {
        let output = File::create(output(dir))?;
        let mut command = Command::new(folder(dir, options)?.join("cairn"));
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
        if let Some(database) = &options.database {
            command.args(["--database", &database.url]);
            if let Some(file) = &database.password_file {
                command.arg("--database-password-file").arg(file);
            }
        }
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
