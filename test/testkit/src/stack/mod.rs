//! A whole CA, run by `cairn local` in a directory of its own.

mod env;
mod files;
mod keeper;
mod options;
mod process;
mod service;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};

pub use env::Env;
pub use options::{Database, Options};
pub use process::binaries;
pub use service::Service;

use crate::client::{Client, Connection, Trust};
use crate::poll;
use process::Process;

/// How long a start, or the restart of a service, may take.
const START: Duration = Duration::from_secs(60);

/// How long a service may take to say whether it is ready.
const PROMPT: Duration = Duration::from_secs(2);

/// Starting two at once could have both choose the same free ports.
static STARTING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A running CA. Dropped, it is stopped and its directory deleted, unless a test panicked.
#[derive(Debug)]
pub struct Stack {
    dir: PathBuf,
    options: Options,
    env: Mutex<Env>,
    trust: OnceLock<Trust>,
    process: Process,
}

impl Stack {
    /// Starts a new CA in a new directory, and waits until it is ready.
    pub async fn start(options: Options) -> Result<Self> {
        let dir = files::new_directory()?;
        Self::start_in(dir, options, 0).await
    }

    async fn start_in(dir: PathBuf, options: Options, port: u16) -> Result<Self> {
        let guard = STARTING.lock().await;
        let process = Process::start(&dir, &options, port)?;
        let env = poll::until("cairn local is ready", START, || async {
            match process.exited() {
                Some(status) => Some(Err(anyhow::anyhow!(
                    "cairn local ended ({status}):\n{}",
                    files::tail(&process.output(), 40)
                ))),
                None => Env::read(&dir, process.id()).map(Ok),
            }
        })
        .await
        .with_context(|| files::tail(&process.output(), 40))??;
        drop(guard);
        files::watch(&dir);
        Ok(Self {
            dir,
            options,
            env: Mutex::new(env),
            trust: OnceLock::new(),
            process,
        })
    }

    /// Stops it in good order and starts it again, in the same directory with the same URL.
    pub async fn restart(self) -> Result<Self> {
        self.restart_after(|_| Ok(())).await
    }

    /// The same, with something done in its directory while nothing of it runs.
    pub async fn restart_after(self, work: impl FnOnce(&Path) -> Result<()>) -> Result<Self> {
        let (dir, options, port) = (
            self.dir.clone(),
            self.options.clone(),
            self.env().port("WFE_HTTPS")?,
        );
        self.process.stop().await?;
        work(&dir)?;
        Self::start_in(dir, options, port).await
    }

