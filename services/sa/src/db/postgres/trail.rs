//! What the triggers that write audit entries read: the origin of a change, as settings of its transaction.

use crate::trail::Origin;

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

#[cfg(test)]
mod tests {
    use cairn_rpc::RequestId;

    use super::*;

    #[test]
    fn an_actor_cannot_leave_its_literal() {
        let origin = |actor: Option<&str>| Origin {
            request: RequestId::NONE,
            actor: actor.map(str::to_owned),
        };
        let request = "SET LOCAL cairn.request = '00000000000000000000000000000000'";
        assert_eq!(settings(&origin(None)), request);
        for (actor, written) in [
            ("service ra", "E'service ra'"),
            ("operator O'Hara", "E'operator O''Hara'"),
            (
                "a\\'; DROP TABLE orders; --\0",
                "E'a\\\\''; DROP TABLE orders; --'",
            ),
        ] {
            assert_eq!(
                settings(&origin(Some(actor))),
                format!("{request}; SET LOCAL cairn.actor = {written}")
            );
        }
    }
}
