//! The CA's programs that are run beside it: how long each takes.

use std::fs::{self, File};
use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use cairn_servers::{Database, Role};
use cairn_testkit::client::Connection;
use cairn_testkit::stack::{Stack, binaries};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The longest that a start may take.
const START: Duration = Duration::from_secs(60);

/// Between two questions of whether it is ready, or has ended.
const PAUSE: Duration = Duration::from_millis(2);

/// A configuration of the storage authority for a database, like that of the CA `like`, with ports of its own.
pub(super) struct Config {
    file: tempfile::NamedTempFile,
    debug: u16,
}

impl Config {
    pub(super) fn new(like: &Stack, database: &Database) -> Result<Self> {
        let directory = like.dir().join("ca/config");
        let mut config: toml::Table = fs::read_to_string(directory.join("sa.toml"))?.parse()?;
        let (grpc, debug) = (free_port()?, free_port()?);
        let text = |path: &Path| path.to_str().map(str::to_owned).context("the path is no text");
        set(&mut config, "grpc", "listen", format!("127.0.0.1:{grpc}"))?;
        set(&mut config, "debug", "listen", format!("127.0.0.1:{debug}"))?;
        set(&mut config, "database", "url", database.url(Role::Migrate))?;
        let password = text(database.password_file(Role::Migrate))?;
        set(&mut config, "database", "password_file", password)?;
        // Paths in it may be relative.
        let file = tempfile::Builder::new().suffix(".toml").tempfile_in(directory)?;
        fs::write(file.path(), toml::to_string(&config)?)?;
        Ok(Self { file, debug })
    }

    /// Runs `cairn-sa COMMAND` to its end.
    pub(super) fn run(&self, command: &str) -> Result<Duration> {
        let mut program = program()?;
        let began = Instant::now();
        let output = program
            .args([command, "--config"])
            .arg(self.file.path())
            .output()?;
        ensure!(
            output.status.success(),
            "cairn-sa {command}: {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(began.elapsed())
    }

    /// From the start of the storage authority until it says that it is ready; then it is ended.
    pub(super) async fn start_up(&self, trust: &Stack) -> Result<Duration> {
        let mut program = program()?;
        program.arg("--config").arg(self.file.path());
        let url = format!("http://127.0.0.1:{}/readyz", self.debug);
        let mut connection = Connection::new(trust.trust()?);
        let began = Instant::now();
        let mut child = Ended(program.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
        loop {
            if connection
                .get(&url)
                .await
                .is_ok_and(|answer| answer.status.is_success())
            {
                break;
            }
            if let Some(status) = child.0.try_wait()? {
                bail!("cairn-sa ended with {status}");
            }
            ensure!(began.elapsed() < START, "cairn-sa is not ready after {START:?}");
            tokio::time::sleep(PAUSE).await;
        }
        let took = began.elapsed();
        kill(Pid::from_raw(child.0.id().cast_signed()), Signal::SIGTERM)?;
        child.0.wait()?;
        Ok(took)
    }
}

fn program() -> Result<Command> {
    let mut program = Command::new(binaries()?.join("cairn-sa"));
    program.stdin(Stdio::null());
    Ok(program)
}

/// What `cairn admin audit` said.
#[derive(Debug, Clone)]
pub(super) struct Audit {
    pub(super) took: Duration,
    /// Rows and violations; none if it was ended before it had come to its end.
    pub(super) found: Option<(u64, u64)>,
}

/// Runs `cairn admin audit` for at most `limit`.
pub(super) async fn audit(stack: &Stack, limit: Duration) -> Result<Audit> {
    let report = tempfile::tempfile()?;
    let errors = tempfile::tempfile()?;
    let began = Instant::now();
    let child = Command::new(binaries()?.join("cairn"))
        .args(["admin", "audit", "--json", "--local"])
        .arg(stack.dir().join("ca"))
        .stdin(Stdio::null())
        .stdout(report.try_clone()?)
        .stderr(errors.try_clone()?)
        .spawn()?;
    let mut child = Ended(child);
    while child.0.try_wait()?.is_none() {
        if began.elapsed() > limit {
            let took = began.elapsed();
            return Ok(Audit { took, found: None });
        }
        tokio::time::sleep(PAUSE).await;
    }
    let took = began.elapsed();
    let report: serde_json::Value = serde_json::from_str(&read(report)?)
        .with_context(|| format!("cairn admin audit: {}", read(errors).unwrap_or_default().trim()))?;
    let count = |name: &str| {
        report[name]
            .as_u64()
            .with_context(|| format!("no {name} in its report"))
    };
    let found = Some((count("rows")?, count("violations")?));
    Ok(Audit { took, found })
}

/// What a program wrote to a file whose position it shares.
fn read(mut file: File) -> Result<String> {
    use std::io::Seek;
    let mut text = String::new();
    file.rewind()?;
    file.read_to_string(&mut text)?;
    Ok(text)
}

/// A process that ends with this value at the latest.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn set(config: &mut toml::Table, section: &str, name: &str, value: String) -> Result<()> {
    let table = config.get_mut(section).and_then(toml::Value::as_table_mut);
    let table = table.with_context(|| format!("no [{section}] in the configuration"))?;
    table.insert(name.to_owned(), value.into());
    Ok(())
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
