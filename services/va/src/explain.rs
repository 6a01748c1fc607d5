//! What came of an attempt, in words: the observation of one perspective, and the problem document of all.

use cairn_evidence::Rir;
use cairn_types::{ErrorKind, Observation, Problem};

use crate::refusal::Refusal;
use crate::text::{clean, cut};
use crate::trace::Trace;

/// The most that a problem's detail may hold, in octets.
const MAX_DETAIL: usize = 3000;

/// The most that each text of an observation may hold, in characters.
const MAX_TEXT: usize = 800;

/// What all steps in a problem may hold, in octets. The perspectives that come last lose theirs.
const MAX_STEPS: usize = 16 * 1024;

/// What a perspective did and saw.
pub(crate) fn observation(
    perspective: &str,
    rir: Rir,
    result: &Result<(), Refusal>,
    trace: &Trace,
) -> Observation {
    let refusal = result.as_ref().err();
    let mut steps = trace.steps().to_vec();
    if refusal.is_some() && !trace.current().is_empty() {
        steps.push(clean(&format!("not finished: {}", trace.current()), MAX_TEXT));
    }
    let text = |text: &String| clean(text, MAX_TEXT);
    Observation {
        perspective: perspective.to_owned(),
        rir: rir.as_str().to_owned(),
        kind: refusal.map(|refusal| refusal.kind),
        summary: refusal.map_or_else(String::new, |refusal| text(&refusal.what)),
        expected: refusal.and_then(|refusal| refusal.expected.as_ref().map(text)),
        found: refusal.and_then(|refusal| refusal.found.as_ref().map(text)),
        remedy: refusal.and_then(|refusal| refusal.remedy.as_ref().map(text)),
        steps,
    }
}

/// The problem of an attempt that failed, from the observations of its perspectives, the primary's first. Its kind
/// is that of the primary's refusal, or else of the most frequent one.
pub(crate) fn problem(observations: &[Observation]) -> Problem {
    headed("not all perspectives saw the same", observations)
}

/// As [`problem`]; where perspectives differ, the text says `head` before it tells what each of them saw.
pub(crate) fn headed(head: &str, observations: &[Observation]) -> Problem {
    let groups = groups(observations);
    let lead = lead(observations);
    let mut detail = match &groups[..] {
        [(_, only)] => sentence(only),
        _ => {
            let seen: Vec<_> = groups
                .iter()
                .map(|(names, observation)| format!("from {}: {}", names.join(", "), sentence(observation)))
                .collect();
            format!("{head}. Seen {}", seen.join("; "))
        }
    };
    if let Some(remedy) = lead.and_then(|lead| lead.remedy.as_deref()) {
        detail.push_str(". ");
        detail.push_str(remedy);
    }
    if detail.len() > MAX_DETAIL {
        cut(&mut detail, MAX_DETAIL);
        detail.push('…');
    }
    Problem {
        kind: lead
            .and_then(|lead| lead.kind)
            .unwrap_or(ErrorKind::ServerInternal),
        detail,
        subproblems: Vec::new(),
        observations: bounded(observations),
    }
}

/// The perspectives that saw the same, with one of their observations.
fn groups(observations: &[Observation]) -> Vec<(Vec<&str>, &Observation)> {
    let mut groups: Vec<(Vec<&str>, &Observation)> = Vec::new();
    for observation in observations {
        let same = |other: &&mut (Vec<&str>, &Observation)| {
            let seen = |it: &Observation| (it.kind, it.summary.clone(), it.found.clone());
            seen(other.1) == seen(observation)
        };
        match groups.iter_mut().find(same) {
            Some((names, _)) => names.push(&observation.perspective),
            None => groups.push((vec![&observation.perspective], observation)),
        }
    }
    groups
}

/// The refusal that speaks for all.
fn lead(observations: &[Observation]) -> Option<&Observation> {
    if let Some(primary) = observations.first().filter(|primary| primary.kind.is_some()) {
        return Some(primary);
    }
    let refusals = || observations.iter().filter(|it| it.kind.is_some());
    let votes = |kind| refusals().filter(|it| it.kind == kind).count();
    // The first of several with the same number of votes.
    refusals().rev().max_by_key(|refusal| votes(refusal.kind))
}

/// What one perspective saw, in one line.
fn sentence(observation: &Observation) -> String {
    if observation.kind.is_none() {
        return "all as it should be".to_owned();
    }
    let mut sentence = observation.summary.clone();
    // Mostly the remedy says what was expected.
    let said = |text: &&str| observation.remedy.as_ref().is_some_and(|it| it.contains(text));
    if let Some(expected) = observation.expected.as_deref().filter(|text| !said(text)) {
        sentence.push_str("; expected ");
        sentence.push_str(expected);
    }
    if let Some(found) = &observation.found {
        sentence.push_str("; found ");
        sentence.push_str(found);
    }
    sentence
}

