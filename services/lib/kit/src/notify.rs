//! Tells systemd, where it asks for it (`Type=notify`), that the process is ready or stopping.

use std::ffi::OsString;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Where to send notices: `sd_notify(3)`.
pub(crate) struct Notifier(Option<OsString>);

impl Notifier {
    #[expect(
        clippy::disallowed_methods,
        reason = "systemd has no other way to name its socket"
    )]
    pub(crate) fn from_environment() -> Self {
        Self(std::env::var_os("NOTIFY_SOCKET"))
    }

    /// Sends `state`, such as `READY=1`. That nobody listens is no reason to fail.
    pub(crate) fn send(&self, state: &str) {
        if let Some(Err(error)) = self.0.as_ref().map(|socket| send(socket, state)) {
            tracing::warn!(%error, "systemd could not be told {state}");
        }
    }
}

fn send(socket: &OsString, state: &str) -> io::Result<()> {
    let address = match socket.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?
        .send_to_addr(state.as_bytes(), &address)
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_arrives_at_the_socket() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        Notifier(Some(path.into_os_string())).send("READY=1");
        let mut buffer = [0; 32];
        let length = socket.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"READY=1");
    }
}
