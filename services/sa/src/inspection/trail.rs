//! The rules about the audit trail, and what it says about everything else.

use super::Rule;
use super::page::TrailPage;
use super::report::{Report, shown};
use super::rows::EntryRow;
use crate::trail::chain::Chain;

/// Tries the rules on a page; returns where the next one starts.
pub(super) fn check(page: TrailPage, report: &mut Report) -> Option<Vec<u8>> {
    let mut chain = page.before.as_ref().map(Chain::after).unwrap_or_default();
    for entry in &page.entries {
        report.row();
        if entry.position == 0 {
            report.count("chains");
        }
        if let Err(broken) = chain.follow(entry) {
            report.broken(Rule::TrailChain, &shown(&entry.subject), broken.to_string());
        }
    }
    page.next
}

/// That the last of the entries about events of a kind, such as `order.`, tells the state that is stored.
pub(super) fn check_trail(entries: &[EntryRow], kind: &str, state: &str, id: &str, report: &mut Report) {
    let last = entries
        .iter()
        .filter(|entry| entry.event.starts_with(kind))
        .max_by_key(|entry| entry.position);
    match last {
        Some(entry) if entry.state == state => {}
        Some(entry) => {
            let finding = format!(
                "it is {state}, and by the trail ({}) {}",
                entry.event, entry.state
            );
            report.broken(Rule::TrailState, id, finding);
        }
        None => report.broken(
            Rule::TrailState,
            id,
            format!("it is {state}, and the trail has no entry about it"),
        ),
    }
}
