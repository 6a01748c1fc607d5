//! Ends a CA when the test process is gone, however that ended: a static is never dropped, and a killed
//! process drops nothing.

use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::files::KEEP;

/// Waits for the end of its input, ends the process, deletes the directory unless it is to be kept.
const SCRIPT: &str = r#"
cat >/dev/null
kill -TERM "$1" 2>/dev/null
while kill -0 "$1" 2>/dev/null; do sleep 0.1; done
[ -e "$2/$3" ] || rm -rf "$2"
"#;

/// A process that outlives this one by as long as it takes to stop the CA.
#[derive(Debug)]
pub(super) struct Keeper(Child);

impl Keeper {
    pub(super) fn start(pid: u32, dir: &Path) -> io::Result<Self> {
        let child = Command::new("sh")
            .args(["-c", SCRIPT, "keeper", &pid.to_string()])
            .arg(dir)
            .arg(KEEP)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self(child))
    }

    /// There is nothing left to keep.
    pub(super) fn dismiss(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
