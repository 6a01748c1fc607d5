//! What is where in the directory of a local CA, and whether a directory is one.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};

use super::service::Service;

/// Marks a directory as ours. Its content is the version of the layout.
const MARKER: &str = "cairn-local";
const VERSION: &str = "1\n";
const LOCK: &str = "lock";

/// The directory of a local CA, in use by this process alone.
#[derive(Debug)]
pub(crate) struct Layout {
    dir: PathBuf,
    _lock: File,
}

impl Layout {
    /// Takes `dir` into use, creating it if there is none. Refuses a directory that is neither empty
    /// nor that of a local CA, and one that is in use.
    pub(crate) fn open(dir: &Path) -> anyhow::Result<Self> {
        let shown = dir.display();
        private_dir(dir)?;
        let dir = dir
            .canonicalize()
            .with_context(|| format!("{shown} cannot be used"))?;
        let shown = dir.display();
        match fs::read_to_string(dir.join(MARKER)) {
            Ok(version) if version == VERSION => {}
            Ok(version) => bail!(
                "{shown} has layout version {}, and this is for version {}; choose another --dir",
                version.trim(),
                VERSION.trim()
            ),
            Err(_) if entries(&dir)?.is_empty() => {}
            Err(_) => bail!("{shown} is neither empty nor the directory of a local CA; choose another --dir"),
        }
        let lock = lock(&dir)?;
        write_atomically(&dir.join(MARKER), VERSION.as_bytes(), 0o644)?;
        Ok(Self { dir, _lock: lock })
    }

    /// Deletes everything, to start over.
    pub(crate) fn reset(&self) -> anyhow::Result<()> {
        for entry in entries(&self.dir)? {
            if entry.file_name().is_none_or(|name| name != MARKER) {
                remove(&entry).with_context(|| format!("{} cannot be deleted", entry.display()))?;
            }
        }
        Ok(())
    }

    /// Creates the folders for what services read and write.
    pub(crate) fn create_folders(&self) -> anyhow::Result<()> {
        ["config", "log"]
            .iter()
            .try_for_each(|folder| private_dir(&self.dir.join(folder)))
    }

    /// The directory, absolute.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Keys and certificates: of the CA, of the services, of the front end.
    pub(crate) fn pki(&self) -> PathBuf {
        self.dir.join("pki")
    }

    /// A service's configuration.
    pub(crate) fn config(&self, service: Service) -> PathBuf {
        self.dir.join("config").join(format!("{service}.toml"))
    }

    /// What `cairn admin` reads.
    pub(crate) fn operator_config(&self) -> PathBuf {
        operator_config(&self.dir)
    }

    /// A service's log.
    pub(crate) fn log(&self, service: Service) -> PathBuf {
        self.dir.join("log").join(format!("{service}.log"))
    }

    /// The database, unless another one was chosen.
    pub(crate) fn database(&self) -> PathBuf {
        self.dir.join("cairn.sqlite")
    }

    /// The nonces that were used before the front end stopped.
    pub(crate) fn spent_nonces(&self) -> PathBuf {
        self.dir.join("nonces.spent")
    }

    /// What a shell can source.
    pub(crate) fn env(&self) -> PathBuf {
        self.dir.join("env")
    }
}

/// What `cairn admin` reads, in the directory of a local CA.
pub(crate) fn operator_config(dir: &Path) -> PathBuf {
    dir.join("config/operator.toml")
}

/// Writes a file so that readers see all of it or what was there before.
pub(crate) fn write_atomically(path: &Path, content: &[u8], mode: u32) -> anyhow::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let write = || {
        let _ = fs::remove_file(&name);
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&name)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&name, path)
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}

/// Creates a directory, and those above it, for this user alone.
fn private_dir(path: &Path) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder
        .create(path)
        .with_context(|| format!("{} cannot be created", path.display()))
}

/// Everything in the directory but the lock.
fn entries(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        fs::read_dir(dir)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect()
    };
    let mut entries = read().with_context(|| format!("{} cannot be read", dir.display()))?;
    entries.retain(|path| path.file_name().is_none_or(|name| name != LOCK));
    Ok(entries)
}

fn remove(path: &Path) -> std::io::Result<()> {
    if path.symlink_metadata()?.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}

/// The lock is held as long as the file is open; it goes with the process, however that ends.
fn lock(dir: &Path) -> anyhow::Result<File> {
    let path = dir.join(LOCK);
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .with_context(|| format!("{} cannot be opened", path.display()))?;
    match try_lock(&file) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            let _ = file.read_to_string(&mut pid);
            bail!(
                "{} is in use by another cairn local, process {}",
                dir.display(),
                pid.trim()
            );
        }
        Err(TryLockError::Error(error)) => bail!("{} cannot be locked: {error}", path.display()),
    }
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())?;
    Ok(file)
}

/// Takes the lock. One that was just given up can still be held for a moment, by a child process of its holder
/// that has not begun its own program yet; so somebody else has it only if it stays taken.
fn try_lock(file: &File) -> Result<(), TryLockError> {
    const PAUSE: Duration = Duration::from_millis(10);
    const ATTEMPTS: usize = 50;
    for _ in 1..ATTEMPTS {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            answer => return answer,
        }
    }
    file.try_lock()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(dir: &Path) -> String {
        let shown = dir.canonicalize().unwrap().display().to_string();
        format!("{:#}", Layout::open(dir).unwrap_err()).replace(&shown, "DIR")
    }

    #[test]
    fn one_process_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::open(dir.path()).unwrap();
        let pid = std::process::id();
        let expected = format!("DIR is in use by another cairn local, process {pid}");
        assert_eq!(refusal(dir.path()), expected);
        drop(layout);
        Layout::open(dir.path()).unwrap();
    }

    #[test]
    fn only_our_own_directory_is_used() {
        let dir = tempfile::tempdir().unwrap();
        let precious = dir.path().join("thesis.tex");
        fs::write(&precious, "…").unwrap();
        let expected = "DIR is neither empty nor the directory of a local CA; choose another --dir";
        assert_eq!(refusal(dir.path()), expected);
        assert!(precious.exists());

        fs::remove_file(&precious).unwrap();
        drop(Layout::open(dir.path()).unwrap());
        fs::write(dir.path().join(MARKER), "99\n").unwrap();
        assert!(refusal(dir.path()).starts_with("DIR has layout version 99, and this is for version 1"));
    }

    #[test]
    fn a_reset_leaves_nothing_but_the_claim() {
        let dir = tempfile::tempdir().unwrap();
        let kept = dir.path().join("pki/root.key");
        let layout = Layout::open(dir.path()).unwrap();
        layout.create_folders().unwrap();
        fs::create_dir(layout.pki()).unwrap();
        fs::write(&kept, "data").unwrap();
        drop(layout);

        let layout = Layout::open(dir.path()).unwrap();
        assert!(kept.exists());
        layout.reset().unwrap();
        let left: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(
            left.contains(&MARKER.into()) && left.contains(&LOCK.into()),
            "{left:?}"
        );
    }

    #[test]
    fn files_are_replaced_whole_and_keep_their_mode() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        write_atomically(&path, b"one", 0o600).unwrap();
        write_atomically(&path, b"two", 0o600).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
