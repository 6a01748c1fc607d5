//! Connections within a process, for tests: all of gRPC except TCP and TLS.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::DuplexStream;
use tokio::sync::mpsc;

use crate::{Peer, Transport};

/// What a pipe holds before its writer has to wait, in octets.
const PIPE: usize = 64 * 1024;

/// A connection, and who opened it.
pub(crate) type Connection = (DuplexStream, Peer);

/// A network of its own. Services that share one reach each other by name.
#[derive(Clone, Default)]
pub struct Hub {
    listeners: Arc<Mutex<HashMap<String, mpsc::Sender<Connection>>>>,
}

impl Hub {
    /// A network with nobody on it.
    pub fn new() -> Self {
        Self::default()
    }

    /// The transport of a service that others know by `name`, such as `sa.cairn`: servers that it
    /// starts are found under this name, and calls that it makes come from this name.
    pub fn transport(&self, name: impl Into<String>) -> Transport {
        Transport::memory(name.into(), self.clone())
    }

    /// Starts to listen under a name. Fails while another server does.
    pub(crate) fn listen(&self, name: &str) -> io::Result<mpsc::Receiver<Connection>> {
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        if listeners.get(name).is_some_and(|listener| !listener.is_closed()) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        let (sender, receiver) = mpsc::channel(16);
        listeners.insert(name.to_owned(), sender);
        Ok(receiver)
    }

    /// Connects to the server of a name.
    pub(crate) async fn connect(&self, name: &str, caller: &str) -> io::Result<DuplexStream> {
        let listener = {
            let listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
            listeners.get(name).cloned()
        };
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let (near, far) = tokio::io::duplex(PIPE);
        listener
            .ok_or_else(refused)?
            .send((far, Peer::new([caller.to_owned()])))
            .await
            .map_err(|_| refused())?;
        Ok(near)
    }
}
