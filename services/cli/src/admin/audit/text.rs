//! The report for people.

use std::fmt::Write as _;

use super::summary::{Rule, Summary};

/// A line for each subject, then the rules that are broken, with examples.
pub(super) fn render(summary: &Summary) -> String {
    let mut text = String::new();
    for subject in &summary.subjects {
        let counts: Vec<_> = subject
            .counts
            .iter()
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        let line = format!(
            "{:<15} {:>10}   {}",
            subject.name,
            subject.rows,
            counts.join(", ")
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text.push('\n');
    if summary.is_clean() {
        let _ = writeln!(text, "no violations in {} rows", summary.rows);
        return text;
    }
    let _ = writeln!(text, "{} violations in {} rows", summary.violations, summary.rows);
    for (name, rule) in &summary.broken {
        render_rule(&mut text, name, rule);
    }
    text
}

fn render_rule(text: &mut String, name: &str, rule: &Rule) {
    let _ = writeln!(text, "\n{name} {}", rule.violations);
    for example in &rule.examples {
        let _ = writeln!(text, "  {}: {}", example.id, example.finding);
    }
    let more = rule.violations.saturating_sub(rule.examples.len() as u64);
    if more > 0 {
        let _ = writeln!(text, "  and {more} more");
    }
}

#[cfg(test)]
mod tests {
    use super::super::summary::tests::page;
    use super::*;

    #[test]
    fn a_table_and_what_is_broken() {
        let mut summary = Summary::default();
        let mut clean = page();
        clean.violations.clear();
        clean.examples.clear();
        summary.add("orders", clean);
        assert_eq!(
            render(&summary),
            "orders                  40   processing 20, valid 20\n\nno violations in 40 rows\n"
        );
        summary.add("orders", page());
        let text = render(&summary);
        assert!(
            text.contains("\n20 violations in 80 rows\n\norder-overdue 20\n  order 0: its lease"),
            "{text}"
        );
        assert!(
            text.ends_with("  order 9: its lease ran out 90 s ago\n  and 10 more\n"),
            "{text}"
        );
    }
}
