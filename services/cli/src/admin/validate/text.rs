//! The report for people.

use std::fmt::Write as _;

use cairn_types::{ErrorKind, Observation};

use super::Trial;

/// Every perspective with what it saw and did, and what follows.
pub(super) fn render(trial: &Trial) -> String {
    let mut text = format!("{}\n", trial.what);
    for seen in &trial.observations {
        render_one(&mut text, seen);
    }
    let _ = writeln!(text, "\n{}", verdict(trial));
    if trial.made_up && !trial.passed {
        let _ = writeln!(
            text,
            "Token and account key were made up: no file or record of a client passes without --token and --thumbprint."
        );
    }
    text
}

fn render_one(text: &mut String, seen: &Observation) {
    let verdict = seen
        .kind
        .map(ErrorKind::as_str)
        .map_or_else(|| "passed".to_owned(), |kind| format!("refused ({kind})"));
    let _ = writeln!(text, "\n{} [{}]: {verdict}", seen.perspective, seen.rir);
    let wrong = Some(&seen.summary).filter(|summary| !summary.is_empty());
    for (name, value) in [
        ("wrong", wrong),
        ("expected", seen.expected.as_ref()),
        ("found", seen.found.as_ref()),
        ("remedy", seen.remedy.as_ref()),
    ] {
        if let Some(value) = value {
            let _ = writeln!(text, "  {name:<9} {value}");
        }
    }
    for (index, step) in seen.steps.iter().enumerate() {
        let _ = writeln!(text, "  {:>2}. {step}", index + 1);
    }
}

fn verdict(trial: &Trial) -> String {
    let all = trial.observations.len();
    let refused = trial
        .observations
        .iter()
        .filter(|seen| seen.kind.is_some())
        .count();
    let again = if trial.transient {
        " Another try may end differently."
    } else {
        ""
    };
    match (trial.passed, refused) {
        (true, 0) if all == 1 => "It would pass.".to_owned(),
        (false, _) if all == 1 => format!("It would fail.{again}"),
        (true, 0) => format!("It would pass: all {all} perspectives agree."),
        (true, refused) => format!("It would pass, although {refused} of {all} perspectives refused."),
        (false, refused) => format!("It would fail: {refused} of {all} perspectives refused.{again}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(perspective: &str, kind: Option<ErrorKind>) -> Observation {
        Observation {
            perspective: perspective.to_owned(),
            rir: "ripe".to_owned(),
            kind,
            summary: kind.map_or_else(String::new, |_| "no such name".to_owned()),
            expected: None,
            found: kind.map(|_| "NXDOMAIN".to_owned()),
            remedy: kind.map(|_| "Add a record".to_owned()),
            steps: vec!["looked up A of a.example: something".to_owned()],
        }
    }

    fn trial(passed: bool, observations: Vec<Observation>) -> Trial {
        Trial {
            what: "http-01 for a.example".to_owned(),
            passed,
            detail: None,
            transient: false,
            made_up: true,
            observations,
        }
    }

    #[test]
    fn every_perspective_is_told() {
        let refused = seen("primary", Some(ErrorKind::Dns));
        assert_eq!(
            render(&trial(false, vec![refused.clone(), seen("remote", None)])),
            "http-01 for a.example\n\
             \n\
             primary [ripe]: refused (dns)\n  \
               wrong     no such name\n  \
               found     NXDOMAIN\n  \
               remedy    Add a record\n   \
                1. looked up A of a.example: something\n\
             \n\
             remote [ripe]: passed\n   \
                1. looked up A of a.example: something\n\
             \n\
             It would fail: 1 of 2 perspectives refused.\n\
             Token and account key were made up: no file or record of a client passes without --token and \
             --thumbprint.\n"
        );
        assert!(render(&trial(true, vec![seen("remote", None)])).ends_with("\nIt would pass.\n"));
        assert!(
            render(&trial(true, vec![refused, seen("remote", None)]))
                .contains("It would pass, although 1 of 2 perspectives refused.")
        );
    }
}