    /// Stops it; an error if it does not end in good order.
    pub async fn stop(self) -> Result<()> {
        self.process.stop().await?;
        files::unwatch(&self.dir);
        Ok(())
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its `env` file.
    pub fn env_file(&self) -> PathBuf {
        files::env(&self.dir)
    }

    /// The variables of its `env` file as they were when last read.
    pub fn env(&self) -> Env {
        self.env.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The URL of the directory resource.
    pub fn directory_url(&self) -> String {
        self.env().get("DIRECTORY_URL").unwrap_or_default().to_owned()
    }

    /// What the front end's HTTPS certificate is checked against.
    pub fn trust(&self) -> Result<Trust> {
        // OpenSSL takes many milliseconds for one.
        if let Some(trust) = self.trust.get() {
            return Ok(trust.clone());
        }
        let env = self.env();
        let path = env.get("CA_BUNDLE").context("no CA_BUNDLE")?;
        let trust = Trust::roots(&std::fs::read(path)?)?;
        Ok(self.trust.get_or_init(|| trust).clone())
    }

    /// The roots of what it issues, as PEM.
    pub fn issuer_roots(&self) -> Result<Vec<u8>> {
        let env = self.env();
        let path = env.get("ISSUER_ROOTS").context("no ISSUER_ROOTS")?;
        Ok(std::fs::read(path)?)
    }

    /// A client that has read the directory.
    pub async fn client(&self) -> Result<Client> {
        Ok(Client::new(&self.directory_url(), &self.trust()?).await?)
    }

    /// The port of a service for metrics and health.
    pub fn debug_url(&self, service: Service, path: &str) -> Result<String> {
        let port = self.env().port(&format!("{}_DEBUG", service.variable()))?;
        Ok(format!("http://127.0.0.1:{port}{path}"))
    }

    /// Where a service takes gRPC calls.
    pub fn grpc_address(&self, service: Service) -> Result<SocketAddr> {
        let port = self.env().port(&format!("{}_GRPC", service.variable()))?;
        Ok(([127, 0, 0, 1], port).into())
    }

    /// A service's log so far.
    pub fn log(&self, service: Service) -> String {
        files::read(&files::log(&self.dir, service))
    }

    /// A service's log so far, with the part that was set aside because it was full.
    pub fn whole_log(&self, service: Service) -> String {
        let log = files::log(&self.dir, service);
        files::read(&log.with_extension("log.1")) + &files::read(&log)
    }

    /// What `cairn local` printed so far.
    pub fn output(&self) -> String {
        files::read(&self.process.output())
    }

    /// The process of a service, as the `env` file names it now.
    pub fn pid(&self, service: Service) -> Result<u32> {
        let env = Env::read(&self.dir, self.process.id()).context("the env file is of another process")?;
        let pid = env.pid(service)?;
        *self.env.lock().unwrap_or_else(PoisonError::into_inner) = env;
        Ok(pid)
    }

    /// Kills a service (SIGKILL). Its supervisor will start it again.
    pub fn kill(&self, service: Service) -> Result<u32> {
        let pid = self.pid(service)?;
        process::kill(&self.dir, pid)?;
        Ok(pid)
    }

    /// Stops the clock of a service (SIGSTOP): calls to it hang.
    pub fn pause(&self, service: Service) -> Result<()> {
        process::pause(&self.dir, self.pid(service)?)
    }

    /// Lets a paused service go on.
    pub fn resume(&self, service: Service) -> Result<()> {
        process::resume(&self.dir, self.pid(service)?)
    }

    /// Waits until a service runs as another process than `pid` and says that it is ready.
    pub async fn runs_again(&self, service: Service, pid: u32) -> Result<()> {
        let what = format!("{} runs again", service.name());
        poll::until(&what, START, || async {
            let now = self.pid(service).ok()?;
            let is_ready = self.is_ready(service).await.ok()?;
            (now != pid && is_ready).then_some(())
        })
        .await
    }

    /// Whether a service says, without much delay, that it is ready.
    pub async fn is_ready(&self, service: Service) -> Result<bool> {
        let url = self.debug_url(service, "/readyz")?;
        let mut connection = Connection::new(self.trust()?);
        let answer = tokio::time::timeout(PROMPT, connection.get(&url)).await;
        Ok(answer.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status.is_success())))
    }

    /// Waits until a service says that it is ready.
    pub async fn ready(&self, service: Service, limit: Duration) -> Result<()> {
        let what = format!("{} is ready", service.name());
        poll::until(&what, limit, || async {
            let is_ready = self.is_ready(service).await;
            is_ready.is_ok_and(|is_ready| is_ready).then_some(())
        })
        .await
    }

    /// Kills a service and waits until it runs again.
    pub async fn restart_service(&self, service: Service) -> Result<()> {
        let pid = self.kill(service)?;
        self.runs_again(service, pid).await
    }

    /// Edits a service's configuration and restarts the service with it. It lasts until the whole CA restarts.
    pub async fn reconfigure(&self, service: Service, edit: impl FnOnce(&mut toml::Table)) -> Result<()> {
        files::edit_config(&self.dir, service, edit)?;
        self.restart_service(service).await
    }

    /// Has the directory stay when the CA is stopped.
    pub fn keep(&self) -> Result<()> {
        Ok(std::fs::write(self.dir.join(files::KEEP), "")?)
    }
}
