//! Where lines go: buffered and written together, so that a request never waits for whoever reads the log.
//!
//! Audit records wait: they, and all lines before them, are written before the work goes on.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use crate::audit;

/// What may wait to be written, in octets. Lines that do not fit are lost, and counted.
const MOST: usize = 1 << 20;

/// How long lines wait for others to be written with.
const PAUSE: Duration = Duration::from_millis(10);

/// Takes lines. Clones share one buffer.
pub(crate) struct Sink<W>(Arc<Shared<W>>);

impl<W> Clone for Sink<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Shared<W> {
    pending: Mutex<Pending>,
    arrived: Condvar,
    out: Mutex<W>,
}

#[derive(Default)]
struct Pending {
    lines: Vec<u8>,
    lost: u64,
}

impl<W: Write + Send + 'static> Sink<W> {
    /// Lines are written to `out`, by [`Sink::flush`] or by a thread from [`Sink::spawn_writer`].
    pub(crate) fn new(out: W) -> Self {
        Self(Arc::new(Shared {
            pending: Mutex::default(),
            arrived: Condvar::new(),
            out: Mutex::new(out),
        }))
    }

    /// Starts the thread that writes what is pending, for as long as the process lives.
    pub(crate) fn spawn_writer(&self) -> io::Result<()> {
        let sink = self.clone();
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || {
                loop {
                    sink.wait();
                    std::thread::sleep(PAUSE);
                    sink.flush();
                    let lost = std::mem::take(&mut sink.pending().lost);
                    if lost > 0 {
                        tracing::warn!(
                            lost,
                            "lines of this log are lost: they came faster than they were read"
                        );
                    }
                }
            })?;
        Ok(())
    }

    /// Writes all lines that are there. Errors are left alone: there is nowhere to tell them.
    pub(crate) fn flush(&self) {
        // Before the lines are taken, so that they are written in their order.
        let mut out = lock(&self.0.out);
        let lines = std::mem::take(&mut self.pending().lines);
        let _ = out.write_all(&lines).and_then(|()| out.flush());
    }

    fn push(&self, line: &[u8]) {
        let mut pending = self.pending();
        if pending.lines.len() + line.len() > MOST {
            pending.lost += 1;
            return;
        }
        let first = pending.lines.is_empty();
        pending.lines.extend_from_slice(line);
        drop(pending);
        if first {
            self.0.arrived.notify_one();
        }
    }

    /// Writes a line at once, after those before it.
    fn write(&self, line: &[u8]) -> io::Result<()> {
        let mut out = lock(&self.0.out);
        let mut lines = std::mem::take(&mut self.pending().lines);
        lines.extend_from_slice(line);
        out.write_all(&lines)?;
        out.flush()
    }

    fn wait(&self) {
        let pending = self.pending();
        drop(
            self.0
                .arrived
                .wait_while(pending, |pending| pending.lines.is_empty() && pending.lost == 0),
        );
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        lock(&self.0.pending)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes one line.
pub(crate) struct Line<'s, W> {
    sink: &'s Sink<W>,
    at_once: bool,
}

impl<W: Write + Send + 'static> Write for Line<'_, W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.at_once {
            self.sink.write(line)?;
        } else {
            self.sink.push(line);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'s, W: Write + Send + 'static> MakeWriter<'s> for Sink<W> {
    type Writer = Line<'s, W>;

    fn make_writer(&'s self) -> Self::Writer {
        Line {
            sink: self,
            at_once: false,
        }
    }

    fn make_writer_for(&'s self, metadata: &Metadata<'_>) -> Self::Writer {
        Line {
            sink: self,
            at_once: metadata.target() == audit::TARGET,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// What was written, write by write.
    #[derive(Clone, Default)]
    struct Writes(Arc<Mutex<Vec<String>>>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            lock(&self.0).push(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Writes {
        fn take(&self) -> Vec<String> {
            std::mem::take(&mut lock(&self.0))
        }
    }

    fn logging(sink: &Sink<Writes>, work: impl FnOnce()) {
        let lines = tracing_subscriber::fmt()
            .with_writer(sink.clone())
            .without_time()
            .with_ansi(false)
            .compact();
        tracing::subscriber::with_default(lines.finish(), work);
    }

    #[test]
    fn lines_are_written_together_and_audit_records_at_once() {
        let writes = Writes::default();
        let sink = Sink::new(writes.clone());
        logging(&sink, || {
            tracing::info!("one");
            tracing::info!("two");
            assert!(writes.take().is_empty());
            tracing::info!(target: audit::TARGET, "three");
            let written = writes.take();
            assert_eq!(written.len(), 1);
            let order = ["one", "two", "three"].map(|word| written[0].find(word).unwrap());
            assert!(order.is_sorted());
            tracing::info!("four");
        });
        sink.flush();
        assert!(writes.take()[0].contains("four"));
    }

    #[test]
    fn what_does_not_fit_is_lost_and_counted() {
        let sink = Sink::new(Writes::default());
        let line = [b'x'; 1024];
        for _ in 0..MOST / 1024 + 3 {
            sink.push(&line);
        }
        let pending = sink.pending();
        assert_eq!((pending.lines.len(), pending.lost), (MOST, 3));
    }

    /// A reader that reads only when it is told to.
    struct Stuck(mpsc::Receiver<()>, mpsc::Sender<usize>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.recv().map_err(io::Error::other)?;
            self.1.send(bytes.len()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_for_a_reader_that_does_not_read() {
        let (go, permission) = mpsc::channel();
        let (written, lengths) = mpsc::channel();
        let sink = Sink::new(Stuck(permission, written));
        sink.spawn_writer().unwrap();
        sink.push(b"first\n");
        for _ in 0..100 {
            sink.push(b"another\n");
        }
        for _ in 0..101 {
            // Written in one piece or in several, as the threads ran.
            let _ = go.send(());
        }
        let mut length = 0;
        while length < 6 + 100 * 8 {
            length += lengths.recv().unwrap();
        }
    }
}
