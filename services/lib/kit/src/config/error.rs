//! Why a configuration was refused, on one line that an editor can jump to.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// A configuration that cannot be used. Its text reads `FILE:LINE:COLUMN: what is wrong`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", self.place())]
pub struct ConfigError {
    file: PathBuf,
    position: Option<(usize, usize)>,
    message: String,
}

impl ConfigError {
    /// An error about the file as a whole.
    pub(super) fn new(file: &Path, message: String) -> Self {
        Self {
            file: file.to_owned(),
            position: None,
            message,
        }
    }

    /// An error that the TOML parser found in `text`.
    pub(super) fn at(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        let mut message = error.message().trim_end().replace('\n', ", ");
        if let Some(table) = table_of(error) {
            message = format!("{message} (in `{table}`)");
        }
        let position = error.span().map(|span| line_and_column(text, &span));
        Self {
            file: file.to_owned(),
            position,
            message,
        }
    }

    fn place(&self) -> String {
        let file = self.file.display();
        match self.position {
            Some((line, column)) => format!("{file}:{line}:{column}"),
            None => file.to_string(),
        }
    }
}

/// The keys that lead to the error, which the parser only tells when it has no text to quote.
fn table_of(error: &toml::de::Error) -> Option<String> {
    let mut bare = error.clone();
    bare.set_input(None);
    let text = bare.to_string();
    let keys = text.trim_end().rsplit_once("\nin `")?.1.strip_suffix('`')?;
    Some(keys.to_owned())
}

/// Both counted from one; columns in characters.
fn line_and_column(text: &str, span: &Range<usize>) -> (usize, usize) {
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start_of_line = before.rfind('\n').map_or(0, |at| at + 1);
    (line, before[start_of_line..].chars().count() + 1)
}
