//! The rules about accounts.

use cairn_types::AccountStatus;

use super::Rule;
use super::page::AccountPage;
use super::report::{Report, shown};
use super::rows::KeyChangeRow;
use super::trail::check_trail;

/// Tries the rules on a page; returns where the next one starts.
pub(super) fn check(page: AccountPage, report: &mut Report) -> Option<Vec<u8>> {
    for account in &page.accounts {
        let id = shown(&account.id);
        report.row();
        match account.status.parse::<AccountStatus>() {
            Ok(status) => report.count(status.as_str()),
            Err(_) => report.broken(Rule::Damaged, &id, format!("its status is {:?}", account.status)),
        }
        let entries = page.entries.get(&account.id).map_or(&[][..], Vec::as_slice);
        check_trail(entries, "account.", &account.status, &id, report);
        let changes = page.key_changes.get(&account.id).map_or(&[][..], Vec::as_slice);
        report.add("key changes", changes.len());
        if let Some(missing) = gap(changes, |change: &KeyChangeRow| change.position) {
            report.broken(
                Rule::KeyChanges,
                &id,
                format!("there is no change of its key numbered {missing}"),
            );
        }
    }
    page.next
}

/// The first number from 0 that is missing among those of some rows.
pub(super) fn gap<T>(rows: &[T], number: impl Fn(&T) -> i64) -> Option<i64> {
    let mut numbers: Vec<_> = rows.iter().map(number).collect();
    numbers.sort_unstable();
    (0..)
        .zip(numbers)
        .find(|(expected, found)| expected != found)
        .map(|(expected, _)| expected)
}
