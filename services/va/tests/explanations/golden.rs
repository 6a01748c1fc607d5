//! Explanations as text, and the files that they are compared with.

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::sha::sha256;

use crate::stage::{Attempt, KEY_AUTHORIZATION, TOKEN};

/// What people are told in one area.
pub(crate) struct Explanations {
    area: &'static str,
    text: String,
}

impl Explanations {
    pub(crate) fn of(area: &'static str) -> Self {
        let text = String::new();
        Self { area, text }
    }

    /// Adds what is told about a fault. `ports` are those that differ from run to run, by name.
    pub(crate) fn add(&mut self, fault: &str, ports: &[(u16, &str)], attempt: &Attempt) {
        let told = render(attempt);
        let told = ports.iter().fold(told, |told, (port, name)| {
            replace_number(&told, &port.to_string(), name)
        });
        let separator = if self.text.is_empty() { "" } else { "\n" };
        let _ = write!(self.text, "{separator}== {fault}\n{}", name_values(&told));
    }

    /// Compares all with the file of the area.
    #[track_caller]
    pub(crate) fn compare(&self) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/explanations/golden")
            .join(format!("{}.txt", self.area));
        #[expect(
            clippy::disallowed_methods,
            reason = "a switch of the test, not of the program"
        )]
        let rewrite = std::env::var_os("CAIRN_REWRITE_GOLDEN").is_some();
        if rewrite {
            std::fs::write(&path, &self.text).unwrap();
            return;
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        let cases = |text: &str| -> Vec<String> {
            text.split("\n\n")
                .map(|case| case.trim_end().to_owned())
                .collect()
        };
        for (expected, told) in cases(&expected).iter().zip(cases(&self.text)) {
            assert_eq!(*expected, told, "in {}", path.display());
        }
        assert_eq!(expected, self.text, "in {}", path.display());
    }
}

/// The observation, line by line, and the detail of the problem.
fn render(attempt: &Attempt) -> String {
    let mut text = String::new();
    let seen = &attempt.outcome.observations[0];
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<9} {value}");
    };
    match seen.kind {
        None => line("verdict", "passed"),
        Some(kind) if attempt.outcome.transient => line("verdict", &format!("{}, transient", kind.as_str())),
        Some(kind) => line("verdict", kind.as_str()),
    }
    if !seen.summary.is_empty() {
        line("summary", &seen.summary);
    }
    for (name, value) in [
        ("expected", &seen.expected),
        ("found", &seen.found),
        ("remedy", &seen.remedy),
    ] {
        if let Some(value) = value {
            line(name, value);
        }
    }
    for step in &seen.steps {
        line("step", step);
    }
    if let Some(problem) = &attempt.outcome.problem {
        assert_eq!(problem.observations, attempt.outcome.observations);
        assert_eq!(Some(problem.kind), seen.kind);
        line("detail", &problem.detail);
    }
    text
}

/// Names in the place of tokens and digests.
fn name_values(text: &str) -> String {
    let digest = sha256(KEY_AUTHORIZATION.as_bytes());
    text.replace(KEY_AUTHORIZATION, "KEY-AUTHORIZATION")
        .replace(TOKEN, "TOKEN")
        .replace(&URL_SAFE_NO_PAD.encode(digest), "DIGEST")
        .replace(&hex::encode(digest), "DIGEST-IN-HEX")
}

/// A name in the place of a number that stands alone.
fn replace_number(text: &str, number: &str, name: &str) -> String {
    let mut pieces = text.split(number);
    let mut replaced = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let digit = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
        let inside = digit(replaced.chars().next_back()) || digit(piece.chars().next());
        replaced.push_str(if inside { number } else { name });
        replaced.push_str(piece);
    }
    replaced
}
