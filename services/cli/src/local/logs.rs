//! One log per service, of bounded size.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tokio::io::{AsyncRead, AsyncReadExt};

/// A log of this size, in octets, is set aside as `NAME.log.1`, in place of the one before.
const MAX_LENGTH: u64 = 16 << 20;

/// The longest line that is kept for messages, in octets.
const MAX_LAST_LINE: usize = 1024;

/// A file that is appended to and set aside when it is full.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    file: File,
    length: u64,
    max_length: u64,
    last: LastLine,
}

impl Log {
    /// Opens the log at `path`, keeping what is in it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        let length = file.metadata()?.len();
        Ok(Self {
            path: path.to_owned(),
            file,
            length,
            max_length: MAX_LENGTH,
            last: LastLine::default(),
        })
    }

    /// Appends all that comes until it ends, and returns the last line of it.
    pub(crate) async fn collect(mut self, mut source: impl AsyncRead + Unpin) -> io::Result<String> {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let length = source.read(&mut buffer).await?;
            if length == 0 {
                return Ok(self.last.take());
            }
            self.append(&buffer[..length])?;
        }
    }

    /// Whole lines stay in one file.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.last.push(bytes);
        let full = self.length + bytes.len() as u64 > self.max_length;
        let end_of_line = bytes.iter().position(|byte| *byte == b'\n').filter(|_| full);
        let (head, tail) = bytes.split_at(end_of_line.map_or(bytes.len(), |at| at + 1));
        self.write(head)?;
        if end_of_line.is_some() {
            fs::rename(&self.path, self.path.with_extension("log.1"))?;
            self.file = File::options().create(true).append(true).open(&self.path)?;
            self.length = 0;
        }
        self.write(tail)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.length += bytes.len() as u64;
        self.file.write_all(bytes)
    }
}

/// The last line that is not empty, of what was pushed.
#[derive(Debug, Default)]
struct LastLine {
    complete: Vec<u8>,
    partial: Vec<u8>,
}

impl LastLine {
    fn push(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = MAX_LAST_LINE.saturating_sub(self.partial.len());
            self.partial
                .extend(piece.iter().copied().filter(|byte| *byte != b'\n').take(room));
            if piece.ends_with(b"\n") && !self.partial.is_empty() {
                self.complete = std::mem::take(&mut self.partial);
            }
        }
    }

    fn take(&mut self) -> String {
        let line = if self.partial.is_empty() {
            &self.complete
        } else {
            &self.partial
        };
        String::from_utf8_lossy(line).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn logs_are_bounded_and_lose_no_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sa.log");
        fs::write(&path, "before\n").unwrap();
        let mut log = Log::open(&path).unwrap();
        log.max_length = 20;
        let last = log
            .collect("one line of it\nanother\nand the la".as_bytes())
            .await
            .unwrap();
        assert_eq!(last, "and the la");
        assert_eq!(
            fs::read_to_string(dir.path().join("sa.log.1")).unwrap(),
            "before\none line of it\n"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "another\nand the la");
    }

    #[test]
    fn the_last_line_is_found_across_pieces() {
        let mut last = LastLine::default();
        for piece in ["fir", "st\nsec", "ond\n", "\n"] {
            last.push(piece.as_bytes());
        }
        assert_eq!(last.take(), "second");
        last.push(&[b'x'; 5000]);
        assert_eq!(last.take().len(), MAX_LAST_LINE);
    }
}