/// The observations as they are kept.
fn bounded(observations: &[Observation]) -> Vec<Observation> {
    let mut room = MAX_STEPS;
    let keep = |observation: &Observation| {
        let octets = observation.steps.iter().map(String::len).sum();
        let mut kept = observation.clone();
        match room.checked_sub(octets) {
            Some(rest) => room = rest,
            None => kept.steps = vec!["left out, as there were too many".to_owned()],
        }
        kept
    };
    observations.iter().map(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(kind: ErrorKind, what: &str) -> Refusal {
        Refusal::new(kind, what)
    }

    fn seen(name: &str, result: &Result<(), Refusal>) -> Observation {
        observation(name, Rir::Ripe, result, &Trace::default())
    }

    #[test]
    fn an_observation_has_what_the_refusal_says_and_the_steps() {
        let mut trace = Trace::default();
        trace.step("looked up a.example: none");
        let refusal = refused(ErrorKind::Dns, "a.example has no address")
            .expected("an address")
            .found("none\u{7}")
            .remedy(|| "Add one".to_owned());
        let seen = observation("primary", Rir::Arin, &Err(refusal), &trace);
        assert_eq!(
            seen,
            Observation {
                perspective: "primary".to_owned(),
                rir: "arin".to_owned(),
                kind: Some(ErrorKind::Dns),
                summary: "a.example has no address".to_owned(),
                expected: Some("an address".to_owned()),
                found: Some("none\\u{7}".to_owned()),
                remedy: Some("Add one".to_owned()),
                steps: vec!["looked up a.example: none".to_owned()],
            }
        );
        trace.doing("waiting");
        let waiting = observation("primary", Rir::Arin, &Err(refused(ErrorKind::Dns, "no")), &trace);
        assert_eq!(waiting.steps[1], "not finished: waiting");
        let passed = observation("primary", Rir::Arin, &Ok(()), &trace);
        assert_eq!((passed.kind, passed.summary.as_str()), (None, ""));
        assert_eq!(passed.steps.len(), 1);
    }

    #[test]
    fn the_detail_says_what_is_wrong_and_what_would_pass() {
        let refusal = refused(ErrorKind::Unauthorized, "the value is wrong")
            .expected("right")
            .found("left")
            .remedy(|| "Say `right`".to_owned());
        let same = [seen("a", &Err(refusal.clone())), seen("b", &Err(refusal))];
        let problem = problem(&same);
        assert_eq!(problem.detail, "the value is wrong; found left. Say `right`");
        assert_eq!(problem.kind, ErrorKind::Unauthorized);
        assert_eq!(problem.observations, same);
    }

    #[test]
    fn where_perspectives_differ_each_is_told() {
        let down = || refused(ErrorKind::Connection, "no connection").remedy(|| "Open the port".to_owned());
        let wrong = || refused(ErrorKind::Unauthorized, "the value is wrong").remedy(|| "Fix it".to_owned());
        let all = [
            seen("a", &Ok(())),
            seen("b", &Err(wrong())),
            seen("c", &Err(down())),
            seen("d", &Err(down())),
        ];
        let remotes = problem(&all);
        assert_eq!(
            remotes.detail,
            "not all perspectives saw the same. Seen from a: all as it should be; from b: the value is wrong; \
             from c, d: no connection. Open the port"
        );
        assert_eq!(remotes.kind, ErrorKind::Connection);
        let primary = problem(&[
            seen("a", &Err(wrong())),
            seen("c", &Err(down())),
            seen("d", &Err(down())),
        ]);
        assert_eq!(primary.kind, ErrorKind::Unauthorized);
        let tie = problem(&all[..3]);
        assert_eq!(tie.kind, ErrorKind::Unauthorized);
    }

    #[test]
    fn a_problem_is_bounded() {
        let long = refused(ErrorKind::Dns, &"é".repeat(5000)).found("x".repeat(5000));
        let mut trace = Trace::default();
        (0..1000).for_each(|_| trace.step("\u{202e}".repeat(1000)));
        let names: Vec<_> = (0..20).map(|index| format!("p{index}")).collect();
        let all: Vec<_> = names
            .iter()
            .map(|name| {
                let long = Refusal {
                    what: format!("{name}{}", long.what),
                    ..long.clone()
                };
                observation(name, Rir::Ripe, &Err(long), &trace)
            })
            .collect();
        let problem = problem(&all);
        assert!(problem.detail.len() <= MAX_DETAIL + 3);
        let octets: usize = problem
            .observations
            .iter()
            .flat_map(|it| &it.steps)
            .map(String::len)
            .sum();
        assert!(octets < MAX_STEPS + 20 * 40, "{octets}");
        assert!(all.iter().all(|it| it.summary.chars().count() <= MAX_TEXT + 1));
    }
}
