//! Where perspectives saw different things: a sign of an attack, or of a name that is served by region.

use std::collections::BTreeMap;

use cairn_evidence::{Caa, Check, Outcome, Proof, Receipt};

use crate::text::clean;

/// The longest value that is shown, in characters.
const MAX_VALUE: usize = 120;

/// The most values of one kind that are shown.
const MAX_VALUES: usize = 4;

/// What is compared, by its names in metrics.
const FACETS: [&str; 4] = ["outcome", "addresses", "redirects", "caa"];

/// A kind of thing that not all perspectives saw alike.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// Its name.
    pub(super) what: &'static str,
    /// Who saw what, bounded.
    pub(super) shown: String,
}

/// What differs between these receipts.
pub(super) fn differences(receipts: &[Receipt]) -> Vec<Difference> {
    let mut seen: [BTreeMap<String, Vec<&str>>; FACETS.len()] = Default::default();
    for receipt in receipts {
        for (values, value) in seen.iter_mut().zip(facets(receipt)) {
            if let Some(value) = value {
                values.entry(value).or_default().push(&receipt.perspective);
            }
        }
    }
    let differ = FACETS
        .into_iter()
        .zip(&seen)
        .filter(|(_, values)| values.len() > 1);
    differ
        .map(|(what, values)| Difference {
            what,
            shown: show(values),
        })
        .collect()
}

/// What is compared, in the order of [`FACETS`]; none where a receipt has nothing to compare.
fn facets(receipt: &Receipt) -> [Option<String>; FACETS.len()] {
    let outcome = match receipt.outcome {
        Outcome::Valid => "valid",
        Outcome::Refused(kind) => kind.as_str(),
    };
    [
        Some(outcome.to_owned()),
        addresses(receipt),
        redirects(receipt),
        caa(receipt),
    ]
}

fn show(values: &BTreeMap<String, Vec<&str>>) -> String {
    let mut shown: Vec<String> = values
        .iter()
        .take(MAX_VALUES)
        .map(|(value, names)| format!("{}: {}", names.join(", "), clean(value, MAX_VALUE)))
        .collect();
    if values.len() > MAX_VALUES {
        shown.push(format!("and {} more", values.len() - MAX_VALUES));
    }
    shown.join(" | ")
}

const fn proof(receipt: &Receipt) -> Option<&Proof> {
    match &receipt.check {
        Check::Validation(proof) => Some(proof),
        Check::CaaOnly => None,
    }
}

/// None if there are none: then the outcome differs already.
fn addresses(receipt: &Receipt) -> Option<String> {
    let mut addresses = proof(receipt)?.resolved.clone();
    addresses.sort();
    addresses.dedup();
    let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

/// None of those who did not get as far as those who succeeded.
fn redirects(receipt: &Receipt) -> Option<String> {
    let proof = proof(receipt)?;
    let shown = || match &proof.redirects[..] {
        [] => "none".to_owned(),
        some => some.join(" "),
    };
    (receipt.outcome == Outcome::Valid).then(shown)
}

fn caa(receipt: &Receipt) -> Option<String> {
    let Caa {
        verdict,
        found_at,
        records,
        ..
    } = receipt.caa.as_ref()?;
    let mut records = records.clone();
    records.sort();
    Some(format!(
        "{} {} {}",
        verdict.as_str(),
        found_at.as_deref().unwrap_or("-"),
        records.join(", ")
    ))
}
