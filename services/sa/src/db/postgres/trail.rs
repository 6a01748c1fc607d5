//! What the triggers that write audit entries read: the origin of a change, as settings of its transaction.

use crate::trail::Origin;

#[cfg(test)]
mod tests;

/// The statements that tell it to the triggers, until the end of the transaction.
pub(super) fn settings(origin: &Origin) -> String {
    let request = format!("SET LOCAL cairn.request = '{}'", origin.request);
    match &origin.actor {
        Some(actor) => format!("{request}; SET LOCAL cairn.actor = {}", literal(actor)),
        None => request,
    }
}

/// A text as a literal, whatever `standard_conforming_strings` is. PostgreSQL has no texts with NUL.
fn literal(text: &str) -> String {
    let mut literal = String::from("E'");
    for character in text.chars() {
        match character {
            '\0' => (),
            '\'' => literal.push_str("''"),
            '\\' => literal.push_str("\\\\"),
            other => literal.push(other),
        }
    }
    literal.push('\'');
    literal
}
