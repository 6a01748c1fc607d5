//! Lines for the person who started us: in color on a terminal, plain elsewhere.

use std::fmt::Display;
use std::io::{IsTerminal, Write, stdout};

/// Where progress is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    color: bool,
}

impl Terminal {
    /// Standard output.
    pub(crate) fn detect() -> Self {
        Self {
            color: stdout().is_terminal(),
        }
    }

    /// A step that went well.
    pub(crate) fn done(self, subject: &str, what: impl Display) {
        self.line("32", "✓", subject, &what);
    }

    /// Something that is being taken care of.
    pub(crate) fn warn(self, subject: &str, what: impl Display) {
        self.line("33", "!", subject, &what);
    }

    /// Plain text.
    pub(crate) fn text(text: &str) {
        Self::write(format_args!("{text}\n"));
    }

    /// A heading, or what else is to stand out.
    pub(crate) fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// What is there for the curious.
    pub(crate) fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    fn line(self, color: &str, sign: &str, subject: &str, what: &dyn Display) {
        Self::write(format_args!(
            "  {} {subject:<13} {what}\n",
            self.paint(color, sign)
        ));
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.color {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// That nobody reads is no reason to stop a CA: errors, such as a closed pipe, are left alone.
    fn write(text: std::fmt::Arguments<'_>) {
        let mut out = stdout().lock();
        let _ = out.write_fmt(text).and_then(|()| out.flush());
    }
}
