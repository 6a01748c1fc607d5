//! Why an attempt was refused, and the problem document that explains it.

use cairn_types::{ErrorKind, Problem};

use crate::text::cut;
use crate::trace::Trace;

/// The most that a problem's detail may hold, in octets.
const MAX_DETAIL: usize = 3000;

/// Why an attempt was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) kind: ErrorKind,
    /// What is wrong: a sentence without its full stop.
    pub(crate) what: String,
    /// The exact record or file that would pass, or what to change: a sentence without its full stop.
    pub(crate) remedy: Option<String>,
    /// Whether a repetition may end differently although nobody changes anything.
    pub(crate) transient: bool,
}

impl Refusal {
    pub(crate) fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
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

    /// Adds what would pass, unless something more precise was said already.
    #[must_use]
    pub(crate) fn remedy(mut self, remedy: impl FnOnce() -> String) -> Self {
        if self.remedy.is_none() {
            self.remedy = Some(remedy());
        }
        self
    }

    /// The problem document: what is wrong, what would pass, and what was done.
    pub(crate) fn into_problem(self, trace: &Trace) -> Problem {
        let mut detail = self.what;
        if let Some(remedy) = self.remedy {
            detail.push_str(". ");
            detail.push_str(&remedy);
        }
        let steps = trace.steps();
        if !steps.is_empty() {
            detail.push_str(". What was done: ");
            detail.push_str(&steps.join("; "));
        }
        if detail.len() > MAX_DETAIL {
            cut(&mut detail, MAX_DETAIL);
            detail.push('…');
        }
        Problem {
            kind: self.kind,
            detail,
            subproblems: Vec::new(),
            observations: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_what_would_pass_and_what_was_done() {
        let mut trace = Trace::default();
        trace.step("looked up a.example: none");
        let refusal =
            Refusal::new(ErrorKind::Dns, "a.example has no address").remedy(|| "Add one".to_owned());
        let problem = refusal.into_problem(&trace);
        assert_eq!(
            problem.detail,
            "a.example has no address. Add one. What was done: looked up a.example: none"
        );
    }

    #[test]
    fn a_problem_is_bounded() {
        let refusal = Refusal::new(ErrorKind::Dns, "é".repeat(5000));
        assert!(refusal.into_problem(&Trace::default()).detail.len() <= MAX_DETAIL + 3);
    }
}
