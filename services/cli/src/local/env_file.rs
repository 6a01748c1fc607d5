//! `DIR/env`: what a shell, or a test, needs to know of a running local CA.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::layout::write_atomically;
use super::service::Service;

/// The variables, in the order in which they are written.
#[derive(Debug, Clone, Default)]
pub(crate) struct EnvFile {
    fixed: Vec<(String, String)>,
    pids: BTreeMap<Service, u32>,
}

impl EnvFile {
    /// Adds a variable.
    pub(crate) fn set(&mut self, name: &str, value: impl std::fmt::Display) {
        self.fixed.push((name.to_owned(), format!("{value}")));
    }

    /// Sets the process of a service: `CAIRN_<SERVICE>_PID`.
    pub(crate) fn set_pid(&mut self, service: Service, pid: u32) {
        self.pids.insert(service, pid);
    }

    /// Writes the file.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        write_atomically(path, self.text().as_bytes(), 0o644)
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.fixed {
            let _ = writeln!(text, "{name}={}", quoted(value));
        }
        for (service, pid) in &self.pids {
            let _ = writeln!(text, "{}={pid}", variable(*service, "PID"));
        }
        text
    }
}

/// The name of a service's variable: `CAIRN_<SERVICE>_<SUFFIX>`.
pub(crate) fn variable(service: Service, suffix: &str) -> String {
    let name = service.name().to_ascii_uppercase().replace('-', "_");
    format!("CAIRN_{name}_{suffix}")
}

/// As a shell reads it: bare where that is safe, else in single quotes.
pub(crate) fn quoted(value: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || b"/._:-[]@%+=,".contains(&byte);
    if !value.is_empty() && value.bytes().all(bare) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_shell_reads_what_was_meant() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("env");
        let mut env = EnvFile::default();
        env.set("DIRECTORY_URL", "https://localhost:14000/directory");
        env.set("CA_BUNDLE", "/tmp/it's a \"dir\" $HOME/ca.pem");
        env.set_pid(Service::Sa, 1);
        env.set_pid(Service::Sa, 42);
        env.set_pid(Service::Remote(1), 43);
        env.write(&path).unwrap();
        let script = format!(
            ". {}; printf '%s|%s|%s|%s' \"$DIRECTORY_URL\" \"$CA_BUNDLE\" $CAIRN_SA_PID $CAIRN_VA_REMOTE_1_PID",
            path.display()
        );
        let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
        assert_eq!(
            String::from_utf8(output.stdout).unwrap(),
            "https://localhost:14000/directory|/tmp/it's a \"dir\" $HOME/ca.pem|42|43"
        );
    }
}
