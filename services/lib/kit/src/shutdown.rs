//! SIGTERM and SIGINT: the first asks for an orderly end, the second for one now.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// Listens for what asks the process to end, from the moment it is made.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    supervisor_gone: Option<oneshot::Receiver<()>>,
}

impl Signals {
    /// With `supervised`, the end of standard input counts as a signal too. A supervisor holds the
    /// other end of it, so that its children end with it even if it is killed.
    pub(crate) fn listen(supervised: bool) -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            supervisor_gone: supervised.then(end_of_input),
        })
    }

    /// Waits for the next signal and returns its name.
    pub(crate) async fn next(&mut self) -> &'static str {
        let Self {
            terminate,
            interrupt,
            supervisor_gone,
        } = self;
        let gone = async {
            match supervisor_gone.as_mut() {
                Some(gone) => {
                    let _ = gone.await;
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
            () = gone => {
                *supervisor_gone = None;
                "end of standard input"
            }
        }
    }
}

/// Resolves when standard input ends. A thread of its own, because a blocking read cannot be
/// cancelled and would hold up the end of the runtime.
fn end_of_input() -> oneshot::Receiver<()> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _ = sender.send(());
    });
    receiver
}
