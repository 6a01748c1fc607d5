//! The report for people.

use std::fmt::Write as _;

use super::report::{Content, Name, Report, Seen};

pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    let Report {
        serial,
        profile,
        issuer,
        prepared,
        order,
        account,
        ..
    } = report;
    let _ = writeln!(
        text,
        "certificate {serial}\n  profile {profile}, issuer {issuer}, prepared {prepared}\n  order {order}\n  account {account}"
    );
    for fault in &report.faults {
        let _ = writeln!(text, "  WRONG: {}", clean(fault));
    }
    for name in &report.names {
        render_name(&mut text, name);
    }
    let count = report.names.len();
    let bad = report.names.iter().filter(|name| !name.holds).count();
    let _ = match (report.holds, bad) {
        (true, _) => writeln!(text, "\nthe evidence of all names holds: {count}"),
        (false, 0) => writeln!(
            text,
            "\nthe evidence of all names holds, and the request does not"
        ),
        (false, bad) => writeln!(text, "\nthe evidence of {bad} of {count} names DOES NOT HOLD"),
    };
    text
}

fn render_name(text: &mut String, name: &Name) {
    let _ = writeln!(text, "\n{}", name.identifier);
    match &name.fault {
        Some(fault) => {
            let _ = writeln!(text, "  DOES NOT HOLD: {}", clean(fault));
        }
        None => {
            let said = |part: &Option<String>| part.clone().unwrap_or_default();
            let _ = writeln!(
                text,
                "  proved by {} at {}, seen by {}, corroborated {}{}",
                said(&name.method),
                said(&name.validated),
                said(&name.primary),
                said(&name.quorum),
                listed(": ", &name.remotes)
            );
        }
    }
    if let Some(authorization) = &name.authorization {
        let _ = writeln!(text, "  authorization {authorization}");
    }
    for seen in &name.receipts {
        render_receipt(text, seen);
    }
}

fn render_receipt(text: &mut String, seen: &Seen) {
    let counts = match &seen.disregarded {
        None => "counts".to_owned(),
        Some(why) => format!("does not count: {}", clean(why)),
    };
    let Some(content) = &seen.content else {
        let _ = writeln!(text, "  - a receipt that cannot be read; {counts}");
        return;
    };
    let Content {
        region,
        check,
        outcome,
        finished,
        key,
        attempt,
        ..
    } = content;
    let perspective = clean(&content.perspective);
    let _ = writeln!(
        text,
        "  - {perspective} ({region}): {check} {outcome} at {finished}; {counts}"
    );
    let _ = writeln!(
        text,
        "    key {key}, attempt {attempt}, {}",
        clean(&content.software)
    );
    let mut line = |label: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "    {label}: {}", clean(value));
        }
    };
    line("resolver", &content.resolver);
    line("resolved", &content.resolved.join(", "));
    line("contacted", &content.contacted.join(", "));
    line("redirected to", &content.redirects.join(", "));
    line("matched", content.matched.as_deref().unwrap_or_default());
    line("good until", content.valid_until.as_deref().unwrap_or_default());
    line("DNSSEC", content.dnssec.unwrap_or_default());
    if let Some(caa) = &content.caa {
        let found = caa.found_at.as_ref().map(|name| format!(", records at {name}"));
        let dnssec = caa.dnssec.map(|state| format!(", DNSSEC {state}"));
        let said = format!(
            "{} at {}{}{}{}",
            caa.verdict,
            caa.checked,
            found.unwrap_or_default(),
            listed(": ", &caa.records),
            dnssec.unwrap_or_default()
        );
        line("CAA", &said);
    }
}

fn listed(before: &str, values: &[String]) -> String {
    if values.is_empty() {
        String::new()
    } else {
        format!("{before}{}", values.join(", "))
    }
}

/// What came from elsewhere must not drive the terminal.
fn clean(text: &str) -> String {
    text.chars()
        .flat_map(|it| {
            let escaped = it.is_control().then(|| it.escape_default());
            let plain = escaped.is_none().then_some(it);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::report::Caa;
    use super::*;

    fn report() -> Report {
        let content = Content {
            perspective: "oslo".to_owned(),
            region: "ripe".to_owned(),
            key: "ab".to_owned(),
            attempt: "cd".to_owned(),
            check: "http-01".to_owned(),
            method: "http-01".to_owned(),
            wildcard: false,
            outcome: "valid".to_owned(),
            started: "T1".to_owned(),
            finished: "T2".to_owned(),
            software: "cairn-va 1".to_owned(),
            resolver: "[::1]:53".to_owned(),
            resolved: vec!["2a00::1".to_owned()],
            contacted: vec!["[2a00::1]:80".to_owned()],
            redirects: Vec::new(),
            matched: Some("http://a\u{1b}[2J/".to_owned()),
            dnssec: Some("secure"),
            valid_until: None,
            caa: Some(Caa {
                checked: "T3".to_owned(),
                verdict: "allowed",
                found_at: Some("example".to_owned()),
                records: vec!["0 issue \"ca\"".to_owned()],
                dnssec: None,
            }),
        };
        Report {
            holds: true,
            serial: "01".to_owned(),
            profile: "classic".to_owned(),
            issuer: "e1".to_owned(),
            prepared: "T".to_owned(),
            order: "O".to_owned(),
            account: "A".to_owned(),
            faults: Vec::new(),
            names: vec![Name {
                identifier: "a.example".to_owned(),
                holds: true,
                method: Some("http-01".to_owned()),
                validated: Some("T2".to_owned()),
                primary: Some("oslo".to_owned()),
                remotes: vec!["lima".to_owned()],
                quorum: Some("1/2".to_owned()),
                receipts: vec![
                    Seen {
                        disregarded: None,
                        content: Some(content),
                    },
                    Seen {
                        disregarded: Some("it is malformed".to_owned()),
                        content: None,
                    },
                ],
                ..Name::default()
            }],
        }
    }

    #[test]
    fn what_each_saw() {
        let text = render(&report());
        assert_eq!(
            text,
            "certificate 01\n  profile classic, issuer e1, prepared T\n  order O\n  account A\n\n\
             a.example\n  proved by http-01 at T2, seen by oslo, corroborated 1/2: lima\n  \
             - oslo (ripe): http-01 valid at T2; counts\n    key ab, attempt cd, cairn-va 1\n    resolver: [::1]:53\n    \
             resolved: 2a00::1\n    contacted: [2a00::1]:80\n    matched: http://a\\u{1b}[2J/\n    DNSSEC: secure\n    \
             CAA: allowed at T3, records at example: 0 issue \"ca\"\n  - a receipt that cannot be read; does not count: it \
             is malformed\n\nthe evidence of all names holds: 1\n"
        );
    }

    #[test]
    fn what_does_not_hold_is_said_last() {
        let mut bad = report();
        bad.holds = false;
        bad.names[0].holds = false;
        bad.names[0].fault = Some("too few".to_owned());
        let text = render(&bad);
        assert!(text.contains("\na.example\n  DOES NOT HOLD: too few\n"), "{text}");
        assert!(
            text.ends_with("\nthe evidence of 1 of 1 names DOES NOT HOLD\n"),
            "{text}"
        );
    }
}
