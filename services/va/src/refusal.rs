//! Why an attempt was refused.

use cairn_types::ErrorKind;

/// Why an attempt was refused: what is wrong, what there should have been and what there was, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) kind: ErrorKind,
    /// What is wrong: a sentence without its full stop.
    pub(crate) what: String,
    /// What would have passed, where that can be said in a line.
    pub(crate) expected: Option<String>,
    /// What was there instead; what strangers sent has been cleaned.
    pub(crate) found: Option<String>,
    /// The exact record or file that would pass, or what to change: a sentence without its full stop. What is to
    /// be copied stands between backticks.
    pub(crate) remedy: Option<String>,
    /// Whether a repetition may end differently although nobody changes anything.
    pub(crate) transient: bool,
}

impl Refusal {
    pub(crate) fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
            expected: None,
            found: None,
            remedy: None,
            transient: false,
        }
    }

    /// A timeout, a lost connection, a failing server.
    pub(crate) fn transient(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self {
            transient: true,
            ..Self::new(kind, what)
        }
    }

    /// Adds what would have passed.
    #[must_use]
    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Adds what was there instead.
    #[must_use]
    pub(crate) fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    /// Adds what would pass, unless something more precise was said already.
    #[must_use]
    pub(crate) fn remedy(mut self, remedy: impl FnOnce() -> String) -> Self {
        if self.remedy.is_none() {
            self.remedy = Some(remedy());
        }
        self
    }
}
