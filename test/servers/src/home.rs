//! The directory of all servers of this process, and the keeper: a shell that waits for the end of this
//! process, however that comes (a static is never dropped, and a killed process drops nothing), ends the
//! servers that are left, and deletes the directory.

use std::fs::{self, DirBuilder};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, anyhow};

use crate::account::Account;

/// The id of a server's process is in the file of this name in its directory, while there is one.
pub(crate) const PID: &str = "pid";

/// The pipe that is its input ends with the process that holds the other end. Data is thrown away, so that
/// SIGQUIT is good enough.
const KEEPER: &str = r#"
cat >/dev/null
for signal in QUIT KILL; do
    for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        left=
        for file in "$1"/*/"$2"; do
            [ -e "$file" ] || continue
            pid=$(cat "$file")
            kill -0 "$pid" 2>/dev/null && left="$left $pid"
        done
        [ -n "$left" ] || break 2
        [ "$round" -gt 1 ] || kill -"$signal" $left 2>/dev/null
        sleep 0.2
    done
done
rm -rf "$1"
"#;

/// The search path of the servers' own commands.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

#[derive(Debug)]
pub(crate) struct Home {
    dir: PathBuf,
    account: Account,
    next: AtomicU32,
    /// Holds the pipe.
    _keeper: Child,
}

/// That of this process, made at the first call.
pub(crate) fn home() -> Result<&'static Home> {
    static HOME: OnceLock<Result<Home, String>> = OnceLock::new();
    HOME.get_or_init(|| Home::new().map_err(|error| format!("{error:#}")))
        .as_ref()
        .map_err(|error| anyhow!("{error}"))
}

impl Home {
    fn new() -> Result<Self> {
        let account = Account::choose()?;
        let dir = tempfile::Builder::new()
            .prefix("cairn-servers-")
            .tempdir()?
            .keep();
        account.own(&dir)?;
        // A group of its own: an interrupt at the terminal ends the tests, not the keeper.
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(&dir)
            .arg(PID)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self {
            dir,
            account,
            next: AtomicU32::new(1),
            _keeper: keeper,
        })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// A new directory for a server, with a short path: a socket's may have 107 octets.
    pub(crate) fn new_server(&self) -> Result<PathBuf> {
        let dir = self
            .dir
            .join(self.next.fetch_add(1, Ordering::Relaxed).to_string());
        self.directory(&dir)?;
        Ok(dir)
    }

    /// Makes a directory that only the servers' user (and root) can enter.
    pub(crate) fn directory(&self, path: &Path) -> Result<()> {
        DirBuilder::new()
            .mode(0o700)
            .create(path)
            .with_context(|| path.display().to_string())?;
        self.account.own(path)
    }

    /// Writes a file that only the servers' user (and root) can read.
    pub(crate) fn write(&self, path: &Path, text: impl AsRef<[u8]>) -> Result<()> {
        fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)
            .and_then(|mut file| file.write_all(text.as_ref()))
            .with_context(|| path.display().to_string())?;
        self.account.own(path)
    }

    /// A command as the servers' user, with nothing of this process's environment: PGHOST and its like say
    /// what is right for the developer, not for the test.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = plain_command(program);
        self.account.run_as(&mut command);
        command.current_dir(&self.dir);
        command
    }
}

/// A command as the user who runs the tests, with nothing of this process's environment.
pub(crate) fn plain_command(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command
        .env_clear()
        .env("PATH", PATH)
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    command
}

/// Runs it to its end: what it printed, or an error with what it complained about.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| program.clone())?;
    check(&program, &output)
}

/// What an ended program printed, or an error with what it complained about.
pub(crate) fn check(program: &str, output: &std::process::Output) -> Result<String> {
    anyhow::ensure!(
        output.status.success(),
        "{program}: {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}
